# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Rules that are here under another ID than central's.

The default group of a project has rules of the region's template before
central's arrive, and most of them say the same. Such a rule is made under
central's ID before the one with the region's goes: running instances are cut
off by neither. It lets in nobody who was not let in before.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.plugins import directory

from tricircle.local.engine.group import members


def pairs(
    here: Mapping[str, Mapping[str, Any]],
    wanted: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[str, str]]:
    """Return the IDs here and in central of rules that say the same.

    :param here: the rules here, by ID, in central's terms
    :param wanted: those of the document, by ID
    """
    gone = {
        _said(rule): rule_id
        for rule_id, rule in here.items()
        if rule_id not in wanted
    }
    for rule_id, rule in wanted.items():
        old = None if rule_id in here else gone.pop(_said(rule), None)
        if old is not None:
            yield old, rule_id


def _said(rule: Mapping[str, Any]) -> frozenset[tuple[str, Any]]:
    return frozenset(
        (name, value)
        for name, value in rule.items()
        if name != 'id' and value is not None
    )


def double(
    context: Any, rules: Iterable[Mapping[str, Any]], old: str, new: str
) -> None:
    """Have a rule also under another ID, and what follows it.

    Neutron's API refuses a second rule that says the same.

    :param rules: those of the group, as Neutron shows them
    """
    by_id = {str(one['id']): one for one in rules}
    for first, second in (
        (old, new),
        (members.rule_id(old), members.rule_id(new)),
    ):
        if first in by_id:
            _make(context, {**by_id[first], 'id': second})


def _make(context: Any, rule: dict[str, Any]) -> None:
    plugin = directory.get_plugin()
    made = plugin._create_security_group_rule(
        context, {'security_group_rule': rule}, validate=False
    )
    registry.publish(
        resources.SECURITY_GROUP_RULE,
        events.AFTER_CREATE,
        plugin,
        payload=events.DBEventPayload(
            context, resource_id=made['id'], states=(made,)
        ),
    )
