# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Changes of ports that regions must hear of."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import orm

from tricircle.central.engine import intents
from tricircle.central.shadow import chunks as shadow_chunks
from tricircle.replica import fields
from tricircle.replica import types
from tricircle.replica.kinds.port import PORT

#: Attributes of a port that its region gets, or is said not to get. Host,
#: device and status are not among them: they come from there.
_TRAVELLING: Final = (
    *(one.name for one in PORT.fields),
    *(name for name, why in PORT.stays.items() if why == fields.NAMED),
)
#: Lists of a port whose order means nothing.
_SETS: Final = frozenset(
    one.name for one in PORT.fields if one.schema.get('type') == 'array'
)


def _comparable(port: Mapping[str, Any], name: str) -> Any:
    value = port.get(name)
    if name in _SETS and value:
        return sorted(
            str(sorted(one.items()) if isinstance(one, Mapping) else one)
            for one in value
        )
    return value or None


def travels(port: Mapping[str, Any], original: Mapping[str, Any]) -> bool:
    """Tell whether an update of a port concerns its region."""
    return any(
        _comparable(port, name) != _comparable(original, name)
        for name in _TRAVELLING
    )


def changed(session: orm.Session, port: Mapping[str, Any]) -> bool:
    """Record that a port changed, for its region and for its shadows'.

    A router's port has shadows only: the region gets it with the router.

    :returns: False when it is in no region by itself
    """
    shadow_chunks.changed(session, port['id'])
    return bool(
        intents.changed(session, types.PORT, port['id'], port['project_id'])
    )
