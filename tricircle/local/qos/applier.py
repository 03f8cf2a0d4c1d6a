# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""QoS policies, with their rules."""

from collections.abc import Mapping
from typing import Any, Final

from neutron.objects.qos import policy as objects
from neutron.objects.qos import rule as rule_objects
from neutron_lib import context as neutron_context
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import qos as errors
from neutron_lib.plugins import constants as plugin_constants
from neutron_lib.plugins import directory
from neutron_lib.services.qos import constants as qos_constants

from tricircle.local.engine import objects as object_appliers
from tricircle.local.engine import parts
from tricircle.local.engine import refusals
from tricircle.replica import types
from tricircle.replica.body import canonical
from tricircle.replica.kinds import qos_policy as contract

_RULES: Final[Mapping[str, Any]] = {
    model.rule_type: model
    for model in (
        rule_objects.QosBandwidthLimitRule,
        rule_objects.QosDscpMarkingRule,
        rule_objects.QosMinimumBandwidthRule,
        rule_objects.QosPacketRateLimitRule,
        rule_objects.QosMinimumPacketRateRule,
    )
}
Rule = dict[str, Any]


def plugin() -> Any:
    """Return the QoS plugin, None where the region has none."""
    return directory.get_plugin(plugin_constants.QOS)


def is_here(policy_id: str) -> bool:
    """Tell whether the region has a policy, whoever may see it."""
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        return bool(objects.QosPolicy.objects_exist(context, id=policy_id))


def _supported() -> frozenset[str]:
    """Return the types of rules that some driver of the region carries out."""
    return frozenset(
        plugin().driver_manager.supported_rule_types(all_supported=True)
    )


def _in_document_form(rule: Any) -> Rule:
    names = contract.RULES[rule.rule_type].names
    return {
        'type': rule.rule_type,
        **{name: getattr(rule, name) for name in names},
    }


def _by_id(rules: list[Rule]) -> dict[str, Rule]:
    return {one['id']: one for one in rules}


class QosPolicyApplier(object_appliers.ObjectApplier):
    """Carry out documents of QoS policies.

    A rule of a type that no driver here carries out is not made, and the
    state names it: Neutron refuses to put a policy that has such a rule on
    anything.
    """

    def _is_supported(self) -> bool:
        return plugin() is not None

    def read(self, found: Any) -> dict[str, Any]:
        """Return a policy in the form that documents have it."""
        body = super().read(found)
        body['description'] = body['description'] or ''
        return body

    def observe(
        self, context: Any, resource_id: str, desired: dict[str, Any] | None
    ) -> tuple[dict[str, Any], list[str]] | None:
        """Read a policy back with its rules."""
        seen = super().observe(context, resource_id, desired)
        if seen is None or not self._is_supported():
            return seen
        body, omitted = seen
        rules = _by_id(self._rules(context, resource_id))
        supported = _supported()
        for one in desired['rules'] if desired else ():
            if one['type'] not in supported and one['id'] not in rules:
                rules[one['id']] = one
                omitted.append(f'{one["type"]}_rule.{one["id"]}')
        return {**body, 'rules': canonical.ordered(rules.values())}, omitted

    @staticmethod
    def _rules(context: Any, policy_id: str) -> list[Rule]:
        with db_api.CONTEXT_READER.using(context):
            return [
                _in_document_form(one)
                for one in rule_objects.get_rules(
                    objects.QosPolicy, context, policy_id
                )
            ]

    def apply(
        self, context: Any, body: dict[str, Any], doing: parts.Parts
    ) -> None:
        """Create or change the policy, its rules, RBAC entries and tags."""
        super().apply(context, body, doing)
        if not self._is_supported():
            return
        supported = _supported()
        with doing.part('rules'):
            self._apply_rules(
                context,
                body['policy']['id'],
                [one for one in body['rules'] if one['type'] in supported],
            )

    def _apply_rules(
        self, context: Any, policy_id: str, wanted: list[Rule]
    ) -> None:
        """Have the wanted rules in one go, and tell agents once.

        What was interrupted may have been written and not told: then nothing
        is left to write.
        """
        drivers = plugin().driver_manager
        with db_api.CONTEXT_WRITER.using(context):
            _write(
                context,
                policy_id,
                _by_id(self._rules(context, policy_id)),
                _by_id(wanted),
            )
            policy = objects.QosPolicy.get_object(context, id=policy_id)
            drivers.call(
                qos_constants.UPDATE_POLICY_PRECOMMIT, context, policy
            )
        drivers.call(qos_constants.UPDATE_POLICY, context, policy)

    def delete(self, context: Any, resource_id: str, release: bool) -> None:
        """Delete the policy, unless something of the region has it."""
        if not self._is_supported():
            return
        try:
            plugin().delete_policy(context, resource_id)
        except exceptions.NotFound:
            # Neutron has two errors of that.
            return
        except errors.QosPolicyInUse as exc:
            raise refusals.ReplicaInUse(
                type=types.QOS_POLICY, id=resource_id, reason=exc
            ) from exc


def _write(
    context: Any,
    policy_id: str,
    here: Mapping[str, Rule],
    wanted: Mapping[str, Rule],
) -> None:
    """Remove rules, then change and add: two may change places."""
    for rule_id, one in here.items():
        if wanted.get(rule_id) != one:
            _RULES[one['type']].delete_objects(context, id=rule_id)
    for rule_id, one in wanted.items():
        if here.get(rule_id) != one:
            values = {key: one[key] for key in one if key != 'type'}
            _RULES[one['type']](
                context, qos_policy_id=policy_id, **values
            ).create()
