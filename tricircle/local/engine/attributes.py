# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Attributes of API objects beside those a document wants."""

from collections.abc import Iterable, Mapping
import types
from typing import Any

from neutron_lib import constants
from neutron_lib.api import attributes
from neutron_lib.api import extensions
from neutron_lib.api import validators
from neutron_lib.plugins import directory

NOT_SPECIFIED = constants.ATTR_NOT_SPECIFIED
#: Shown always; of some resources the tables of the API name one of them.
_OWNER = ('project_id', 'tenant_id')


def has_extension(alias: str) -> bool:
    """Tell whether this region's core plugin serves an extension."""
    return bool(
        extensions.is_extension_supported(directory.get_plugin(), alias)
    )


def visible(collection: str, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return what central shows of a resource, as far as this API has it.

    :param collection: as in Neutron's URLs, such as ``ports``
    """
    known = attributes.RESOURCES[collection]
    return {
        key: value
        for key, value in shown.items()
        if key in _OWNER or known.get(key, {}).get('is_visible')
    }


def said(
    collection: str, request: Mapping[str, Any], keys: Iterable[str]
) -> dict[str, Any]:
    """Return what a user says of a new resource, of some attributes.

    One at its default is left out, as it is not subject to policy then.

    :param collection: as in Neutron's URLs, such as ``ports``
    :param request: the attributes as the plugin got them
    """
    known = attributes.RESOURCES[collection]
    return {
        key: request[key]
        for key in keys
        if validators.is_attr_set(request.get(key))
        and not (
            'default' in known.get(key, ())
            and request[key] == known[key]['default']
        )
    }


def as_json(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes as a body has them, addresses as text."""
    return {
        key: value
        if value is None or isinstance(value, (str, bool, int))
        else str(value)
        for key, value in said.items()
    }


def project(
    found: dict[str, Any],
    keys: Iterable[str],
    wanted: dict[str, Any] | None,
    prefix: str,
    sparse: Mapping[str, Any] = types.MappingProxyType({}),
) -> tuple[dict[str, Any], list[str]]:
    """Return some attributes of an object in the form documents have.

    :param wanted: values for attributes that this region does not know;
        they are taken as they are and named in the list
    :param sparse: what documents leave out where it is not set, and what is
        shown of it then
    """
    body: dict[str, Any] = {}
    omitted = []
    for key in keys:
        if key in found:
            value = found[key]
            if key in sparse and value in (None, sparse[key]):
                continue
        elif wanted is not None and key in wanted:
            value = wanted[key]
            omitted.append(f'{prefix}.{key}')
        else:
            continue
        body[key] = sorted(value) if key == 'tags' else value
    return body, omitted


def changes(
    found: dict[str, Any],
    wanted: dict[str, Any],
    keys: Iterable[str],
    sparse: Mapping[str, Any] = types.MappingProxyType({}),
) -> dict[str, Any]:
    """Return the wanted values of those attributes that differ.

    :param sparse: what documents leave out where it is not set, and what is
        shown of it then
    """
    return {
        key: wanted.get(key, sparse.get(key))
        for key in keys
        if key in found
        and (key in wanted or key in sparse)
        and found[key] != wanted.get(key, sparse.get(key))
    }


def tags_of(context: Any, collection: str, resource_id: str) -> dict[str, Any]:
    """Return the attribute tags of an object, if the region has tags.

    :param collection: Neutron's name of the kind, with underscores
    """
    plugin = directory.get_plugin('TAG')
    if plugin is None:
        return {}
    found: dict[str, Any] = plugin.get_tags(context, collection, resource_id)
    return found


def set_tags(
    context: Any,
    collection: str,
    found: dict[str, Any],
    wanted: dict[str, Any],
) -> None:
    """Give an object the wanted tags, if the region has tags.

    A central of the version before may say nothing of them.

    :param collection: Neutron's name of the kind, with underscores
    """
    tags = directory.get_plugin('TAG')
    if tags is None or 'tags' not in wanted:
        return
    if sorted(found.get('tags', [])) == wanted['tags']:
        return
    tags.update_tags(
        context, collection, wanted['id'], {'tags': wanted['tags']}
    )
