# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What L3 agents are told of the address scopes of a router's ports."""

from typing import Any
from unittest import mock

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tests.unit.local.pools import from_pool
from tricircle.replica.document import Document


class TestScopesOfRouters(plugin_base.PluginTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.scopes = [documents.address_scope(name=one) for one in 'ab']
        self.pools = [
            documents.subnet_pool(one, prefixes=[f'10.{number}.0.0/16'])
            for number, one in enumerate(self.scopes)
        ]
        self.networks = [
            from_pool(network(f'10.{number}.0'), pool)
            for number, pool in enumerate(self.pools)
        ]
        self.apply(*self.scopes, *self.pools, *self.networks)

    def put(
        self, on: list[Document], gateway: Document, **changes: Any
    ) -> Document:
        """Put a router on networks, with a gateway."""
        router = documents.router(*on)
        for one, network_ in zip(router.body['interfaces'], on, strict=True):
            subnet = network_.body['subnets'][0]
            one['fixed_ips'] = [
                {
                    'subnet_id': subnet['id'],
                    'ip_address': subnet['gateway_ip'],
                }
            ]
        subnet = gateway.body['subnets'][0]
        router = documents.later(
            router,
            {
                'gateway': {
                    'port_id': documents.new_id(),
                    'network_id': gateway.id,
                    'mac_address': 'fa:16:3e:00:02:01',
                    'enable_snat': gateway.body['network']['project_id'] != '',
                    'fixed_ips': [
                        {
                            'subnet_id': subnet['id'],
                            'ip_address': subnet['gateway_ip'][:-1] + '99',
                        }
                    ],
                },
                **changes,
            },
        )
        self.apply(router)
        return router

    def told(self, router: Document) -> list[Any]:
        """Return the scopes of interfaces, in order, then of the gateway."""
        (data,) = self.l3_plugin.get_sync_data(self.context, [router.id])
        by_id = {one['id']: one for one in data['_interfaces']}
        return [
            by_id[one['port_id']]['address_scopes'][4]
            for one in router.body['interfaces']
        ] + [data['gw_port']['address_scopes'][4]]

    def test_a_router_in_one_region_has_those_of_its_subnets(self) -> None:
        outside = from_pool(network('100.0.2', external=True), self.pools[0])
        self.apply(outside)
        router = self.put(self.networks, outside)

        assert self.told(router) == [
            self.scopes[0].id,
            self.scopes[1].id,
            self.scopes[0].id,
        ]

    def test_it_has_others_when_its_subnets_have(self) -> None:
        outside = network('100.0.2', external=True)
        self.apply(outside)
        router = self.put(self.networks, outside)
        with mock.patch.object(
            self.l3_plugin.__class__, 'notify_routers_updated', autospec=True
        ) as notify:
            self.apply(from_pool(self.networks[0], self.pools[1]))

        assert [router.id] in [list(one.args[2]) for one in notify.mock_calls]
        assert self.told(router) == [
            self.scopes[1].id,
            self.scopes[1].id,
            None,
        ]

    def test_a_router_over_several_regions_has_none(self) -> None:
        bridge = network('100.0.1', external=True, project_id='')
        self.apply(bridge)
        router = self.put(self.networks, bridge)

        assert self.told(router) == [None, None, None]

    def test_nor_have_floating_ips_beyond_a_bridge(self) -> None:
        bridge = network('100.0.1', external=True, project_id='')
        outside = from_pool(network('100.0.2', external=True), self.pools[1])
        group = documents.group()
        port = documents.port(
            self.networks[0],
            group,
            fixed_ips=[
                {
                    'subnet_id': self.networks[0].body['subnets'][0]['id'],
                    'ip_address': '10.0.0.9',
                }
            ],
        )
        self.apply(bridge, outside, group, port)

        router = self.put(
            [bridge],
            outside,
            routes=[{'destination': '10.0.0.0/24', 'nexthop': '100.0.1.11'}],
            floating_ips=[
                {
                    'id': documents.new_id(),
                    'project_id': documents.PROJECT,
                    'floating_network_id': outside.id,
                    'floating_ip_address': '100.0.2.50',
                    'port_id': port.id,
                    'fixed_ip_address': '10.0.0.9',
                    'description': '',
                }
            ],
        )

        assert self.told(router) == [None, None]
        (data,) = self.l3_plugin.get_sync_data(self.context, [router.id])
        (floating,) = data['_floatingips']
        assert floating['fixed_ip_address_scope'] is None


def network(
    range_: str, *, external: bool = False, **changes: Any
) -> Document:
    """Return a network with one range of addresses."""
    made = documents.network(**{'router:external': external, **changes})
    (subnet,) = made.body['subnets']
    return documents.later(
        made,
        {
            'subnets': [
                {
                    **subnet,
                    'project_id': changes.get('project_id', documents.PROJECT),
                    'cidr': f'{range_}.0/24',
                    'gateway_ip': f'{range_}.1',
                    'allocation_pools': [
                        {'start': f'{range_}.2', 'end': f'{range_}.254'}
                    ],
                    'enable_dhcp': False,
                }
            ],
            'dhcp_ports': [],
        },
    )
