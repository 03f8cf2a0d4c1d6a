# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a new resource needs of one region: what its request names."""

from collections.abc import Iterator, Mapping
import dataclasses
import itertools
import json
from typing import Any, Final

from oslo_utils import uuidutils

from tricircle.api import faults
from tricircle.gateway import asked as asking
from tricircle.gateway.mirroring import rows
from tricircle.replica import types


@dataclasses.dataclass(frozen=True)
class _Need:
    """A field that names a resource.

    :ivar kind: of the resource
    :ivar called: what it is called in errors
    """

    field: str
    kind: str
    called: str


_VOLUME: Final = _Need('volume_id', 'volume', 'volume')
_SNAPSHOT: Final = _Need('snapshot_id', 'snapshot', 'snapshot')
#: Of what a request for a new one has, by kind.
_NEEDS: Final[Mapping[str, tuple[_Need, ...]]] = {
    'volume': (
        _SNAPSHOT,
        _Need('source_volid', 'volume', 'volume'),
        _Need('backup_id', 'backup', 'backup'),
        _Need('group_id', 'group', 'group'),
        _Need('consistencygroup_id', 'consistencygroup', 'group'),
    ),
    'snapshot': (_VOLUME,),
    'backup': (_VOLUME, _SNAPSHOT),
    'transfer': (_VOLUME,),
    'attachment': (_Need('volume_uuid', 'volume', 'volume'),),
    'group': (
        _Need('group_snapshot_id', 'group_snapshot', 'snapshot of a group'),
        _Need('source_group_id', 'group', 'group'),
    ),
    'group_snapshot': (_Need('group_id', 'group', 'group'),),
    'consistencygroup': (
        _Need('cgsnapshot_id', 'cgsnapshot', 'snapshot of a group'),
        _Need('source_cgid', 'consistencygroup', 'group'),
    ),
    'cgsnapshot': (_Need('consistencygroup_id', 'consistencygroup', 'group'),),
}
#: Fields of those that name what all regions have under the same names, and
#: its kind: each region has it under an ID of its own.
_MIRRORED: Final[Mapping[str, Mapping[str, str]]] = {
    'volume': {'volume_type': 'type'},
    'group': {'group_type': 'group_type', 'volume_types': 'type'},
    'consistencygroup': {'volume_types': 'type'},
}
_TYPES: Final[Mapping[str, str]] = {
    'type': types.VOLUME_TYPE,
    'group_type': types.GROUP_TYPE,
}
#: Of how many things of a request the home is looked for, each of which may
#: cost a question to every region; those behind them the region itself finds
#: or refuses.
_LOOKED_AT: Final = 32
#: Of what changes a resource, by the key of its body.
_BESIDE: Final[Mapping[str, _Need]] = {
    'volumeAttachment': _Need('volumeId', 'volume', 'volume'),
    'restore': _VOLUME,
}


def networks(wished: Mapping[str, Any]) -> list[str]:
    """Return the networks that a server asks for."""
    return [str(one['uuid']) for one in _interfaces(wished) if one.get('uuid')]


def ports(wished: Mapping[str, Any]) -> list[str]:
    """Return the ports that a server asks for."""
    return [str(one['port']) for one in _interfaces(wished) if one.get('port')]


def _interfaces(wished: Mapping[str, Any]) -> list[dict[str, Any]]:
    return _dictionaries(wished.get('networks'))


def homes(cloud: asking.Cloud, asked: asking.Asked) -> dict[str, str]:
    """Return what a new resource needs of one region, and which that is.

    :returns: regions by what is named in errors
    :raises tricircle.api.faults.Fault: what it needs is nowhere
    """
    wished = asked.said[asked.route.key]
    found: dict[str, str] = {}
    for need in _NEEDS.get(asked.route.resource, ()):
        for text in _texts(wished.get(need.field)):
            found.update(_home(cloud, asked, need, text))
    if asked.route.resource == 'server':
        found.update(_homes_of_server(cloud, asked, wished))
    return found


