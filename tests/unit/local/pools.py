# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Subnet pools of central and of the region's own, for tests of a region."""

from typing import Any

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.local.engine import attributes
from tricircle.replica.document import Document


class PoolTestCase(plugin_base.PluginTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.scope = documents.address_scope()
        self.pool = documents.subnet_pool(self.scope)
        self.id = self.pool.id

    def shown(self, pool_id: str) -> dict[str, Any]:
        found = self.plugin.get_subnetpools(
            self.context, filters={'id': [pool_id]}
        )
        return dict(found[0]) if found else {}

    def shown_scope(self) -> dict[str, Any]:
        found = self.plugin.get_address_scopes(
            self.context, filters={'id': [self.scope.id]}
        )
        return dict(found[0]) if found else {}

    def pooled(self, pool: Document | None = None) -> Document:
        """Return a network whose subnet is from a pool."""
        return from_pool(documents.network(), pool or self.pool)

    def subnet(self, network: Document) -> dict[str, Any]:
        (found,) = self.plugin.get_subnets(
            self.context, filters={'network_id': [network.id]}
        )
        return dict(found)

    def own(self, **changes: Any) -> dict[str, Any]:
        """Make a subnet pool of the region's own."""
        made: dict[str, Any] = self.plugin.create_subnetpool(
            self.context,
            {
                'subnetpool': {
                    'tenant_id': documents.PROJECT,
                    'project_id': documents.PROJECT,
                    'name': 'own',
                    'description': '',
                    'prefixes': ['172.16.0.0/16'],
                    'default_prefixlen': 24,
                    'is_default': False,
                    'shared': False,
                    **changes,
                }
            },
        )
        return made

    def own_network(self) -> dict[str, Any]:
        made: dict[str, Any] = self.plugin.create_network(
            self.context,
            {
                'network': {
                    'tenant_id': documents.PROJECT,
                    'name': 'own',
                    'admin_state_up': True,
                    'router:external': False,
                    'shared': False,
                }
            },
        )
        return made

    def make_subnet(self, network_id: str, **what: Any) -> dict[str, Any]:
        unset = attributes.NOT_SPECIFIED
        made: dict[str, Any] = self.plugin.create_subnet(
            self.context,
            {
                'subnet': {
                    'tenant_id': documents.PROJECT,
                    'project_id': documents.PROJECT,
                    'network_id': network_id,
                    'name': '',
                    'ip_version': 4,
                    'cidr': unset,
                    'prefixlen': unset,
                    'gateway_ip': unset,
                    'allocation_pools': unset,
                    'enable_dhcp': False,
                    'dns_nameservers': unset,
                    'host_routes': unset,
                    'ipv6_ra_mode': unset,
                    'ipv6_address_mode': unset,
                    'segment_id': unset,
                    **what,
                }
            },
        )
        return made


def from_pool(network: Document, pool: Document) -> Document:
    """Return a network, with all its subnets from a pool."""
    return documents.later(
        network,
        {
            'subnets': [
                {**one, 'subnetpool_id': pool.id}
                for one in network.body['subnets']
            ]
        },
    )
