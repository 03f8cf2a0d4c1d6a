# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What keeps a network of a region's own from becoming central's.

Only what central can have as it is in the region may be adopted: with the
IDs and addresses that it has, and without a change to what runs.
"""

import collections
from collections.abc import Collection, Iterable, Iterator, Mapping
import dataclasses
import itertools
from typing import Any, Final

from tricircle.plan.adoption import addresses as adoption_addresses
from tricircle.replica import types

Body = Mapping[str, Any]

SUBNET: Final = 'subnet'
RULE: Final = 'security-group-rule'
_TYPES: Final = ('flat', 'vlan', 'vxlan')
_DHCP: Final = 'network:dhcp'
_ROUTERS: Final = 'network:router'
_NEUTRON: Final = 'network:'
_SUBPORT: Final = 'trunk:subport'
_DETACH: Final = 'detach it from the network'
#: What tells one rule from another, beside the group it is in.
_RULE: Final = (
    'direction',
    'ethertype',
    'protocol',
    'port_range_min',
    'port_range_max',
    'remote_ip_prefix',
    'remote_address_group_id',
)
#: Value of what comes from the group itself.
_ITSELF: Final = 'itself'
#: Rules that Neutron gives to each project's default group.
_TEMPLATE: Final = [
    {'direction': direction, 'ethertype': version, 'remote_group_id': remote}
    for version in ('IPv4', 'IPv6')
    for direction, remote in (('egress', None), ('ingress', _ITSELF))
]


@dataclasses.dataclass(frozen=True)
class Network:
    """A network of a region with all that is on it, as its API shows it.

    :ivar groups: those of its ports, and those that their rules name; without
        those that are central's already
    :ivar floating_ips: of its ports
    :ivar rbac: with whom it is shared
    """

    network: Body
    subnets: tuple[Body, ...] = ()
    ports: tuple[Body, ...] = ()
    groups: tuple[Body, ...] = ()
    floating_ips: tuple[Body, ...] = ()
    rbac: tuple[Body, ...] = ()


@dataclasses.dataclass(frozen=True)
class Central:
    """What central has.

    :ivar known: IDs that it has already, by type
    :ivar defaults: the default group of each project, by project
    :ivar quotas: by project and resource: limit, and what of it is taken
    """

    known: Mapping[str, Collection[str]]
    defaults: Mapping[str, Body]
    quotas: Mapping[str, Mapping[str, Body]]


@dataclasses.dataclass(frozen=True)
class Conflict:
    """What is in the way, and what can be done about it."""

    type: str
    id: str
    reason: str
    remedy: str


def read(word: Mapping[str, Any]) -> Network:
    """Return a network as its region itself says that it is.

    :param word: answer of the region's ``/v2.0/replicas/adoption``
    """
    return Network(
        network=word['network'],
        subnets=tuple(word['subnets']),
        ports=tuple(word['ports']),
        groups=tuple(word['groups']),
        floating_ips=tuple(word['floating_ips']),
        rbac=tuple(word['rbac']),
    )


def ids(found: Network) -> dict[str, list[str]]:
    """Return the IDs that central would have to have, by type."""
    groups = [one for one in found.groups if not _is_default(one)]
    return {
        types.NETWORK: [found.network['id']],
        SUBNET: [one['id'] for one in found.subnets],
        types.PORT: [one['id'] for one in _kept(found)],
        types.SECURITY_GROUP: [one['id'] for one in groups],
        RULE: [
            rule['id']
            for one in groups
            for rule in one['security_group_rules']
        ],
    }


def projects(found: Network) -> list[str]:
    """Return the projects that something of it belongs to."""
    return sorted(
        {
            one['project_id']
            for one in (
                found.network,
                *found.subnets,
                *_kept(found),
                *found.groups,
            )
        }
        - {''}
    )


def conflicts(found: Network, central: Central) -> list[Conflict]:
    """Return all that is in the way, beside the segment."""
    return [
        *_of_network(found),
        *_of_subnets(found),
        *_of_ports(found),
        *_of_groups(found, central),
        *_of_ids(found, central),
        *_of_quotas(found, central),
    ]


def _kept(found: Network) -> list[Body]:
    """Return the ports that keep their owner: central reserves DHCP ports."""
    return [one for one in found.ports if one['device_owner'] != _DHCP]


def _is_default(group: Body) -> bool:
    return bool(group['name'] == 'default')


def _of_network(found: Network) -> Iterator[Conflict]:
    network = found.network

    def conflict(reason: str, remedy: str) -> Conflict:
        return Conflict(types.NETWORK, network['id'], reason, remedy)

    if network.get('segments'):
        yield conflict(
            f'it has {len(network["segments"])} segments',
            'a network of several segments stays with the region',
        )
    elif network.get('provider:network_type') not in _TYPES:
        yield conflict(
            f'it is of type {network.get("provider:network_type")}',
            f'only {", ".join(_TYPES)} can be adopted',
        )
    if network.get('router:external'):
        yield conflict('it is external', 'make it in central, for this region')
    for one in found.rbac:
        yield conflict(
            f'RBAC policy {one["id"]} shares it with {one["target_tenant"]}',
            'delete the policy, and share the network in central',
        )
    if network.get('qos_policy_id'):
        yield conflict(
            f'it has QoS policy {network["qos_policy_id"]}, which is the '
            "region's",
            'take the policy off, and give it one of central',
        )


def _of_subnets(found: Network) -> Iterator[Conflict]:
    taken = adoption_addresses.taken(found.ports)
    for subnet in found.subnets:
        wanted = adoption_addresses.wanted(subnet, found.ports)
        free = len(
            list(
                itertools.islice(
                    adoption_addresses.free(subnet, taken), len(wanted)
                )
            )
        )
        if free < len(wanted):
            yield Conflict(
                SUBNET,
                subnet['id'],
                f'{free} of its addresses are free, and {len(wanted)} needed, '
                f'for {" and ".join(wanted)}',
                'free addresses, or make an allocation pool larger',
            )
        for key, what in (
            ('subnetpool_id', 'subnet pool'),
            ('segment_id', 'segment'),
        ):
            if subnet.get(key):
                yield Conflict(
                    SUBNET,
                    subnet['id'],
                    f"it is of {what} {subnet[key]}, which is the region's",
                    f'a subnet of a {what} stays with the region',
                )


def _of_ports(found: Network) -> Iterator[Conflict]:
    floating = {one['port_id']: one for one in found.floating_ips}
    for port in found.ports:

        def conflict(
            reason: str, remedy: str, port_id: str = port['id']
        ) -> Conflict:
            return Conflict(types.PORT, port_id, reason, remedy)

        owner = port['device_owner']
        if owner.startswith(_ROUTERS):
            yield conflict(f'router {port["device_id"]} is attached', _DETACH)
        elif owner.startswith(_NEUTRON) and owner != _DHCP:
            yield conflict(f'it is a port of {owner}', 'remove what has it')
        trunk = port.get('trunk_details')
        if trunk:
            yield conflict(
                f'it is the parent of trunk {trunk["trunk_id"]}',
                'delete the trunk, and make it in central',
            )
        if owner == _SUBPORT:
            yield conflict(
                f'it is a subport of trunk {port["device_id"]}',
                'take it off the trunk',
            )
        if port.get('qos_policy_id'):
            yield conflict(
                f'it has QoS policy {port["qos_policy_id"]}, which is the '
                "region's",
                'take the policy off, and give it one of central',
            )
        if port['id'] in floating:
            one = floating[port['id']]
            yield conflict(
                f'floating IP {one["id"]} ({one["floating_ip_address"]}) is '
                'on it',
                'take the floating IP off',
            )


def _rules(group: Body) -> collections.Counter[tuple[Any, ...]]:
    """Return the rules of a group by what they say."""

    def remote(rule: Body) -> Any:
        named = rule['remote_group_id']
        # The template has no ID.
        return _ITSELF if named and named == group.get('id') else named

    return collections.Counter(
        (*(rule.get(key) for key in _RULE), remote(rule))
        for rule in group['security_group_rules']
    )


def _of_groups(found: Network, central: Central) -> Iterator[Conflict]:
    for group in found.groups:
        for rule in group['security_group_rules']:
            named = rule.get('remote_address_group_id')
            if named:
                yield Conflict(
                    RULE,
                    rule['id'],
                    f"it names address group {named}, which is the region's",
                    'name the addresses in rules of their own',
                )
        if not _is_default(group):
            continue
        wanted = central.defaults.get(
            group['project_id'], {'security_group_rules': _TEMPLATE}
        )
        if _rules(group) != _rules(wanted):
            yield Conflict(
                types.SECURITY_GROUP,
                group['id'],
                f'it is the default group of project {group["project_id"]}, '
                "and has other rules than central's",
                'give both the same rules',
            )


def _of_ids(found: Network, central: Central) -> Iterator[Conflict]:
    for resource_type, wanted in ids(found).items():
        known = central.known.get(resource_type, ())
        for one in wanted:
            if one in known:
                yield Conflict(
                    resource_type,
                    one,
                    'central has one with this ID',
                    'make it anew in the region, under another ID',
                )


def _needed(found: Network) -> Iterable[tuple[str, str]]:
    """Yield the project and the quota of each thing that counts."""
    yield found.network['project_id'], 'network'
    for one in found.subnets:
        yield one['project_id'], 'subnet'
    for one in _kept(found):
        yield one['project_id'], 'port'
    for one in found.groups:
        if not _is_default(one):
            yield one['project_id'], 'security_group'
            for _ in one['security_group_rules']:
                yield one['project_id'], 'security_group_rule'


def needed(found: Network) -> dict[str, dict[str, int]]:
    """Return by project and quota how much of it is needed."""
    counted: dict[str, dict[str, int]] = {}
    for (project, name), count in sorted(
        collections.Counter(_needed(found)).items()
    ):
        counted.setdefault(project, {})[name] = count
    return counted


def _of_quotas(found: Network, central: Central) -> Iterator[Conflict]:
    for project, name, count in (
        (project, name, count)
        for project, resources in needed(found).items()
        for name, count in resources.items()
    ):
        quota = central.quotas.get(project, {}).get(name)
        if quota is None or quota['limit'] < 0:
            continue
        left = quota['limit'] - quota['used'] - quota.get('reserved', 0)
        if count > left:
            yield Conflict(
                'quota',
                project,
                f'the project needs {count} of {name}, and has {max(left, 0)} '
                'left in central',
                f"raise the project's quota of {name} in central",
            )
