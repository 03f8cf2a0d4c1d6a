# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What a tenant writes is not what the journal refers to."""

import uuid

from tests.unit.central_presence import base
from tests.unit.central_presence.router_plans import PlanningTestCase
from tricircle.db.central import models as central_models
from tricircle.journal import router_intents
from tricircle.replica import types

OTHER_NETWORK = '../networks/4f1f6a5e/replicas/RegionTwo?x='


class TestPortsOfNoRouter(PlanningTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.network = self.make_network()

    def plans(self) -> list[str]:
        return sorted(
            row.resource_id
            for row in self.rows(
                central_models.JournalEntry, resource_type=types.ROUTER_PLAN
            )
        )

    def make_port(self, device_id: str, owner: str) -> str:
        """Make a port as an administrator may; a tenant is refused these."""
        return self.make(
            'port',
            roles=base.ADMIN,
            network_id=self.network['id'],
            device_owner=owner,
            device_id=device_id,
        )['id']

    def test_no_job_comes_from_what_is_no_router(self):
        for device_id in (
            'x',
            OTHER_NETWORK,
            'x' * 200,
            'x' * 255,
            str(uuid.uuid4()),
        ):
            for owner in (
                'network:router_interface',
                'network:router_centralized_snat',
            ):
                with self.subTest(device_id=device_id, owner=owner):
                    port_id = self.make_port(device_id, owner)
                    self.assertEqual([], self.plans())
                    for body in (
                        {'name': 'n'},
                        {'device_id': 'y' * 255},
                    ):
                        answer = self.ask(
                            'PUT', f'/ports/{port_id}', {'port': body}
                        )
                        self.assertEqual(200, answer.status, answer)
                    self.assertEqual([], self.plans())

    def test_none_comes_of_their_network_either(self):
        self.make_port(OTHER_NETWORK, 'network:router_interface')
        self.make_port('x' * 255, 'network:router_gateway')
        self.make_subnet(self.network, '10.0.2.0/24')
        self.pulled('network', self.network['id'])
        self.assertEqual(201, self.allocate(self.network['id']).status)
        self.assertEqual([], self.plans())

    def test_none_comes_when_all_routers_are_laid_out_again(self):
        self.make_port(OTHER_NETWORK, 'network:router_interface')
        router_id = self.make_router()
        self.attach(router_id, self.network)
        self.wants_plan(router_id)
        with base.db_api.CONTEXT_WRITER.using(self.context):
            router_intents.record_all(self.context.session)
        self.assertEqual([router_id], self.plans())

    def test_a_router_is_laid_out_for_a_port_of_its_own(self):
        router_id = self.make_router()
        self.wants_plan(router_id)
        self.make_port(router_id, 'network:router_interface')
        self.assertEqual([router_id], self.plans())


class TestReplicasOfNothing(PlanningTestCase):
    def test_what_is_no_id_is_not_found(self):
        for collection, kind in (
            ('networks', 'NetworkNotFound'),
            ('ports', 'PortNotFound'),
            ('security-groups', 'SecurityGroupNotFound'),
            ('address-groups', 'AddressGroupNotFound'),
            ('address-scopes', 'AddressScopeNotFound'),
            ('subnetpools', 'SubnetPoolNotFound'),
            ('trunks', 'TrunkNotFound'),
        ):
            answer = self.ask(
                'PUT',
                f'/{collection}/x/replicas/RegionOne',
                {
                    'replica': {
                        'pull': {
                            'project_id': '',
                            'is_admin': True,
                            'dhcp_agents': 1,
                        }
                    }
                },
                'service',
                base.SERVICE,
            )
            self.assertEqual(404, answer.status, answer)
            self.assertEqual(kind, answer.error['type'])

    def test_of_a_router_that_is_gone_nothing_is_left(self):
        self.assertTrue(self.planned(str(uuid.uuid4())))
