# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports of a region that came back from a backup.

Central was told of their use; they do not remember.
"""

import contextvars
import dataclasses
from typing import Any
from unittest import mock

from neutron.tests.common import helpers
from neutron_lib.callbacks import events
from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tests.unit.local import test_trunks
from tricircle.db.local import models as local_models
from tricircle.local.port import report
from tricircle.local.port.usage import recall
from tricircle.replica import messages
from tricircle.replica import types
from tricircle.replica.document import Document

HOST, DEVICE, OWNER = 'host-1', 'server-1', 'compute:nova'
#: More changes than any port here has seen.
LATE = 100


def told(port: Document, revision: int = LATE, **changes: Any) -> Document:
    """Return a port's document with what its region told of it last."""
    body = messages.ToldBody(
        revision=revision, host=HOST, device_id=DEVICE, device_owner=OWNER
    )
    return dataclasses.replace(
        documents.later(port, {}), told={**body, **changes}
    )


class RecallTestCase(plugin_base.PluginTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.network, self.group = documents.network(), documents.group()
        self.port = documents.port(self.network, self.group)
        self.apply(self.group, self.network)
        helpers.register_ovs_agent(HOST)

    def shown(self) -> Any:
        return self.plugin.get_port(self.context, self.port.id)

    def use(self) -> tuple[str, str, str]:
        found = self.shown()
        return (
            found['binding:host_id'],
            found['device_id'],
            found['device_owner'],
        )

    def used_by(self, device: str) -> None:
        """Use the port as Nova does."""
        changes = {
            'binding:host_id': HOST,
            'device_id': device,
            'device_owner': OWNER,
        }
        self.plugin.update_port(self.context, self.port.id, {'port': changes})

    def drain(self) -> None:
        """Have central take all that is to be told."""
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.delete(local_models.OutboxEntry.__table__)
            )

    def listed(self) -> dict[str, Any]:
        status, answer = self.ask('GET', '/replicas/port')
        assert status == 200, answer
        (found,) = answer['replicas']
        return dict(found)


class TestRecall(RecallTestCase):
    def test_one_that_is_not_there_is_made_in_use(self) -> None:
        self.apply(told(self.port))

        assert self.use() == (HOST, DEVICE, OWNER)
        assert (types.PORT, self.port.id) in self.waiting()

    def test_one_that_is_not_in_use_is_used_again(self) -> None:
        self.apply(self.port)
        self.apply(told(self.port))

        assert self.use() == (HOST, DEVICE, OWNER)
        assert (types.PORT, self.port.id) in self.waiting()

    def test_one_that_is_used_otherwise_is_used_as_central_was_told(
        self,
    ) -> None:
        self.apply(self.port)
        self.used_by('server-0')
        self.drain()
        self.apply(told(self.port))

        assert self.use() == (HOST, DEVICE, OWNER)

    def test_its_revision_goes_on_from_what_was_told(self) -> None:
        # Agents that heard of it before ignore earlier revisions.
        self.apply(self.port)
        heard = self.heard_of_ports(events.AFTER_UPDATE, 'revision_number')
        self.apply(told(self.port))

        assert self.shown()['revision_number'] >= LATE
        assert max(heard) >= LATE

    def test_agents_hear_of_one_that_is_made_in_use(self) -> None:
        heard = self.heard_of_ports(events.AFTER_UPDATE, 'revision_number')
        self.apply(told(self.port))

        assert self.shown()['revision_number'] == LATE
        assert heard[-1] == LATE

    def test_one_that_was_given_up_is_unused(self) -> None:
        self.apply(self.port)
        self.used_by('server-0')
        self.drain()
        self.apply(told(self.port, host='', device_id='', device_owner=''))

        assert self.use() == ('', '', '')

    def test_one_that_is_as_central_was_told_is_told_again(self) -> None:
        # So that central counts from what the port has now.
        self.apply(self.port)
        self.used_by(DEVICE)
        self.drain()
        self.apply(told(self.port))

        assert self.shown()['revision_number'] == LATE
        assert (types.PORT, self.port.id) in self.waiting()

    def test_one_that_has_changed_since_is_left_alone(self) -> None:
        self.apply(self.port)
        self.used_by('server-2')
        self.drain()
        revision = self.shown()['revision_number']
        self.apply(told(self.port, revision))

        assert self.use() == (HOST, 'server-2', OWNER)
        assert self.waiting() == set()

    def test_one_of_which_central_is_yet_to_hear_is_left_alone(self) -> None:
        self.apply(self.port)
        self.used_by('server-2')
        self.apply(told(self.port))

        assert self.use() == (HOST, 'server-2', OWNER)

    def test_one_of_which_central_has_just_heard_is_left_alone(self) -> None:
        # The document was made before central heard.
        late = told(self.port)
        self.apply(self.port)
        self.used_by('server-2')
        body = messages.ReportBody(
            revision=self.shown()['revision_number'],
            host=HOST,
            device_id='server-2',
            device_owner=OWNER,
            vif_type='ovs',
            vnic_type='normal',
            status='DOWN',
            supersedes=LATE,
        )
        report.note(self.port.id, body)
        self.drain()
        self.apply(documents.later(late, {}))

        assert self.use() == (HOST, 'server-2', OWNER)

    def test_one_that_changes_meanwhile_is_left_alone(self) -> None:
        self.apply(self.port)

        use = recall._use

        def use_meanwhile(said: messages.ToldBody) -> dict[str, str]:
            # In another thread, after the look at what the port has.
            contextvars.Context().run(self.used_by, 'server-2')
            return use(said)

        with mock.patch.object(recall, '_use', use_meanwhile):
            self.apply(told(self.port))

        assert self.use() == (HOST, 'server-2', OWNER)


