# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Rules that follow others: they let in the members elsewhere.

Of each rule that names a group of central's, also of a rule of the region's
own groups, one is made that names the address group with the members
elsewhere, once that is here; it goes with it, or before the rule. Whoever
makes one of the two looks for the other after that, so that nobody has to
wait for anybody.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from neutron.db.models import securitygroup as models
from neutron.extensions import securitygroup as group_ext
from neutron_lib import context as neutron_context
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
from oslo_log import log as logging
import sqlalchemy as sa

from tricircle.db.local.models import Replica
from tricircle.local.engine import ledger
from tricircle.local.engine.group import id_map
from tricircle.local.engine.group import members
from tricircle.local.engine.owner import actor

LOG = logging.getLogger(__name__)

_RULES: Final[sa.Table] = models.SecurityGroupRule.__table__
#: What the two have in common.
_SAME: Final = (
    'security_group_id',
    'direction',
    'ethertype',
    'protocol',
    'port_range_min',
    'port_range_max',
)
#: Looks after which it is somebody else's turn: one that undoes what is done
#: here looks as well, after that.
_LOOKS: Final = 3
#: Made by one call.
_AT_ONCE: Final = 100


def _differences(
    context: Any,
    address_groups: Mapping[str, str],
    group_id: str | None,
) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the IDs of rules that follow nothing, and rules to make.

    :param address_groups: by the ID that a group has here, that of its
        members elsewhere
    :param group_id: of the group whose rules are looked at; None for all
    """
    wanted: dict[str, dict[str, Any]] = {}
    here: dict[str, dict[str, Any]] = {}
    query = sa.select(
        _RULES.c.id,
        _RULES.c.remote_group_id,
        _RULES.c.remote_address_group_id,
        *(_RULES.c[name] for name in _SAME),
    ).where(
        sa.or_(
            _RULES.c.remote_group_id.in_(sorted(address_groups)),
            _RULES.c.remote_address_group_id.in_(
                sorted(address_groups.values())
            ),
        )
    )
    if group_id is not None:
        query = query.where(_RULES.c.security_group_id == group_id)
    with db_api.CONTEXT_READER.using(context):
        rows = context.session.execute(query).all()
    for row in rows:
        same = {name: getattr(row, name) for name in _SAME}
        if row.remote_group_id is None:
            here[row.id] = {
                **same,
                'remote_address_group_id': row.remote_address_group_id,
            }
        else:
            wanted[members.rule_id(row.id)] = {
                **same,
                'remote_address_group_id': address_groups[row.remote_group_id],
            }
    return (
        [one for one, rule in here.items() if wanted.get(one) != rule],
        [
            {'id': one, **rule}
            for one, rule in wanted.items()
            if here.get(one) != rule
        ],
    )


def are_settled(context: Any, address_groups: Mapping[str, str]) -> bool:
    """Tell whether all rules are followed that are to be, and no others.

    :param address_groups: see :func:`settle`
    """
    return _differences(context, address_groups, None) == ([], [])


def settle(
    context: Any,
    address_groups: Mapping[str, str],
    group_id: str | None = None,
) -> None:
    """Have all rules followed that are to be, and no others.

    :param address_groups: by the ID that a group has here, that of the
        address group, which is here, with its members elsewhere
    :param group_id: of the group whose rules are concerned; None for all
    """
    for _look in range(_LOOKS):
        stray, missing = _differences(context, address_groups, group_id)
        if not stray and not missing:
            return
        for one in stray:
            _delete(context, one)
        by_group: dict[str, list[dict[str, Any]]] = {}
        for rule in missing:
            by_group.setdefault(rule['security_group_id'], []).append(rule)
        for rules in by_group.values():
            for start in range(0, len(rules), _AT_ONCE):
                _make(context, rules[start : start + _AT_ONCE])


def _make(context: Any, rules: list[dict[str, Any]]) -> None:
    wanted = [
        {
            'security_group_rule': {
                **rule,
                'remote_group_id': None,
                'remote_ip_prefix': None,
                'description': '',
                # Counted in no project's quota.
                'project_id': '',
                'tenant_id': '',
            }
        }
        for rule in rules
    ]
    plugin = directory.get_plugin()
    try:
        if len(wanted) == 1:
            plugin.create_security_group_rule(context, wanted[0])
        else:
            plugin.create_security_group_rule_bulk(
                context, {'security_group_rules': wanted}
            )
    except group_ext.SecurityGroupRuleExists:
        # Somebody else made one meanwhile: the next look finds the others.
        pass
    except group_ext.SecurityGroupNotFound:
        # It went with its rules.
        pass


def _delete(context: Any, rule_id: str) -> None:
    try:
        directory.get_plugin().delete_security_group_rule(context, rule_id)
    except exceptions.NotFound:
        pass


def remove(context: Any, address_group_id: str) -> None:
    """Remove all rules that name an address group, which is to go."""
    query = sa.select(_RULES.c.id).where(
        _RULES.c.remote_address_group_id == address_group_id
    )
    with db_api.CONTEXT_READER.using(context):
        found = context.session.scalars(query).all()
    for one in found:
        _delete(context, one)


def remove_of(context: Any, rule_id: str, here: Collection[str]) -> None:
    """Remove the rule that follows one, which is to go.

    :param here: IDs of the rules of its group
    """
    follower = members.rule_id(rule_id)
    if follower in here:
        _delete(context, follower)


def follow(context: Any, group_id: str, remotes: Mapping[str, str]) -> None:
    """Have the rules of a group followed whose remote groups have members.

    :param remotes: central's ID of each remote group, by the ID here
    """
    wanted = {
        local_id: members.address_group_id(central_id)
        for local_id, central_id in remotes.items()
    }
    if not wanted:
        return
    with db_api.CONTEXT_READER.using(context):
        here = set(
            context.session.scalars(
                sa.select(Replica.resource_id).where(
                    Replica.resource_type == ledger.MEMBERS,
                    Replica.resource_id.in_(sorted(wanted.values())),
                )
            )
        )
    found = {local: one for local, one in wanted.items() if one in here}
    if found:
        with actor.applying():
            settle(context, found, group_id)


def made_by_user(rules: Iterable[Mapping[str, Any]]) -> None:
    """Have new rules of the region's own groups followed, if they are to be.

    They are made, whatever becomes of this: a document of the members, which
    a sweep asks for where it is not so, does it as well.
    """
    context = neutron_context.get_admin_context()
    for rule in rules:
        remote = rule['remote_group_id']
        if remote is None:
            continue
        (central_id,) = id_map.to_central(context, [remote])
        try:
            follow(context, rule['security_group_id'], {remote: central_id})
        except Exception:
            LOG.exception(
                'Members of %s elsewhere do not pass rule %s yet',
                remote,
                rule['id'],
            )


def removed_by_user(rule_id: str) -> None:
    """Remove the rule that follows one of a region's own group, if any."""
    context = neutron_context.get_admin_context()
    follower = members.rule_id(rule_id)
    with db_api.CONTEXT_READER.using(context):
        is_here = context.session.scalar(
            sa.select(_RULES.c.id).where(_RULES.c.id == follower)
        )
    if is_here is not None:
        with actor.applying():
            _delete(context, follower)
