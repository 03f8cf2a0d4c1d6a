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

from collections.abc import Collection, Iterable, Mapping

from tricircle.plan import network as network_plan
from tricircle.plan import state
from tricircle.replica import bodies


def closure(
    groups: Iterable[str], remotes: Mapping[str, Collection[str]]
) -> frozenset[str]:
    """Return groups and all groups that their rules lead to.

    A rule that names a remote group can exist only where that group does.

    :param groups: IDs to start from
    :param remotes: for each group the remote groups of its rules; a group
        that is not there has none
    """
    found: set[str] = set()
    ahead = set(groups)
    while ahead:
        found |= ahead
        ahead = {
            remote for group in ahead for remote in remotes.get(group, ())
        } - found
    return frozenset(found)


def travels(rule: state.Rule) -> bool:
    """Tell whether a region gets a rule.

    One with an address group does not: without it the rule would let
    everybody in.
    """
    return rule.remote_address_group_id is None


def omitted(group: state.SecurityGroup) -> tuple[str, ...]:
    """Name what central has of a group and the region does not get."""
    if all(travels(rule) for rule in group.rules):
        return ()
    return ('security_group_rule.remote_address_group_id',)


def body(
    group: state.SecurityGroup,
) -> tuple[bodies.SecurityGroupBody, tuple[str, ...]]:
    """Return the body of a group's document, and what is not in it."""
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
            bodies.SecurityGroupRule(
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
            for rule in sorted(group.rules, key=lambda one: one.id)
            if travels(rule)
        ],
        rbac=network_plan.rbac_body(group.rbac),
    ), omitted(group)
