# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Writes that a region refuses: what belongs to central is changed there."""

from collections.abc import Iterable
from typing import Any

from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tricircle.db.local_models import Replica
from tricircle.local import guard
from tricircle.local import ledger
from tricircle.local import refusals
from tricircle.replica import types


def refuse(resource_type: str, ids: Iterable[str], noun: str,
           what: str) -> None:
    """Refuse when one of these belongs to central.

    :param noun: the resource as the message names it
    :param what: the verb phrase of the remedy
    :raises BelongsToCentral: if so, unless it is central's own doing
    """
    wanted = [one for one in ids if isinstance(one, str)]
    if guard.is_granted() or not wanted:
        return
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        owned = ledger.held(context.session, resource_type, wanted)
        if not owned and resource_type == types.SECURITY_GROUP:
            owned = set(context.session.scalars(
                sa.select(Replica.local_id).where(
                    Replica.resource_type == resource_type,
                    Replica.local_id.in_(wanted))))
    if owned:
        raise refusals.BelongsToCentral(
            type=noun, id=sorted(owned)[0], what=what)


class WritesMixin:
    """Refusals in front of the real core plugin's writes."""

    def update_network(self, context: Any, id: str,
                       network: dict[str, Any]) -> Any:
        """Change a network of the region's own."""
        refuse(types.NETWORK, [id], 'Network', 'change it')
        return super().update_network(context, id, network)  # type: ignore

    def delete_network(self, context: Any, id: str) -> Any:
        """Delete a network of the region's own."""
        refuse(types.NETWORK, [id], 'Network', 'delete it')
        return super().delete_network(context, id)  # type: ignore[misc]

    def create_subnet(self, context: Any, subnet: dict[str, Any]) -> Any:
        """Create a subnet on a network of the region's own."""
        refuse(types.NETWORK, [subnet['subnet']['network_id']], 'Network',
               'create the subnet')
        return super().create_subnet(context, subnet)  # type: ignore[misc]

    def create_subnet_bulk(self, context: Any,
                           subnets: dict[str, Any]) -> Any:
        """Create subnets on networks of the region's own."""
        refuse(types.NETWORK,
               [one['subnet']['network_id'] for one in subnets['subnets']],
               'Network', 'create the subnets')
        return super().create_subnet_bulk(context, subnets)  # type: ignore

    def update_subnet(self, context: Any, id: str,
                      subnet: dict[str, Any]) -> Any:
        """Change a subnet of the region's own."""
        refuse(ledger.SUBNET, [id], 'Subnet', 'change it')
        return super().update_subnet(context, id, subnet)  # type: ignore

    def delete_subnet(self, context: Any, id: str) -> Any:
        """Delete a subnet of the region's own."""
        refuse(ledger.SUBNET, [id], 'Subnet', 'delete it')
        return super().delete_subnet(context, id)  # type: ignore[misc]

    def update_security_group(self, context: Any, id: str,
                              security_group: dict[str, Any]) -> Any:
        """Change a group of the region's own."""
        refuse(types.SECURITY_GROUP, [id], 'Security group', 'change it')
        return super().update_security_group(  # type: ignore[misc]
            context, id, security_group)

    def delete_security_group(self, context: Any, id: str) -> Any:
        """Delete a group of the region's own."""
        refuse(types.SECURITY_GROUP, [id], 'Security group', 'delete it')
        return super().delete_security_group(context, id)  # type: ignore

    def create_security_group_rule(
            self, context: Any, security_group_rule: dict[str, Any]) -> Any:
        """Add a rule to a group of the region's own."""
        rule = security_group_rule['security_group_rule']
        refuse(types.SECURITY_GROUP, [rule['security_group_id']],
               'Security group', 'add the rule')
        return super().create_security_group_rule(  # type: ignore[misc]
            context, security_group_rule)

    def create_security_group_rule_bulk(
            self, context: Any, security_group_rules: dict[str, Any]) -> Any:
        """Add rules to groups of the region's own."""
        refuse(types.SECURITY_GROUP,
               [one['security_group_rule']['security_group_id'] for one in
                security_group_rules['security_group_rules']],
               'Security group', 'add the rules')
        return super().create_security_group_rule_bulk(  # type: ignore
            context, security_group_rules)

    def delete_security_group_rule(self, context: Any, id: str) -> Any:
        """Remove a rule from a group of the region's own."""
        if not guard.is_granted():
            rule = super().get_security_group_rule(  # type: ignore[misc]
                neutron_context.get_admin_context(), id)
            refuse(types.SECURITY_GROUP, [rule['security_group_id']],
                   'Security group', 'remove the rule')
        return super().delete_security_group_rule(  # type: ignore[misc]
            context, id)

    def create_rbac_policy(self, context: Any,
                           rbac_policy: dict[str, Any]) -> Any:
        """Share something of the region's own."""
        entry = rbac_policy['rbac_policy']
        for resource_type, object_type in (
                (types.NETWORK, 'network'),
                (types.SECURITY_GROUP, 'security_group')):
            if entry.get('object_type') == object_type:
                refuse(resource_type, [entry.get('object_id')],
                       object_type, 'share it')
        return super().create_rbac_policy(  # type: ignore[misc]
            context, rbac_policy)
