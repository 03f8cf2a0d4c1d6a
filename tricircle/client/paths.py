# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Paths of the URLs that regions, central and XJob call each other by.

The one place where they are made: everything that is put into one is checked
to be what it is said to be, and quoted.
"""

from collections.abc import Iterable, Mapping
from typing import Final
from urllib import parse

from tricircle.replica import kinds
from tricircle.replica import references
from tricircle.replica import types

_VERSION: Final = '/v2.0'


def _joined(*parts: str) -> str:
    return '/'.join((_VERSION, *(parse.quote(one, safe='') for one in parts)))


def replicas_of(resource_type: str, resource_id: str, region_name: str) -> str:
    """Return the path of a resource in a region, in central's API.

    :raises references.InvalidReference: when the ID or the name is none
    """
    return _joined(
        *_segments(kinds.COLLECTIONS[resource_type]),
        references.resource_id(resource_type, resource_id),
        'replicas',
        references.region(region_name),
    )


def replica(resource_type: str, resource_id: str) -> str:
    """Return the path of a replica in a region's API.

    :raises references.InvalidReference: when the ID is none
    """
    return _joined(
        'replicas',
        _known(resource_type),
        references.resource_id(resource_type, resource_id),
    )


def ledger(resource_type: str) -> str:
    """Return the path of all replicas of a type in a region's API.

    :raises references.InvalidReference: when there is no such type
    """
    return _joined('replicas', _known(resource_type))


def adoption(network_id: str) -> str:
    """Return the path of a network that becomes central's, in a region's API.

    :raises references.InvalidReference: when the ID is none
    """
    found = references.resource_id(types.NETWORK, network_id)
    return _joined('replicas', 'adoption', found)


def release() -> str:
    """Return the path of what a region runs, in its API."""
    return _joined('replicas', 'release')


def data_path() -> str:
    """Return the path of how a region's tunnels are, in its API."""
    return _joined('replicas', 'data-path')


def resource(collection: str, resource_id: str) -> str:
    """Return the path of one of Neutron's own resources.

    :param collection: as in Neutron's URLs, such as ``ports``
    :raises references.InvalidReference: when the ID is none
    """
    return _joined(
        *_segments(collection), references.resource_id(collection, resource_id)
    )


def part(parent: str, parent_id: str, name: str) -> str:
    """Return the collection that belongs to one of Neutron's resources.

    :param parent: its collection, such as ``floatingips``
    :param name: in Neutron's URLs, such as ``port_forwardings``
    :raises references.InvalidReference: when the ID is none
    """
    return f'{parent}/{references.resource_id(parent, parent_id)}/{name}'


def pairs(filters: Mapping[str, Iterable[object]]) -> list[tuple[str, str]]:
    """Return the filters of a plugin's list as :func:`collection` has them."""
    return [
        (name, str(value))
        for name, values in filters.items()
        for value in values
    ]


def collection(name: str, filters: Iterable[tuple[str, str]] = ()) -> str:
    """Return the path of a collection of Neutron's, or of a part of it.

    :param name: as in Neutron's URLs, such as ``ports``
    :param filters: name and value of each; of those with one name, any holds
    """
    query = parse.urlencode(list(filters))
    path = _joined(*_segments(name))
    return f'{path}?{query}' if query else path


def tags(collection: str, resource_id: str, tag: str | None = None) -> str:
    """Return the path of a resource's tags, or of one of them.

    :param collection: as in Neutron's URLs, such as ``ports``
    :raises references.InvalidReference: when the ID is none
    """
    found = references.resource_id(collection, resource_id)
    return _joined(collection, found, 'tags', *([] if tag is None else [tag]))


def bindings(port_id: str, *more: str) -> str:
    """Return the path of a port's bindings, or of one of them.

    :param more: its host, and what is to be done with it
    :raises references.InvalidReference: when the ID is none
    """
    found = references.resource_id('ports', port_id)
    return _joined('ports', found, 'bindings', *more)


def ids(name: str, filters: Iterable[tuple[str, str]], limit: int) -> str:
    """Return the path of a list of IDs.

    :param name: of the collection, as for :func:`collection`
    :param filters: as for :func:`collection`
    :param limit: of IDs in one answer
    """
    return collection(
        name, [('fields', 'id'), ('limit', str(limit)), *filters]
    )


def _segments(collection: str) -> list[str]:
    """Return the segments of a collection's path, such as qos/policies."""
    return collection.split('/')


def _known(resource_type: str) -> str:
    if resource_type not in kinds.BY_TYPE:
        raise references.InvalidReference(
            f'{resource_type!r} is no type of replicas'
        )
    return resource_type
