# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the sweep reads of a region, page by page."""

from typing import Any
from unittest import mock

from neutron_lib.db import api as db_api
from oslo_db import exception as db_exc

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.db.local.models import State
from tricircle.local.engine import ledger
from tricircle.local.engine.lease import leases
from tricircle.local.engine.owner import actor
from tricircle.local.group import applier as security_group_applier
from tricircle.local.group import default_group
from tricircle.replica import types
from tricircle.replica.document import Document


class TestPages(plugin_base.PluginTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.good, self.bad = documents.group(), documents.group()
        self.apply(self.good, self.bad)

    def fails(self, error: Exception) -> None:
        observe = security_group_applier.SecurityGroupApplier.observe

        def fail(
            applier: Any, context: Any, resource_id: str, desired: Any
        ) -> Any:
            if resource_id == self.bad.id:
                raise error
            return observe(applier, context, resource_id, desired)

        patch = mock.patch.object(
            security_group_applier.SecurityGroupApplier, 'observe', fail
        )
        patch.start()
        self.addCleanup(patch.stop)

    def page(self) -> tuple[int, dict[str, Any]]:
        status, body = self.ask('GET', '/replicas/security-group')
        return status, {
            one['id']: one['digest'] for one in body.get('replicas', ())
        }

    def test_what_cannot_be_read_back_hides_nothing_else(self) -> None:
        self.fails(KeyError('what'))

        self.assertEqual(
            (200, {self.good.id: self.good.digest, self.bad.id: None}),
            self.page(),
        )

    def test_a_database_that_is_away_says_nothing_of_anything(self) -> None:
        self.fails(db_exc.DBConnectionError())

        status, _digests = self.page()

        self.assertEqual(503, status)

    def begun(self, document: Document) -> None:
        """Begin to apply what is here, and be killed at the end."""
        with leases.leased(document.type, document.id) as lease:
            lease.begin()

    def test_what_was_begun_and_left_is_not_whole(self) -> None:
        self.begun(self.bad)

        self.assertEqual(
            {self.good.id: self.good.digest, self.bad.id: None},
            self.page()[1],
        )
        self.apply(self.bad)
        row = self.row(types.SECURITY_GROUP, self.bad.id)
        self.assertEqual(State.PRESENT, row.state)

    def test_what_is_being_applied_is_asked_for_by_itself(self) -> None:
        with leases.leased(self.bad.type, self.bad.id) as lease:
            lease.begin()

            self.assertEqual({self.good.id}, {*self.page()[1]})
            status, body = self.ask(
                'GET', f'/replicas/security-group/{self.bad.id}'
            )

        self.assertEqual(200, status)
        self.assertEqual(self.bad.digest, body['replica']['digest'])


class TestDefaultGroups(plugin_base.PluginTestCase):
    """Neutron makes one here by itself, of which central is yet to hear."""

    def setUp(self) -> None:
        super().setUp()
        group = documents.group(
            documents.rule(22), name='default', default=True
        )
        network = documents.network()
        self.network = documents.later(
            network, {'default_security_group': group.id}
        )
        # Central's adoption counts on from what the region has applied.
        self.group = documents.later(group, {})
        self.apply(self.network)

    def page(self) -> list[dict[str, Any]]:
        _status, body = self.ask('GET', '/replicas/security-group')
        found: list[dict[str, Any]] = body['replicas']
        return found

    def unmake(self) -> None:
        """Go back to where the group's row is written, and nothing more."""
        with actor.applying():
            self.plugin.delete_security_group(self.context, self.group.id)
        with db_api.CONTEXT_WRITER.using(self.context):
            ledger.unmark(
                self.context.session, types.SECURITY_GROUP, [self.group.id]
            )
        default_group.with_central_id(
            {'security_group': {'project_id': documents.PROJECT}}
        )

    def assert_adopted(self) -> None:
        (listed,) = self.page()
        self.assertEqual(
            (self.group.id, None, None, 0),
            tuple(
                listed[key]
                for key in ('id', 'digest', 'applied_digest', 'counter')
            ),
        )

        self.apply(self.group)

        (listed,) = self.page()
        self.assertEqual(self.group.digest, listed['digest'])
        row = self.row(types.SECURITY_GROUP, self.group.id)
        self.assertEqual((State.PRESENT, None), (row.state, row.local_id))

    def test_one_that_was_just_made_is_adopted(self) -> None:
        self.assert_adopted()
        self.assertIn((types.SECURITY_GROUP, self.group.id), self.waiting())

    def test_one_that_is_just_being_made_is_adopted(self) -> None:
        self.unmake()

        self.assert_adopted()

        made = self.plugin._ensure_default_security_group(
            self.context, documents.PROJECT
        )
        self.assertEqual(self.group.id, made)

    def test_one_that_nobody_came_to_make_is_not_there(self) -> None:
        self.unmake()

        status, _body = self.ask(
            'GET', f'/replicas/security-group/{self.group.id}'
        )

        self.assertEqual(404, status)
