# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Writing security groups: the region's own, not central's."""

from collections.abc import Iterable, Mapping
from typing import Any

from neutron_lib import context as neutron_context

from tricircle.local.engine.owner import actor
from tricircle.local.engine.owner import ownership
from tricircle.local.group import companions
from tricircle.local.group import default_group
from tricircle.local.process import core_plugin
from tricircle.replica import types


class GroupWritesMixin(core_plugin.CorePlugin):
    """Refusals in front of the real core plugin's writes."""

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
        with actor.reading():
            made = super().create_security_group_rule(
                context, security_group_rule
            )
        _followed([made])
        return made

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
        with actor.reading():
            made = super().create_security_group_rule_bulk(
                context, security_group_rules
            )
        _followed(made)
        return made

    @actor.for_users
    def delete_security_group_rule(self, context: Any, id: str) -> Any:
        """Remove a rule from a group of the region's own."""
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
        companions.removed_by_user(id)
        return super().delete_security_group_rule(context, id)


def _followed(rules: Iterable[Mapping[str, Any]]) -> None:
    # A document has all of its own followed when they are there.
    if not actor.is_applying():
        companions.made_by_user(rules)
