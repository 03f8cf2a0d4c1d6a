# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What agents here know of tunnels to hosts of other regions.

An agent that listened all the time is to know what one knows that starts
now, and asks Neutron.
"""

import collections
import dataclasses
from typing import Any

from neutron.objects.plugins.ml2 import vxlanallocation as endpoint_objects
from neutron_lib import constants

from tests.unit.local import documents
from tests.unit.local.test_shadow_hosts import ShadowTestCase
from tricircle.local.engine import apply
from tricircle.replica import types
from tricircle.replica.document import Document


class Listener:
    """An agent's side of Neutron's l2population.

    :ivar tunnels: addresses that frames to all go to, by network
    :ivar ways: addresses that MAC addresses are reached at, by both
    """

    def __init__(self) -> None:
        self.tunnels: dict[str, set[str]] = collections.defaultdict(set)
        self.ways: dict[tuple[str, str], str] = {}

    def add_fdb_entries(
        self, context: Any, entries: dict[str, Any], host: str | None = None
    ) -> None:
        """Learn; what is for a shadow's host alone nobody hears."""
        if host is not None:
            return
        for network_id, address, one in _entries(entries):
            if one == constants.FLOODING_ENTRY:
                self.tunnels[network_id].add(address)
            else:
                self.ways[network_id, one.mac_address] = address

    def remove_fdb_entries(
        self, context: Any, entries: dict[str, Any], host: str | None = None
    ) -> None:
        """Forget."""
        for network_id, address, one in _entries(entries):
            if one == constants.FLOODING_ENTRY:
                self.tunnels[network_id].discard(address)
            else:
                self.ways.pop((network_id, one.mac_address), None)


def _entries(entries: dict[str, Any]) -> list[tuple[str, str, Any]]:
    return [
        (network_id, address, one)
        for network_id, said in entries.items()
        for address, ports in said['ports'].items()
        for one in ports
    ]


class TestTunnels(ShadowTestCase):
    """Addresses of hosts of RegionTwo."""

    def setUp(self) -> None:
        super().setUp()
        self.listener = Listener()
        drivers = self.plugin.mechanism_manager.mech_drivers
        drivers['l2population'].obj.L2populationAgentNotify = self.listener
        self.ports = [self.shadow(20 + one, 'RegionTwo') for one in range(4)]

    def at(
        self, addresses: dict[str, str], *hosts: str, chunk: int = 0
    ) -> Document:
        """Return the document of ports on hosts.

        :param addresses: of the hosts, by name
        :param hosts: of the first ports, one each
        """
        shadows = documents.shadows(self.network, self.group)
        (agent,) = shadows.body['agents']
        made = documents.later(
            shadows,
            {
                'chunk': chunk,
                'ports': sorted(
                    (
                        {**port, 'host': host}
                        for port, host in zip(self.ports, hosts, strict=False)
                        if host
                    ),
                    key=lambda one: str(one['id']),
                ),
                'agents': [
                    {
                        **agent,
                        'region': 'RegionTwo',
                        'host': host,
                        'tunnel_ip': addresses[host],
                    }
                    for host in sorted(set(hosts) - {''})
                ],
            },
        )
        return dataclasses.replace(
            made, id=types.shadow_id(self.network.id, chunk)
        )

    def assert_known(self, *addresses: str) -> None:
        """Assert that agents reach the first ports at addresses."""
        network_id = self.network.id
        self.assertEqual(
            {
                (network_id, str(port['mac_address'])): address
                for port, address in zip(self.ports, addresses, strict=False)
                if address
            },
            self.listener.ways,
        )
        self.assertEqual(
            set(addresses) - {''}, self.listener.tunnels[network_id]
        )
        self.assertEqual(
            set(addresses) - {''},
            {
                str(one.ip_address)
                for one in endpoint_objects.VxlanEndpoint.get_objects(
                    self.context
                )
            },
        )

    def test_a_host_at_another_address_is_reached_there_only(self) -> None:
        self.apply(self.at({'a': '192.0.2.1'}, 'a', 'a'))
        self.assert_known('192.0.2.1', '192.0.2.1')

        self.apply(self.at({'a': '192.0.2.2'}, 'a', 'a'))

        self.assert_known('192.0.2.2', '192.0.2.2')

    def test_ports_of_other_documents_on_the_host_follow_as_well(
        self,
    ) -> None:
        self.apply(
            self.at({'a': '192.0.2.1'}, 'a', 'a'),
            self.at({'a': '192.0.2.1'}, '', '', 'a', chunk=1),
        )

        self.apply(self.at({'a': '192.0.2.2'}, 'a', 'a'))

        self.assert_known('192.0.2.2', '192.0.2.2', '192.0.2.2')

    def test_hosts_that_exchange_addresses_are_both_reached(self) -> None:
        first, second = '192.0.2.1', '192.0.2.2'
        self.apply(
            self.at({'a': first}, 'a'),
            self.at({'b': second}, '', 'b', chunk=1),
        )

        self.apply(
            self.at({'a': second}, 'a'),
            self.at({'b': first}, '', 'b', chunk=1),
        )

        self.assert_known(second, first)

    def test_a_host_that_is_renamed_port_by_port_is_reached(self) -> None:
        addresses = {'a': '192.0.2.1', 'b': '192.0.2.1'}
        for moved in range(5):
            hosts = ['b'] * moved + ['a'] * (4 - moved)
            self.apply(self.at(addresses, *hosts))
            self.assert_known(*['192.0.2.1'] * 4)

        self.assertEqual('192.0.2.1', self.endpoint('b'))

    def test_the_last_port_of_one_host_leaves_others_at_the_address(
        self,
    ) -> None:
        addresses = {'a': '192.0.2.1', 'b': '192.0.2.1'}
        self.apply(self.at(addresses, 'a', 'b', 'b', 'b'))

        self.apply(self.at(addresses, '', 'b', 'b', 'b'))

        self.assert_known('', *['192.0.2.1'] * 3)

    def test_the_last_chunk_of_one_host_leaves_others_at_the_address(
        self,
    ) -> None:
        addresses = {'a': '192.0.2.1', 'b': '192.0.2.1'}
        first = self.at(addresses, 'a')
        self.apply(first, self.at(addresses, '', 'b', 'b', 'b', chunk=1))

        apply.remove(self.context, first.type, first.id)

        self.assert_known('', *['192.0.2.1'] * 3)

    def test_the_last_port_at_an_address_takes_the_tunnel_along(self) -> None:
        self.apply(self.at({'a': '192.0.2.1'}, 'a', 'a'))

        self.apply(self.at({}))

        self.assert_known()
