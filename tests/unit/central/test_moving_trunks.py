# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A trunk whose region gives it up, and then does not."""

import itertools
from typing import ClassVar

from neutron.objects import trunk as trunk_objects
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory

from tests.unit.central import base
from tricircle.central.port import presence as port_presence
from tricircle.central.port import reports
from tricircle.db.central import presence as presence_db
from tricircle.replica import messages
from tricircle.replica import types

REGION = 'RegionOne'


class MovingTrunksTest(base.CentralTestCase):
    service_plugins: ClassVar[dict[str, str]] = {'trunk': 'trunk'}

    def setUp(self) -> None:
        super().setUp()
        self.revisions = itertools.count(1)
        with self.port() as port:
            self.port_id = port['port']['id']
        self.trunk_id = directory.get_plugin('trunk').create_trunk(
            self.context,
            {
                'trunk': {
                    'port_id': self.port_id,
                    'project_id': self._project_id,
                    'sub_ports': [],
                    'admin_state_up': True,
                    'name': '',
                    'description': '',
                }
            },
        )['id']
        assert trunk_objects.Trunk.get_object(self.context, id=self.trunk_id)
        port_presence.grant(self.port_id, REGION)
        self.report(host='host-1')

    def report(self, host: str) -> None:
        """Say as the region that the port is used on a host; '' for none."""
        reports.take(
            self.port_id,
            REGION,
            messages.ReportBody(
                revision=next(self.revisions),
                host=host,
                device_id='server' if host else '',
                device_owner='compute:nova' if host else '',
                vif_type='ovs' if host else 'unbound',
                vnic_type='normal',
                status='DOWN',
            ),
        )

    def is_present(self) -> bool:
        with db_api.CONTEXT_READER.using(self.context):
            return bool(
                presence_db.present_in_region(
                    self.context.session, types.TRUNK, [self.trunk_id], REGION
                )
            )

    def trunk_is_removed(self) -> None:
        """Finish the trunk's job, as XJob does when the region has none."""
        with db_api.CONTEXT_WRITER.using(self.context):
            presence_db.revoke(
                self.context.session, types.TRUNK, self.trunk_id, REGION
            )

    def test_it_is_where_its_parent_is(self) -> None:
        assert self.is_present()

    def test_it_is_there_again_when_its_parent_is_used_again(self) -> None:
        self.report(host='')
        self.trunk_is_removed()
        assert not self.is_present()
        # Before the region gave up the parent.
        self.report(host='host-1')

        assert self.is_present()
        key = types.TRUNK, self.trunk_id, REGION
        assert key in self.intents()
