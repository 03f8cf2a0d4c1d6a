# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a router may not be given, for the others of its project."""

from typing import Any

from tests.unit.central_presence import base
from tests.unit.central_presence.router_plans import PlanningTestCase


class TestRules(PlanningTestCase):
    def attach_refused(self, router_id: str, network: Any) -> base.Answer:
        return self.ask(
            'PUT',
            f'/routers/{router_id}/add_router_interface',
            {'subnet_id': self.subnets(network)[0]['id']},
            roles=base.ADMIN,
        )

    def test_a_network_elsewhere_is_refused(self):
        network = self.make_network(
            '10.0.1.0/24', availability_zone_hints=['RegionTwo']
        )
        router_id = self.make_router('RegionOne')

        answer = self.attach_refused(router_id, network)

        self.assertEqual(400, answer.status, answer)
        self.assertEqual('RouterNetworkLocationMismatch', answer.error['type'])

    def test_a_gateway_elsewhere_is_refused(self):
        external = self.make_external('RegionTwo')
        router_id = self.make_router('RegionOne')

        answer = self.ask(
            'PUT',
            f'/routers/{router_id}',
            {
                'router': {
                    'external_gateway_info': {'network_id': external['id']}
                }
            },
            roles=base.ADMIN,
        )

        self.assertEqual(400, answer.status, answer)
        self.assertEqual('RouterNetworkLocationMismatch', answer.error['type'])

    def test_gateway_on_a_non_local_router_keeps_local_ones_off(self):
        network = self.make_network('10.0.1.0/24')
        self.attach(self.make_router(), network)
        router_id = self.make_router('RegionOne')
        port = self.make('port', network_id=network['id'])

        answer = self.ask(
            'PUT',
            f'/routers/{router_id}/add_router_interface',
            {'port_id': port['id']},
            roles=base.ADMIN,
        )

        self.assertEqual(409, answer.status, answer)
        self.assertEqual('NetAttachedToNonLocalRouter', answer.error['type'])

    def test_gateways_of_local_routers_keep_others_from_being_one(self):
        network = self.make_network('10.0.1.0/24')
        subnet = self.subnets(network)[0]
        self.attach(self.make_router('RegionOne'), network, '10.0.1.9')
        router_id = self.make_router()

        answer = self.attach_refused(router_id, network)

        self.assertEqual(409, answer.status, answer)
        self.assertEqual('NetAttachedToLocalRouter', answer.error['type'])
        gateway = self.make(
            'port',
            network_id=network['id'],
            fixed_ips=[{'subnet_id': subnet['id'], 'ip_address': '10.0.1.1'}],
        )
        answer = self.ask(
            'PUT',
            f'/routers/{router_id}/add_router_interface',
            {'port_id': gateway['id']},
            roles=base.ADMIN,
        )
        self.assertEqual('NetAttachedToLocalRouter', answer.error['type'])
        # With another address it is the way across, beside the way out.
        self.attach(router_id, network, '10.0.1.8')
        # A second local router is one more.
        self.attach(self.make_router('RegionTwo'), network, '10.0.1.7')

    def test_a_subnet_out_of_the_pool_between_routers_is_refused(self):
        network = self.make('network')

        for cidr in ('100.1.0.0/16', 'fd74:7269:6369:7::/64'):
            answer = self.ask(
                'POST',
                '/subnets',
                {
                    'subnet': {
                        'network_id': network['id'],
                        'cidr': cidr,
                        'ip_version': 6 if ':' in cidr else 4,
                    }
                },
            )
            self.assertEqual(400, answer.status, answer)
            self.assertEqual('OverlapsBridge', answer.error['type'])
        self.assertEqual([], self.subnets(network))
