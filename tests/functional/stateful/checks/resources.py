# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What must be true when things are quiet.

Pure: what answers have promised is a model, what is there a snapshot.
"""

from collections.abc import Iterable, Iterator, Mapping
import dataclasses

from tests.functional.stateful import model as models
from tests.functional.stateful.checks import seen
from tests.functional.stateful.checks.seen import Json
from tests.functional.stateful.checks.seen import Side
from tests.functional.stateful.checks.seen import Snapshot
from tests.functional.stateful.model import Known
from tests.functional.stateful.model import Model
from tests.functional.stateful.model import Thing


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something that is not as it must be.

    :ivar kind: what kind of defect it is; two failures of one kind count as
        the same when a script is shrunk
    """

    kind: str
    text: str

    def __str__(self) -> str:
        return f'{self.kind}: {self.text}'


def settle(model: Model, snapshot: Snapshot) -> list[Finding]:
    """Learn from central what calls without an answer have left open.

    :returns: what nobody can have made
    """
    central = snapshot.central
    for thing in model.things.values():
        if thing.known is Known.UNKNOWN:
            there = _there(thing, central)
            thing.known = Known.THERE if there else Known.GONE
    model.drop_references()
    for thing in model.things.values():
        if thing.known is Known.THERE and _there(thing, central):
            for field, values in thing.fields.items():
                now = _shown(thing, field, snapshot)
                if now in values:
                    thing.fields[field] = frozenset([now])
    found = list(_strangers(model, snapshot))
    model.lost.clear()
    return found


#: What users make, beside rules and interfaces.
_MADE = (
    models.NETWORK,
    models.SUBNET,
    models.PORT,
    models.ROUTER,
    models.GROUP,
    models.FLOATING_IP,
    models.ADDRESS_GROUP,
    models.QOS_POLICY,
    models.TRUNK,
    models.FORWARDING,
    models.SHARE,
    models.POOL,
    models.SCOPE,
)
#: The field with the ID of what takes something along.
_PARENTS = {
    models.SUBNET: 'network_id',
    models.TRUNK: 'port_id',
    models.FORWARDING: 'floatingip_id',
    models.SHARE: 'object_id',
}


def _strangers(model: Model, snapshot: Snapshot) -> Iterator[Finding]:
    projects = {one.project for one in model.things.values()}
    for kind in _MADE:
        for id_, one in snapshot.central.of(kind).items():
            project = str(one['project_id'])
            if (
                id_ in model.things
                or project not in projects
                or (kind == models.PORT and seen.is_infrastructure(one))
                or (kind == models.GROUP and one['name'] == 'default')
            ):
                continue
            if model.lost.get((kind, project)):
                # The call that has made it had no answer.
                model.things[id_] = Thing(
                    kind,
                    id_,
                    project,
                    {},
                    parent=one.get(_PARENTS.get(kind, '')),
                    network=one.get(
                        'object_id' if kind == models.SHARE else 'network_id'
                    ),
                )
                continue
            yield Finding('nobody made it', f'central {kind} {one}')


def _there(thing: Thing, side: Side) -> bool:
    if thing.kind == models.INTERFACE:
        router_id, subnet_id = thing.id.split('/')
        return any(
            port['device_id'] == router_id
            and port['device_owner'].startswith('network:router_interface')
            and any(ip['subnet_id'] == subnet_id for ip in port['fixed_ips'])
            for port in side.of(models.PORT).values()
        )
    return thing.id in side.of(thing.kind)


def _shown(thing: Thing, field: str, snapshot: Snapshot) -> models.Value:
    if thing.kind == models.INTERFACE:
        return None
    shown = snapshot.central.of(thing.kind)[thing.id]
    address = models.held_address(field)
    if address is not None:
        return address in shown['addresses']
    port_id = models.carried_port(field)
    if port_id is not None:
        return seen.carried(shown).get(port_id)
    match field:
        case models.REGION:
            return seen.holder(thing.id, snapshot)
        case models.LIMIT:
            return next((one['max_kbps'] for one in shown['rules']), None)
        case models.GATEWAY:
            info = shown['external_gateway_info']
            return info and info['network_id']
        case 'tags' | 'security_groups':
            return frozenset(shown[field])
        case _:
            return shown[field]


