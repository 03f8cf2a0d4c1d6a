# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Writing what is not a port: the region's own, not central's."""

from typing import Any

from neutron_lib import context as neutron_context
from neutron_lib.api import validators

from tricircle.local.engine import actor
from tricircle.local.engine import ledger
from tricircle.local.engine import ownership
from tricircle.local.group import default_group
from tricircle.local.process import core_plugin
from tricircle.replica import types

_RBAC_TYPES = {
    'network': (types.NETWORK, 'Network'),
    'security_group': (types.SECURITY_GROUP, 'Security group'),
}


class WritesMixin(core_plugin.CorePlugin):
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
        ownership.refuse(
            types.NETWORK,
            [subnet['subnet']['network_id']],
            'Network',
            'create the subnet',
        )
        return super().create_subnet(context, subnet)

    def create_subnet_bulk(self, context: Any, subnets: dict[str, Any]) -> Any:
        """Create subnets on networks of the region's own."""
        ownership.refuse(
            types.NETWORK,
            [one['subnet']['network_id'] for one in subnets['subnets']],
            'Network',
            'create the subnets',
        )
        return super().create_subnet_bulk(context, subnets)

    def update_subnet(
        self, context: Any, id: str, subnet: dict[str, Any]
    ) -> Any:
        """Change a subnet of the region's own."""
        ownership.refuse(ledger.SUBNET, [id], 'Subnet', 'change it')
        return super().update_subnet(context, id, subnet)

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
        if actor.is_applying():
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

    def create_security_group(
        self,
        context: Any,
        security_group: dict[str, Any],
        default_sg: bool = False,
    ) -> Any:
        """Create a group; a project's default group with central's ID."""
        # A document of the group itself brings the ID along; that of a
        # network makes Neutron create the group on the way.
        if default_sg and not security_group['security_group'].get('id'):
            security_group = default_group.with_central_id(security_group)
        return super().create_security_group(
            context, security_group, default_sg=default_sg
        )

    def update_security_group(
        self, context: Any, id: str, security_group: dict[str, Any]
    ) -> Any:
        """Change a group of the region's own."""
        ownership.refuse(
            types.SECURITY_GROUP, [id], 'Security group', 'change it'
        )
        return super().update_security_group(context, id, security_group)

    def delete_security_group(self, context: Any, id: str) -> Any:
        """Delete a group of the region's own."""
        ownership.refuse(
            types.SECURITY_GROUP, [id], 'Security group', 'delete it'
        )
        return super().delete_security_group(context, id)

    def create_security_group_rule(
        self, context: Any, security_group_rule: dict[str, Any]
    ) -> Any:
        """Add a rule to a group of the region's own."""
        rule = security_group_rule['security_group_rule']
        ownership.refuse(
            types.SECURITY_GROUP,
            [rule['security_group_id']],
            'Security group',
            'add the rule',
        )
        return super().create_security_group_rule(context, security_group_rule)

    def create_security_group_rule_bulk(
        self, context: Any, security_group_rules: dict[str, Any]
    ) -> Any:
        """Add rules to groups of the region's own."""
        ownership.refuse(
            types.SECURITY_GROUP,
            [
                one['security_group_rule']['security_group_id']
                for one in security_group_rules['security_group_rules']
            ],
            'Security group',
            'add the rules',
        )
        return super().create_security_group_rule_bulk(
            context, security_group_rules
        )

    def delete_security_group_rule(self, context: Any, id: str) -> Any:
        """Remove a rule from a group of the region's own."""
        if not actor.is_applying():
            rule = self.get_security_group_rule(
                neutron_context.get_admin_context(),
                id,
                fields=['security_group_id'],
            )
            ownership.refuse(
                types.SECURITY_GROUP,
                [rule['security_group_id']],
                'Security group',
                'remove the rule',
            )
        return super().delete_security_group_rule(context, id)

    def create_rbac_policy(
        self, context: Any, rbac_policy: dict[str, Any]
    ) -> Any:
        """Share something of the region's own."""
        self._refuse_rbac(rbac_policy['rbac_policy'], 'share it')
        return super().create_rbac_policy(context, rbac_policy)

    def update_rbac_policy(
        self, context: Any, id: str, rbac_policy: dict[str, Any]
    ) -> Any:
        """Change how something of the region's own is shared."""
        self._refuse_rbac(
            self._rbac_policy(context, id), 'change how it is shared'
        )
        return super().update_rbac_policy(context, id, rbac_policy)

    def delete_rbac_policy(self, context: Any, id: str) -> Any:
        """Stop sharing something of the region's own."""
        self._refuse_rbac(self._rbac_policy(context, id), 'stop sharing it')
        return super().delete_rbac_policy(context, id)

    def _rbac_policy(self, context: Any, id: str) -> dict[str, Any]:
        # The caller's own context: who may not see it gets a 404.
        found: dict[str, Any] = self.get_rbac_policy(context, id)
        return found

    @staticmethod
    def _refuse_rbac(entry: dict[str, Any], what: str) -> None:
        found = _RBAC_TYPES.get(entry.get('object_type', ''))
        if found is not None:
            resource_type, noun = found
            ownership.refuse(
                resource_type, [entry.get('object_id')], noun, what
            )
