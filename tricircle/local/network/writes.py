# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Writing networks and subnets: the region's own, not central's."""

from typing import Any

from neutron_lib.api import validators

from tricircle.local.engine import ledger
from tricircle.local.engine.owner import actor
from tricircle.local.engine.owner import ownership
from tricircle.local.process import core_plugin
from tricircle.replica import types


class NetworkWritesMixin(core_plugin.CorePlugin):
    """Refusals in front of the real core plugin's writes."""

    def update_network(
        self, context: Any, id: str, network: dict[str, Any]
    ) -> Any:
        """Change a network of the region's own."""
        ownership.refuse(types.NETWORK, [id], 'Network', 'change it')
        return super().update_network(context, id, network)

    def delete_network(self, context: Any, id: str) -> Any:
        """Delete a network of the region's own."""
        ownership.refuse(types.NETWORK, [id], 'Network', 'delete it')
        return super().delete_network(context, id)

    def create_subnet(self, context: Any, subnet: dict[str, Any]) -> Any:
        """Create a subnet on a network of the region's own."""
        with ownership.on_own_networks(
            context, [subnet['subnet']['network_id']], 'create the subnet'
        ):
            return super().create_subnet(context, subnet)

    def create_subnet_bulk(self, context: Any, subnets: dict[str, Any]) -> Any:
        """Create subnets on networks of the region's own."""
        with ownership.on_own_networks(
            context,
            [one['subnet']['network_id'] for one in subnets['subnets']],
            'create the subnets',
        ):
            return super().create_subnet_bulk(context, subnets)

    def update_subnet(
        self, context: Any, id: str, subnet: dict[str, Any]
    ) -> Any:
        """Change a subnet of the region's own."""
        ownership.refuse(ledger.SUBNET, [id], 'Subnet', 'change it')
        return super().update_subnet(context, id, subnet)

    @actor.for_documents
    def _validate_subnet(
        self,
        context: Any,
        s: dict[str, Any],
        cur_subnet: Any = None,
        is_pd: bool = False,
    ) -> None:
        """Check a subnet; of central's, central knows more.

        Neutron lets no gateway go that is a router's address. Of several
        routers on a subnet of central's, central says whose it is. And
        ``max_subnet_host_routes`` and ``max_dns_nameservers`` are for users,
        in central: they did not ask for the routes that lead to routers.
        """
        if cur_subnet is not None and 'gateway_ip' in s:
            cur_subnet = cur_subnet.obj_clone()
            cur_subnet.gateway_ip = s['gateway_ip']
        if validators.is_attr_set(s.get('host_routes')):
            for route in s['host_routes']:
                self._validate_host_route(route, s['ip_version'])
            s = {**s, 'host_routes': []}
        if validators.is_attr_set(s.get('dns_nameservers')):
            for server in s['dns_nameservers']:
                self._validate_ip_version(
                    s['ip_version'], server, 'dns_nameserver'
                )
            s = {**s, 'dns_nameservers': []}
        super()._validate_subnet(
            context, s, cur_subnet=cur_subnet, is_pd=is_pd
        )

    def delete_subnet(self, context: Any, id: str) -> Any:
        """Delete a subnet of the region's own."""
        ownership.refuse(ledger.SUBNET, [id], 'Subnet', 'delete it')
        return super().delete_subnet(context, id)
