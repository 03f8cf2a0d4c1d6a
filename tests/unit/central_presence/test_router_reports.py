# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What regions say of the pieces of a router."""

from typing import Any

from tests.unit.central_presence import base
from tests.unit.central_presence.router_plans import PlanningTestCase
from tricircle.db.central import models as central_models
from tricircle.plan.router import planner as router_plan


class TestReports(PlanningTestCase):
    def say(self, piece_id: str, region: str, **report: Any) -> base.Answer:
        return self.ask(
            'PUT',
            f'/routers/{piece_id}/replicas/{region}',
            {
                'replica': {
                    'report': {
                        'revision': 1,
                        'status': 'ACTIVE',
                        'floating_ips': {},
                        **report,
                    }
                }
            },
            'service',
            base.SERVICE,
        )

    def status(self, router_id: str) -> str:
        return str(
            self.l3_plugin.get_router(self.context, router_id)['status']
        )

    def test_the_router_is_what_the_worst_of_its_pieces_is(self):
        router_id, _, _ = self.t3()
        self.planned(router_id)

        self.say(router_id, 'RegionOne', status='ERROR')
        self.say(router_id, 'RegionTwo')
        self.assertEqual('ERROR', self.status(router_id))

        self.say(router_id, 'RegionOne', revision=2)
        self.assertEqual('ACTIVE', self.status(router_id))

        late = self.say(router_id, 'RegionOne', revision=1, status='ERROR')
        self.assertFalse(late.body['replica']['accepted'])
        self.assertEqual('ACTIVE', self.status(router_id))

    def test_a_floating_ip_is_what_its_region_says(self):
        router_id, first, _ = self.t3()
        (port,) = self.rows(
            central_models.PortLocation, network_id=first['id']
        )
        external = self.l3_plugin.get_router(self.context, router_id)[
            'external_gateway_info'
        ]['network_id']
        made = self.make(
            'floatingip', floating_network_id=external, port_id=port.port_id
        )
        self.planned(router_id)

        self.say(
            router_plan.north_south_id(router_id),
            'RegionTwo',
            floating_ips={made['id']: 'ACTIVE'},
        )

        found = self.l3_plugin.get_floatingip(self.context, made['id'])
        self.assertEqual('ACTIVE', found['status'])
        self.l3_plugin.update_floatingip(
            self.context, made['id'], {'floatingip': {'port_id': None}}
        )
        found = self.l3_plugin.get_floatingip(self.context, made['id'])
        self.assertEqual('DOWN', found['status'])

    def test_a_region_without_a_piece_is_told_so(self):
        router_id, _, _ = self.t3()
        self.planned(router_id)

        answer = self.say(router_id, 'RegionThree')

        self.assertEqual(404, answer.status, answer)