def by_names(cloud: asking.Cloud, asked: asking.Asked) -> asking.Asked:
    """Return a request that means the same in all regions.

    IDs of types, which lists have from one region, become names.

    :raises tricircle.api.faults.Fault: there is no such type
    """
    fields = _MIRRORED.get(asked.route.resource)
    if not fields:
        return asked
    key = asked.route.key
    wished = asked.said[key]
    named = {
        field: _name(cloud, asked, kind, wished[field])
        for field, kind in fields.items()
        if field in wished
    }
    if all(wished[field] == name for field, name in named.items()):
        return asked
    body = json.dumps({**asked.said, key: {**wished, **named}}).encode()
    return dataclasses.replace(asked, body=body)


def _name(
    cloud: asking.Cloud, asked: asking.Asked, kind: str, given: Any
) -> Any:
    """Return the name of what an ID is of; what is no ID stays."""
    if isinstance(given, list) and len(given) <= _LOOKED_AT:
        return [_name(cloud, asked, kind, one) for one in given]
    if not isinstance(given, str) or not uuidutils.is_uuid_like(given):
        return given
    mirror = rows.find(_TYPES[kind], '', given)
    if mirror is not None and not mirror.is_deleted:
        return mirror.document['name']
    region = cloud.homes.find(kind, given, asked)
    found = cloud.service.kinds[kind]
    answer = cloud.regions.ask(
        region,
        asked.question(
            method='GET', path=f'{found.path}/{given}', query='', body=b''
        ),
    )
    if not answer.is_fine:
        return given
    return answer.json[found.key]['name']


def beside(cloud: asking.Cloud, asked: asking.Asked) -> dict[str, str]:
    """Return what a change of a resource needs in the resource's region.

    :returns: regions by what is named in errors
    """
    need = _BESIDE[asked.route.key]
    found: dict[str, str] = {}
    for text in _texts(asked.said[asked.route.key].get(need.field)):
        found.update(_home(cloud, asked, need, text))
    return found


def bound(cloud: asking.Cloud, asked: asking.Asked) -> list[str]:
    """Return the regions that a new resource of the project is drawn to."""
    near = cloud.service.kinds[asked.route.resource].near
    return list(
        dict.fromkeys(
            region
            for kind in near
            for region in cloud.homes.bound(kind, asked.project_id)
        )
    )


def _home(
    cloud: asking.Cloud, asked: asking.Asked, need: _Need, text: str
) -> dict[str, str]:
    there = cloud.homes_of(need.kind)
    if there is None:
        return {}
    return {f'{need.called} {text}': there.find(need.kind, text, asked)}


def _homes_of_server(
    cloud: asking.Cloud, asked: asking.Asked, wished: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    for name in ('os:scheduler_hints', 'OS-SCH-HNT:scheduler_hints'):
        hints = asked.said.get(name)
        group = hints.get('group') if isinstance(hints, dict) else None
        if isinstance(group, str):
            need = _Need('group', 'server-group', 'server group')
            yield from _home(cloud, asked, need, group).items()
    devices = dict.fromkeys(_devices(wished))
    for kind, named in itertools.islice(devices, _LOOKED_AT):
        need = _Need('', kind, kind)
        try:
            yield from _home(cloud, asked, need, named).items()
        except faults.Fault as exc:
            if exc.status != 404:
                raise
            raise faults.Fault(
                400,
                f'Block Device Mapping is Invalid: failed to get {kind} '
                f'{named}.',
            ) from exc


def _devices(wished: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the volumes and snapshots that are named, each with its kind."""
    for one in _dictionaries(wished.get('block_device_mapping_v2')):
        kind = one.get('source_type')
        if kind in ('volume', 'snapshot'):
            for text in _texts(one.get('uuid')):
                yield kind, text
    for one in _dictionaries(wished.get('block_device_mapping')):
        for kind in ('volume', 'snapshot'):
            for text in _texts(one.get(f'{kind}_id')):
                yield kind, text


def _dictionaries(given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, list):
        return []
    return [one for one in given if isinstance(one, dict)]


def _texts(given: Any) -> list[str]:
    """Return the texts of a field; what is none, its region refuses."""
    listed = given if isinstance(given, list) else [given]
    texts = [one for one in listed if isinstance(one, str) and one]
    return list(dict.fromkeys(texts))[:_LOOKED_AT]