def promises(model: Model, snapshot: Snapshot) -> list[Finding]:
    """Return which promise is not kept in central; settle() comes first."""
    found = []
    central = snapshot.central
    for thing in model.things.values():
        if thing.known is Known.GONE:
            found += _where(thing, snapshot)
        elif not _there(thing, central):
            found.append(
                Finding('made and not there', f'central {_name(thing)}')
            )
        else:
            for field, values in thing.fields.items():
                now = _shown(thing, field, snapshot)
                if now not in values:
                    found.append(
                        Finding(
                            f'{thing.kind} has another {field}',
                            f'{_name(thing)}: {now}, not '
                            f'{sorted(values, key=str)}',
                        )
                    )
    return found


def _where(thing: Thing, snapshot: Snapshot) -> list[Finding]:
    return [
        Finding('deleted and there', f'{side.name} {_name(thing)}')
        for side in snapshot.sides()
        if _there(thing, side)
    ]


def returned(graves: Iterable[Thing], snapshot: Snapshot) -> list[Finding]:
    """Return what was deleted long ago and is there again."""
    return [one for thing in graves for one in _where(thing, snapshot)]


def _name(thing: Thing) -> str:
    return f'{thing.kind} {thing.id}'


def places(snapshot: Snapshot) -> list[Finding]:
    """Return what regions have that is not central's, or in two places."""
    found: list[Finding] = []
    holders: dict[str, list[str]] = {}
    pieces = {row['piece_id'] for row in snapshot.tables['router_pieces']}
    central = snapshot.central
    for name, side in snapshot.regions.items():
        own = {id_ for _kind, id_, _one in seen.own(side)}
        for kind in (
            models.NETWORK,
            models.SUBNET,
            models.PORT,
            models.ROUTER,
            models.GROUP,
            models.ADDRESS_GROUP,
            models.QOS_POLICY,
            models.TRUNK,
            models.POOL,
            models.SCOPE,
        ):
            for id_, one in side.of(kind).items():
                if (
                    id_ not in central.of(kind)
                    and id_ not in own
                    and not _of_neutron(one, kind, pieces)
                ):
                    found.append(
                        Finding(f'left in a region ({kind})', f'{name} {one}')
                    )
        for id_, port in side.of(models.PORT).items():
            if not seen.is_infrastructure(port) and id_ not in own:
                holders.setdefault(id_, []).append(name)
    found += [
        Finding('port in two regions', f'{id_}: {names}')
        for id_, names in holders.items()
        if len(names) > 1
    ]
    return found


def _of_neutron(one: Json, kind: str, pieces: set[str]) -> bool:
    match kind:
        case models.ROUTER:
            return one['id'] in pieces
        case models.PORT:
            # Neutron itself makes these, for what central's tables name.
            return one['device_owner'] in (
                'network:floatingip',
                'network:router_gateway',
            )
        case models.GROUP:
            return bool(one['name'] == 'default')
        case _:
            return False


#: What a region shows of a thing as central does.
_SAME: dict[str, tuple[str, ...]] = {
    models.NETWORK: ('name', 'tags', 'subnets', 'qos_policy_id'),
    models.SUBNET: ('name', 'tags', 'cidr'),
    models.PORT: (
        'name',
        'tags',
        'mac_address',
        'fixed_ips',
        'security_groups',
        'qos_policy_id',
        models.DNS_NAME,
    ),
    models.GROUP: ('name', 'tags'),
    models.ADDRESS_GROUP: ('name', 'addresses'),
    models.QOS_POLICY: ('name', 'rules'),
    models.TRUNK: ('name', 'tags', 'port_id', 'sub_ports'),
    models.POOL: ('name', 'prefixes', 'address_scope_id'),
    models.SCOPE: ('name', 'ip_version'),
}


