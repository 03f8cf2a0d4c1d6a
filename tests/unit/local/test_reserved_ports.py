# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Of the ports that central reserved for agents each comes by itself."""

from typing import Any

from neutron.ipam import exceptions as ipam_exc

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.local.engine import apply
from tricircle.local.engine import ledger
from tricircle.replica.document import Document

ADDRESSES = ('10.0.0.3', '10.0.0.4')


class TestReservedPorts(plugin_base.PluginTestCase):
    def ports(self, network: Document) -> list[dict[str, Any]]:
        """Return two ports, the first with an address that is taken."""
        subnet_id = network.body['subnets'][0]['id']
        return [
            {
                'id': f'00000000-0000-4000-8000-00000000000{number}',
                'mac_address': f'fa:16:3e:00:01:0{number}',
                'fixed_ips': [{'subnet_id': subnet_id, 'ip_address': address}],
            }
            for number, address in enumerate(ADDRESSES, 1)
        ]

    def take(self, network: Document) -> dict[str, Any]:
        """Have somebody at the first address, as by hand."""
        group = documents.group()
        port = documents.port(network, group)
        (fixed,) = port.body['port']['fixed_ips']
        fixed['ip_address'] = ADDRESSES[0]
        self.apply(group, documents.later(port, {}))
        return {'id': port.id}

    def refused(self, document: Document) -> str:
        with self.assertRaises(ipam_exc.IpAddressAlreadyAllocated) as caught:
            apply.apply(self.context, document)
        return str(caught.exception)

    def there(self, kind: str) -> set[str]:
        with ledger.db_api.CONTEXT_READER.using(self.context):
            marked = {
                one.resource_id
                for one in ledger.children(
                    self.context.session, kind, self.network.id
                )
            }
        return {
            one['id']
            for one in self.plugin.get_ports(
                self.context, filters={'id': sorted(marked)}
            )
        }

    def test_a_dhcp_port_that_cannot_be_had_keeps_no_other_out(self) -> None:
        self.network = documents.network()
        self.apply(self.network)
        self.take(self.network)
        first, second = self.ports(self.network)

        said = self.refused(
            documents.later(self.network, {'dhcp_ports': [first, second]})
        )

        self.assertEqual({second['id']}, self.there(ledger.DHCP_PORT))
        self.assertIn(f'DHCP port {first["id"]}: ', said)

    def test_nor_does_one_of_an_l3_agent(self) -> None:
        self.network = documents.changed(
            documents.network(), **{'router:external': True}
        )
        self.apply(self.network)
        self.take(self.network)
        first, second = self.ports(self.network)

        said = self.refused(
            documents.later(self.network, {'agent_gateways': [first, second]})
        )

        self.assertEqual({second['id']}, self.there(ledger.AGENT_GATEWAY))
        self.assertIn(f'port {first["id"]} of an L3 agent: ', said)

    def test_a_dhcp_port_has_the_mac_address_that_central_has(self) -> None:
        self.network = documents.network()
        self.apply(self.network)
        first, second = self.ports(self.network)
        self.apply(documents.later(self.network, {'dhcp_ports': [first]}))
        # As after central forgot the port, and made it again.
        again = {**first, 'mac_address': second['mac_address']}

        self.apply(documents.later(self.network, {'dhcp_ports': [again]}))

        port = self.plugin.get_port(self.context, first['id'])
        self.assertEqual(second['mac_address'], port['mac_address'])
