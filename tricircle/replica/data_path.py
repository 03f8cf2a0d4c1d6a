# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How the tunnels of a region's hosts are, by what their agents report.

Each agent probes the tunnels to hosts of other regions, and its state report
says how many are in which state: see :mod:`tricircle.agent.probing.report`.
The region adds that up, and tells XJob.
"""

from collections.abc import Iterable, Mapping
import dataclasses
import datetime
import enum
from typing import Any, Final

from tricircle.replica import types

#: What of an agent's configurations says it.
KEY: Final = 'tricircle_tunnels'
#: In that: whether it is what was found long ago, as nobody probes any more.
STALE: Final = 'stale'
#: What a shadow agent has: it stands for a host of another region.
_SHADOW: Final = 'tricircle_region'
#: Most that is believed of a number.
_MOST: Final = 1_000_000


class State(enum.StrEnum):
    """How the data path of a region to the others is."""

    #: Each tunnel of each host brought its last probe back.
    OK = 'ok'
    #: Some tunnels do not.
    DOWN = 'down'
    #: None is known not to, and of some nothing is known.
    UNPROVEN = 'unproven'
    #: Each host says that it has no tunnel to another region.
    NONE = 'none'
    #: Nothing is known, or nothing any more.
    UNKNOWN = 'unknown'


class InvalidSummary(ValueError):
    """What a region says of its tunnels cannot be read; the text says why."""


@dataclasses.dataclass(frozen=True)
class Summary:
    """What the agents of a region say together.

    :ivar hosts: of the region, with an Open vSwitch agent
    :ivar mute: those of them that say nothing of tunnels: their agent is not
        alive, or is of an earlier release, or does not probe, or does not any
        more
    :ivar up: tunnels that brought the last probe back
    :ivar down: those that did before, and do no more
    :ivar silent: those that never did
    :ivar unasked: those whose turn has not come
    """

    hosts: int = 0
    mute: int = 0
    up: int = 0
    down: int = 0
    silent: int = 0
    unasked: int = 0

    @property
    def tunnels(self) -> int:
        """All of them; each end is one."""
        return self.up + self.down + self.silent + self.unasked

    @property
    def state(self) -> State:
        """What it comes to."""
        if self.down or self.silent:
            return State.DOWN
        if self.mute == self.hosts:
            return State.UNKNOWN
        if self.mute or self.unasked:
            return State.UNPROVEN if self.up else State.UNKNOWN
        return State.OK if self.up else State.NONE


@dataclasses.dataclass(frozen=True)
class Found:
    """What is known of the tunnels of a region; by default nothing.

    :ivar summary: None when nothing is known, or nothing any more
    :ivar since: since when it is in that state; of one that is not known any
        more when it was known last
    :ivar found_at: when the region was asked last
    :ivar failure: why it did not say
    """

    state: State = State.UNKNOWN
    summary: Summary | None = None
    since: datetime.datetime | None = None
    found_at: datetime.datetime | None = None
    failure: str | None = None


def read(said: Any) -> Summary:
    """Return what a region says; keys that are not known are let pass.

    :param said: plain data
    :raises InvalidSummary: it is not in this form
    """
    if not isinstance(said, Mapping):
        raise InvalidSummary('the data path is no object')
    found = {}
    for field in dataclasses.fields(Summary):
        value = said.get(field.name)
        if type(value) is not int or not 0 <= value <= _MOST:
            raise InvalidSummary(f'{field.name} is no number')
        found[field.name] = value
    if found['mute'] > found['hosts']:
        raise InvalidSummary('more hosts are mute than there are')
    return Summary(**found)


def summary(agents: Iterable[Any]) -> Summary:
    """Return what agents say together, whatever they say.

    :param agents: as Neutron's API has them
    """
    own = [one for one in agents if _is_own(one)]
    told = [said for one in own if (said := _told(one)) is not None]
    return Summary(
        hosts=len(own),
        mute=len(own) - len(told),
        **{
            name: min(_MOST, sum(_number(said, name) for said in told))
            for name in ('up', 'down', 'silent', 'unasked')
        },
    )


def _is_own(agent: Any) -> bool:
    return (
        isinstance(agent, Mapping)
        and agent.get('agent_type') == types.AGENT_TYPE_OVS
        and not _configurations(agent).get(_SHADOW)
    )


def _configurations(agent: Mapping[str, Any]) -> Mapping[str, Any]:
    found = agent.get('configurations')
    return found if isinstance(found, Mapping) else {}


def _told(agent: Mapping[str, Any]) -> Mapping[str, Any] | None:
    said = _configurations(agent).get(KEY)
    if not agent.get('alive') or not isinstance(said, Mapping):
        return None
    return None if said.get(STALE) else said


def _number(said: Mapping[str, Any], name: str) -> int:
    found = said.get(name)
    if isinstance(found, bool) or not isinstance(found, int):
        return 0
    return max(0, min(_MOST, found))
