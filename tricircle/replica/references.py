# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What names a resource or a region, and what only looks like it.

Some of it was once written by a tenant, as the device_id of a port. Before it
becomes a part of a URL, of another's database key or of a job, it is looked
at here.
"""

import re
from typing import Final

from tricircle.replica import fields
from tricircle.replica import kinds

_RESOURCE: Final = re.compile(fields.UUID)
#: What servers take for the end of a name in a path, whether quoted or not,
#: and halves of characters, which nothing can be written in.
_NOT_IN_NAMES: Final = re.compile(r'[/\\?#%;\x00-\x1f\x7f\ud800-\udfff]')
#: What Neutron takes for a format, and cuts off.
_FORMATS: Final = ('.json', '.xml')
_LONGEST_NAME: Final = 255


class InvalidReference(ValueError):
    """A text that names no resource or region; the text says which."""


def is_uuid(text: str) -> bool:
    """Tell whether a text is a UUID as Neutron writes it."""
    return _RESOURCE.fullmatch(text) is not None


def is_resource_id(resource_type: str, text: str) -> bool:
    """Tell whether a text may be the ID of a resource.

    :param resource_type: one of :data:`tricircle.replica.kinds.KINDS`, or of
        the journal's own types
    """
    kind = kinds.BY_TYPE.get(resource_type)
    pattern = _RESOURCE if kind is None else kind.id
    return pattern.fullmatch(text) is not None


def is_region(text: str) -> bool:
    """Tell whether a text may be the name of a region in a URL."""
    return (
        0 < len(text) <= _LONGEST_NAME
        and text.strip() == text
        and text not in ('.', '..')
        and not text.endswith(_FORMATS)
        and _NOT_IN_NAMES.search(text) is None
    )


def resource_id(resource_type: str, text: str) -> str:
    """Return an ID that is one.

    :raises InvalidReference: when it is none
    """
    if not is_resource_id(resource_type, text):
        raise InvalidReference(f'{text!r} is no ID of a {resource_type}')
    return text


def region(text: str) -> str:
    """Return the name of a region that may be in a URL.

    :raises InvalidReference: when it may not
    """
    if not is_region(text):
        raise InvalidReference(f'{text!r} is no name of a region')
    return text