class TestListed(RecallTestCase):
    def test_a_region_lists_the_revision_of_a_port(self) -> None:
        self.apply(self.port)
        before = self.listed()['revision']
        self.used_by(DEVICE)

        assert before < self.listed()['revision']
        assert self.listed()['revision'] == self.shown()['revision_number']

    def test_a_region_shows_the_revision_of_a_port(self) -> None:
        self.apply(self.port)
        _status, answer = self.ask('GET', f'/replicas/port/{self.port.id}')

        found = answer['replica']['revision']
        assert found == self.shown()['revision_number']

    def test_what_is_told_of_nothing_readable_is_refused(self) -> None:
        document = told(self.port, revision='many')
        status, answer = self.ask(
            'PUT',
            f'/replicas/port/{self.port.id}',
            {'replica': document.to_dict()},
        )

        assert status == 400
        assert 'revision' in answer['NeutronError']['message']
        assert self.row(types.PORT, self.port.id) is None


class TestRecallOfTrunks(test_trunks.TrunkTestCase):
    def ports(self) -> tuple[Document, Document]:
        """Return ports that were in use: the parent, and what it carries."""
        (first, *_) = self.carried
        return (
            told(self.parent, trunk_id=self.trunk.id),
            told(first, device_id='', device_owner=test_trunks.SUBPORT),
        )

    def come(self) -> tuple[Document, Document]:
        """Bring them without their trunk."""
        parent, carried = self.ports()
        self.apply(self.group, self.net, parent, carried)
        assert self.device(parent) == ('', '')
        assert self.device(carried) == ('', '')
        return parent, carried

    def assert_used(self, parent: Document, carried: Document) -> None:
        assert self.device(parent) == (OWNER, HOST)
        assert self.device(carried) == (test_trunks.SUBPORT, HOST)

    def test_its_ports_are_used_as_soon_as_it_is_there(self) -> None:
        ports = self.come()
        self.apply(dataclasses.replace(self.trunk, requires=ports))

        self.assert_used(*ports)

    def test_its_ports_are_used_when_they_are_looked_at_again(self) -> None:
        ports = self.come()
        self.apply(self.trunk)
        for one in ports:
            again = documents.later(one, {})
            self.apply(dataclasses.replace(again, told=one.told))

        self.assert_used(*ports)

    def test_one_that_brings_its_trunk_is_used_with_it(self) -> None:
        parent, carried = self.ports()
        self.apply(self.group, self.net)
        self.apply(
            dataclasses.replace(
                parent,
                along=(dataclasses.replace(self.trunk, requires=(carried,)),),
            )
        )

        self.assert_used(parent, carried)
