# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The document of a security group, and which groups go together."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import TypeVar

from tricircle.plan import network as network_plan
from tricircle.plan import state
from tricircle.replica import types
from tricircle.replica.body import bodies

_T = TypeVar('_T', bound=Hashable)


def closure(
    groups: Iterable[_T], remotes: Mapping[_T, Collection[_T]]
) -> frozenset[_T]:
    """Return groups and all that their rules lead to.

    A rule that names something can exist only where that does.

    :param groups: what to start from
    :param remotes: for each group what its rules name; what is not there
        names nothing
    """
    found: set[_T] = set()
    ahead = set(groups)
    while ahead:
        found |= ahead
        ahead = {
            remote for group in ahead for remote in remotes.get(group, ())
        } - found
    return frozenset(found)


def named_by_rules(
    rules: Iterable[bodies.SecurityGroupRule],
) -> set[tuple[str, str]]:
    """Return type and ID of what rules of a document name."""
    return {
        (resource_type, named)
        for rule in rules
        for resource_type, named in (
            (types.SECURITY_GROUP, rule['remote_group_id']),
            (types.ADDRESS_GROUP, rule.get('remote_address_group_id')),
        )
        if named is not None
    }


def _rule(rule: state.Rule) -> bodies.SecurityGroupRule:
    body = bodies.SecurityGroupRule(
        id=rule.id,
        direction=rule.direction,
        ethertype=rule.ethertype,
        protocol=rule.protocol,
        port_range_min=rule.port_range_min,
        port_range_max=rule.port_range_max,
        remote_ip_prefix=rule.remote_ip_prefix,
        remote_group_id=rule.remote_group_id,
        description=rule.description,
    )
    if rule.remote_address_group_id is not None:
        # Else it is left out: all other rules are as they were in the
        # version before, which knows no address groups.
        body['remote_address_group_id'] = rule.remote_address_group_id
    return body


def body(group: state.SecurityGroup) -> bodies.SecurityGroupBody:
    """Return the body of a group's document."""
    return bodies.SecurityGroupBody(
        security_group=bodies.SecurityGroup(
            id=group.id,
            project_id=group.project_id,
            name=group.name,
            description=group.description,
            stateful=group.stateful,
            default=group.default,
            tags=sorted(group.tags),
        ),
        rules=[
            _rule(rule) for rule in sorted(group.rules, key=lambda one: one.id)
        ],
        rbac=network_plan.rbac_body(group.rbac),
    )
