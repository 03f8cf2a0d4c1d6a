# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Kinds of resources that regions get: what the engine must know of each.

Each kind says it in its own folder; :mod:`tricircle.central.kinds` lists
them, and the core plugin registers the list when it is made.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
import dataclasses
from typing import Any, Final

from neutron_lib import exceptions as n_exc
from neutron_lib.plugins import constants as plugin_constants
from sqlalchemy import orm

from tricircle.replica import messages

#: Finds the IDs of what a row is of, that is about to be written.
Finder = Callable[[orm.Session, Any], Iterable[str]]


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What a region says that it needs of a resource, see PullBody.

    :ivar dhcp_agents: how many DHCP ports, on a network
    :ivar agent_gateways: IDs of the ports that its L3 agents need on an
        external network, all of them; None when it does not say
    :ivar purpose: whether it is to use it or to look at it; of a port
    """

    dhcp_agents: int = 1
    agent_gateways: Collection[str] | None = None
    purpose: str = messages.USE


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of resource in central.

    :ivar type: that of its documents
    :ivar not_found: Neutron's own error for one that is not there, by its ID
    :ivar changed: records, in a session, that regions must hear of a change
        of one; None for an intent for each region that has it
    :ivar omitted: names what no region gets of one, as a session shows it;
        None where regions get all, or their own entries say
    :ivar model: whose query hooks say who sees one; None where no region
        asks for one on behalf of a user
    :ivar grant: gives one, by its ID, to a region, by its name
    :ivar tagged: the column with the ID of the resource to be told of, by
        the name of the table with the tags' standard attributes
    :ivar rows: models of the rows whose change is a change of one, and the
        attribute that is its ID: such as who else may use it. Or what finds
        the IDs, before the row is written
    :ivar described: what finds the ID by the ID of standard attributes whose
        description is a part of it, by the name of the table that has them
    :ivar plugin: type of the plugin that users read one by
    :ivar controller: makes what serves ``/{collection}/{id}/replicas``;
        None for the engine's own
    """

    type: str
    not_found: Callable[[str], n_exc.NotFound]
    omitted: Callable[[orm.Session, str], tuple[str, ...]] | None = None
    changed: Callable[[orm.Session, str], None] | None = None
    model: Any = None
    grant: Callable[[str, str, Wanted], None] | None = None
    tagged: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    rows: Mapping[Any, str | Finder] = dataclasses.field(default_factory=dict)
    described: Mapping[str, Callable[[orm.Session, int], str | None]] = (
        dataclasses.field(default_factory=dict)
    )
    plugin: str = plugin_constants.CORE
    controller: Callable[[], Any] | None = None


_registered: Final[dict[str, Kind]] = {}


def register(kinds: Iterable[Kind]) -> None:
    """Say which kinds there are; safe to repeat."""
    _registered.update({one.type: one for one in kinds})


def of(resource_type: str) -> Kind:
    """Return the kind with a type.

    :raises KeyError: when there is none
    """
    return _registered[resource_type]


def omitted(
    session: orm.Session, resource_type: str, resource_id: str
) -> tuple[str, ...]:
    """Return what no region gets of a resource.

    :param resource_type: that of a kind, or one of the journal's own, of
        which there are no documents
    """
    kind = _registered.get(resource_type)
    if kind is None or kind.omitted is None:
        return ()
    return kind.omitted(session, resource_id)


def every() -> Collection[Kind]:
    """Return all kinds."""
    return _registered.values()
