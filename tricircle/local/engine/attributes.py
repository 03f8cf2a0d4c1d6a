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

from collections.abc import Iterable
from typing import Any

from neutron_lib import constants
from neutron_lib.api import extensions
from neutron_lib.plugins import directory

NOT_SPECIFIED = constants.ATTR_NOT_SPECIFIED


def has_extension(alias: str) -> bool:
    """Tell whether this region's core plugin serves an extension."""
    return bool(
        extensions.is_extension_supported(directory.get_plugin(), alias)
    )


def project(
    found: dict[str, Any],
    keys: Iterable[str],
    wanted: dict[str, Any] | None,
    prefix: str,
) -> tuple[dict[str, Any], list[str]]:
    """Return some attributes of an object in the form documents have.

    :param wanted: values for attributes that this region does not know;
        they are taken as they are and named in the list
    """
    body: dict[str, Any] = {}
    omitted = []
    for key in keys:
        if key in found:
            value = found[key]
        elif wanted is not None and key in wanted:
            value = wanted[key]
            omitted.append(f'{prefix}.{key}')
        else:
            continue
        body[key] = sorted(value) if key == 'tags' else value
    return body, omitted


def changes(
    found: dict[str, Any], wanted: dict[str, Any], keys: Iterable[str]
) -> dict[str, Any]:
    """Return the wanted values of those attributes that differ."""
    return {
        key: wanted[key]
        for key in keys
        if key in found and key in wanted and found[key] != wanted[key]
    }


def set_tags(
    context: Any,
    collection: str,
    found: dict[str, Any],
    wanted: dict[str, Any],
) -> None:
    """Give an object the wanted tags, if the region has tags.

    :param collection: Neutron's name of the kind, with underscores
    """
    tags = directory.get_plugin('TAG')
    if tags is None or sorted(found.get('tags', [])) == wanted['tags']:
        return
    tags.update_tags(
        context, collection, wanted['id'], {'tags': wanted['tags']}
    )
