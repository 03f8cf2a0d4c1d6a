# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region asks for the ports of its L3 agents on an external network."""

import ipaddress
from typing import Any
import uuid

from tests.unit.central_presence import base
from tricircle.replica import types
from tricircle.replica.held_ports import HeldPort

ONE, TWO, THREE = (str(uuid.uuid4()) for _number in range(3))
OWNER = 'network:floatingip_agent_gateway'


class TestAgentGateways(base.PresenceTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.external = self.make(
            'network',
            availability_zone_hints=['RegionOne'],
            **{'router:external': True},
        )

    def subnet(self, cidr: str, **attributes: Any) -> None:
        """Make a subnet without DHCP, for which addresses are held too."""
        self.make_subnet(self.external, cidr, enable_dhcp=False, **attributes)

    def gateways(self, *wanted: str, **pull: Any) -> dict[str, list[str]]:
        """Pull the network; return the addresses of ports by ID."""
        document = self.pulled(
            'network',
            self.external['id'],
            is_admin=True,
            agent_gateways=list(wanted),
            **pull,
        )
        return {
            port['id']: [one['ip_address'] for one in port['fixed_ips']]
            for port in document['body'].get('agent_gateways', [])
        }

    def held(self) -> list[str]:
        return sorted(
            row.port_id
            for row in self.rows(base.ReservedPort)
            if row.kind == HeldPort.AGENT_GATEWAY
        )

    def test_each_has_an_address_that_nothing_else_has(self):
        self.subnet('203.0.113.0/29')

        first = self.gateways(ONE, TWO)
        again = self.gateways(ONE, TWO)

        self.assertEqual({ONE, TWO}, first.keys())
        self.assertEqual(first, again)
        self.assertEqual(sorted([ONE, TWO]), self.held())
        addresses = [one for ips in first.values() for one in ips]
        self.assertEqual(2, len(set(addresses)))
        self.assertLessEqual(set(addresses), set(base.allocations(self)))
        self.assertLessEqual(set(addresses), set(base.ipam_allocations(self)))

    def test_what_is_not_named_any_more_is_given_back(self):
        self.subnet('203.0.113.0/29')
        before = self.gateways(ONE, TWO)

        after = self.gateways(TWO, THREE)

        self.assertEqual(before[TWO], after[TWO])
        self.assertEqual({TWO, THREE}, after.keys())
        self.assertEqual({}, self.gateways())
        self.assertEqual([], self.held())
        self.assertEqual([], base.allocations(self))
        self.assertEqual([], base.ipam_allocations(self))

    def test_a_full_subnet_is_said_and_changes_nothing(self):
        self.subnet('203.0.113.0/30')
        before = self.gateways(ONE)

        answer = self.pull(
            'network',
            self.external['id'],
            is_admin=True,
            agent_gateways=[ONE, TWO],
        )

        self.assertEqual(409, answer.status, answer)
        self.assertEqual('IpAddressGenerationFailure', answer.error['type'])
        self.assertEqual([ONE], self.held())
        # One takes the other's place.
        after = self.gateways(TWO)
        self.assertEqual(before[ONE], after[TWO])

    def test_who_does_not_say_leaves_them_as_they_are(self):
        self.subnet('203.0.113.0/29')
        self.gateways(ONE)

        document = self.pulled('network', self.external['id'])

        (port,) = document['body']['agent_gateways']
        self.assertEqual(ONE, port['id'])

    def test_a_subnet_for_them_is_what_they_get(self):
        self.subnet('203.0.113.0/29')
        self.subnet('100.64.0.0/24', service_types=[OWNER])

        found = self.gateways(ONE)

        (address,) = found[ONE]
        self.assertIn(
            ipaddress.ip_address(address),
            ipaddress.ip_network('100.64.0.0/24'),
        )

    def test_they_have_an_address_of_each_version(self):
        self.subnet('203.0.113.0/29')
        self.subnet('2001:db8::/64')

        found = self.gateways(ONE)

        self.assertEqual(
            [4, 6],
            sorted(ipaddress.ip_address(one).version for one in found[ONE]),
        )

    def test_a_tenant_s_network_has_none(self):
        self.external = self.make_network()

        self.assertEqual({}, self.gateways(ONE))
        self.assertEqual([], self.held())

    def test_the_id_of_another_port_is_refused(self):
        self.subnet('203.0.113.0/29')
        port = self.make('port', network_id=self.external['id'])

        answer = self.pull(
            'network',
            self.external['id'],
            is_admin=True,
            agent_gateways=[port['id']],
        )

        self.assertEqual(409, answer.status, answer)
        self.assertEqual('AgentGatewayTaken', answer.error['type'])

    def test_what_is_no_id_is_refused(self):
        answer = self.pull(
            'network',
            self.external['id'],
            is_admin=True,
            agent_gateways=['../ports'],
        )

        self.assertEqual(400, answer.status, answer)

    def test_they_go_with_their_network(self):
        self.subnet('203.0.113.0/29')
        self.gateways(ONE)

        answer = self.ask(
            'DELETE', f'/networks/{self.external["id"]}', roles=base.ADMIN
        )

        self.assertEqual(204, answer.status, answer)
        self.assertEqual([], self.held())

    def test_xjob_looks_after_them(self):
        self.subnet('203.0.113.0/29')
        key = (types.NETWORK, self.external['id'], 'RegionOne')
        self.gateways()
        before = self.intents()[key]

        self.gateways(ONE)

        self.assertEqual(before + 1, self.intents()[key])
        self.gateways(ONE)
        self.assertEqual(before + 1, self.intents()[key])
