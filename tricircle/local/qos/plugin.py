# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The QoS plugin of a region: Neutron's, which knows central's policies.

Operators name Neutron's, ``qos``, among their service plugins: its router
plugin looks for that name. So this one stands in its place.
"""

from typing import Any, Final

from neutron.services.qos import qos_plugin
from neutron_lib.plugins import directory

from tricircle.local.asking import reads
from tricircle.local.engine.owner import ownership
from tricircle.replica import types

NOUN: Final = 'QoS policy'


class PolicyMixin(reads.ReadsMixin):
    """Getters and refusals in front of Neutron's."""

    def get_policy(
        self, context: Any, policy_id: str, *args: Any, **kwargs: Any
    ) -> Any:
        """Return a policy, from central if need be."""
        return self._get(
            types.QOS_POLICY,
            super().get_policy,
            context,
            policy_id,
            *args,
            **kwargs,
        )

    def get_policies(
        self, context: Any, filters: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Return policies; those asked for also from central."""
        return self._list(
            types.QOS_POLICY,
            super().get_policies,
            context,
            filters,
            *args,
            **kwargs,
        )

    def get_policy_rule(
        self,
        context: Any,
        rule_cls: Any,
        rule_id: str,
        policy_id: str,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Return a rule, with its policy from central if need be."""
        getter = super().get_policy_rule
        return self._get(
            types.QOS_POLICY,
            lambda seen_by, policy: getter(
                seen_by, rule_cls, rule_id, policy, *args, **kwargs
            ),
            context,
            policy_id,
        )

    def get_policy_rules(
        self,
        context: Any,
        rule_cls: Any,
        policy_id: str,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Return the rules of a policy, from central if need be."""
        getter = super().get_policy_rules
        return self._get(
            types.QOS_POLICY,
            lambda seen_by, policy: getter(
                seen_by, rule_cls, policy, *args, **kwargs
            ),
            context,
            policy_id,
        )

    def update_policy(
        self, context: Any, policy_id: str, policy: dict[str, Any]
    ) -> Any:
        """Change a policy of the region's own."""
        _refuse(policy_id, 'change it')
        return super().update_policy(context, policy_id, policy)

    def delete_policy(self, context: Any, policy_id: str) -> Any:
        """Delete a policy of the region's own."""
        _refuse(policy_id, 'delete it')
        return super().delete_policy(context, policy_id)

    def create_policy_rule(
        self, context: Any, rule_cls: Any, policy_id: str, rule_data: Any
    ) -> Any:
        """Add a rule to a policy of the region's own."""
        # Brought here, so that it is refused whoever has met it before.
        self.get_policy(context, policy_id)
        _refuse(policy_id, 'add the rule')
        return super().create_policy_rule(
            context, rule_cls, policy_id, rule_data
        )

    def update_policy_rule(
        self,
        context: Any,
        rule_cls: Any,
        rule_id: str,
        policy_id: str,
        rule_data: Any,
    ) -> Any:
        """Change a rule of the region's own."""
        _refuse(policy_id, 'change the rule')
        return super().update_policy_rule(
            context, rule_cls, rule_id, policy_id, rule_data
        )

    def delete_policy_rule(
        self, context: Any, rule_cls: Any, rule_id: str, policy_id: str
    ) -> Any:
        """Delete a rule of the region's own."""
        _refuse(policy_id, 'delete the rule')
        return super().delete_policy_rule(
            context, rule_cls, rule_id, policy_id
        )


def _refuse(policy_id: str, what: str) -> None:
    ownership.refuse(types.QOS_POLICY, [policy_id], NOUN, what)


class TricircleQoSPlugin(PolicyMixin, qos_plugin.QoSPlugin):
    """Neutron's plugin, with what stands in front of it."""

    def __init__(self) -> None:
        # Who asks central for the whole region.
        self.puller = directory.get_plugin().puller
        super().__init__()


def use() -> None:
    """Have Neutron load ours where its own is named; safe to repeat.

    Before it loads service plugins, in a process of a region.
    """
    qos_plugin.QoSPlugin = TricircleQoSPlugin