def values(snapshot: Snapshot) -> list[Finding]:
    """Return where a region shows something that central does not."""
    found = []
    for name, side in snapshot.regions.items():
        ids = seen.ids_in_central(snapshot.ledgers.get(name, ()))
        for kind, fields in _SAME.items():
            for local_id, here in side.of(kind).items():
                id_ = ids.get(local_id, local_id)
                there = snapshot.central.of(kind).get(id_)
                if there is None or _aside(kind, here):
                    continue
                for field in fields:
                    if _plain(here[field], ids) != _plain(there[field]):
                        found.append(
                            Finding(
                                f'{kind} of a region has another {field}',
                                f'{name} {id_}: {here[field]}, not'
                                f' {there[field]}',
                            )
                        )
        found += _rules(name, side, snapshot.central, ids)
    return found


def _rules(
    name: str, side: Side, central: Side, ids: Mapping[str, str]
) -> Iterator[Finding]:
    for local_id in side.of(models.GROUP):
        id_ = ids.get(local_id, local_id)
        if id_ in central.of(models.GROUP):
            here = _rules_of(local_id, side, ids)
            there = _rules_of(id_, central, {})
            if here != there:
                yield Finding(
                    'group of a region has other rules',
                    f'{name} {id_}: too many {sorted(here - there)}, too few'
                    f' {sorted(there - here)}',
                )


def _rules_of(group_id: str, side: Side, ids: Mapping[str, str]) -> set[str]:
    return {
        str([ids.get(str(one[key]), one[key]) for key in _RULE])
        for one in side.of(models.RULE).values()
        if one['security_group_id'] == group_id
    }


_RULE = (
    'direction',
    'ethertype',
    'protocol',
    'port_range_min',
    'port_range_max',
    'remote_ip_prefix',
    'remote_group_id',
    'remote_address_group_id',
)


def _aside(kind: str, one: Json) -> bool:
    return kind == models.PORT and seen.is_infrastructure(one)


def _plain(value: object, ids: Mapping[str, str] | None = None) -> object:
    if isinstance(value, list):
        return sorted((ids or {}).get(str(one), str(one)) for one in value)
    return value


def twice(snapshot: Snapshot) -> list[Finding]:
    """Return the addresses, MACs and segments that two have."""
    takers: dict[tuple[str, ...], set[str]] = {}
    for side in snapshot.sides():
        own = {id_ for _kind, id_, _one in seen.own(side)}
        for id_, port in side.of(models.PORT).items():
            if port['device_owner'] == 'network:floatingip':
                # Each side has an ID of its own for it.
                continue
            network_id = str(port['network_id'])
            keys = [('MAC', network_id, str(port['mac_address']))]
            keys += [
                ('address', network_id, str(ip['ip_address']))
                for ip in port['fixed_ips']
            ]
            for key in keys:
                takers.setdefault(key, set()).add(id_)
        for id_, network in side.of(models.NETWORK).items():
            segment: tuple[str, ...] = (
                'segment',
                str(network['provider:network_type']),
                str(network['provider:segmentation_id']),
            )
            if network['provider:segmentation_id'] is None:
                continue
            if id_ in own:
                # Which another region may have as well.
                segment = (*segment, side.name)
            takers.setdefault(segment, set()).add(id_)
    return [
        Finding(f'{key[0]} in two places', f'{" ".join(key)}: {sorted(ids)}')
        for key, ids in takers.items()
        if len(ids) > 1
    ]


def shadows(snapshot: Snapshot) -> list[Finding]:
    """Return shadow ports of what no other region has."""
    return [
        Finding('shadow of nothing', f'{name} {id_}')
        for name, side in snapshot.regions.items()
        for id_, port in side.of(models.PORT).items()
        if port['device_owner'] == seen.SHADOW
        and id_ not in snapshot.central.of(models.PORT)
    ]
