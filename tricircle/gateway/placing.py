# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which region a new resource goes to. Pure.

Filters leave regions out, one after the other; weighers order what is left.
A request that no region fits is told which filter left out which of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
import dataclasses
from typing import Final


@dataclasses.dataclass(frozen=True)
class Pod:
    """A region that resources can be placed in.

    :ivar region_name: as Keystone has it
    :ivar az_name: availability zone that users name
    :ivar own_zone: what the region itself calls it, '' for its default
    :ivar away: why it takes nothing now, '' when it does
    """

    region_name: str
    az_name: str
    own_zone: str = ''
    away: str = ''


@dataclasses.dataclass(frozen=True)
class Wish:
    """What a request says of the place.

    :ivar zone: availability zone or region, '' for any
    :ivar scopes: regions that each network, by what it is called in errors,
        may be in; a network that names none may be in all
    :ivar homes: regions where something that is needed is, such as a port, a
        volume or a server group, by what it is called in errors
    :ivar bound: regions where the project has something already, the
        preferred one first
    """

    zone: str = ''
    scopes: Mapping[str, frozenset[str]] = dataclasses.field(
        default_factory=dict
    )
    homes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    bound: Sequence[str] = ()


class NoRegion(Exception):
    """No region fits; the text says what left out which."""


@dataclasses.dataclass(frozen=True)
class _Filter:
    """What leaves regions out.

    :ivar why: why it leaves a region out, '' when it does not
    """

    name: str
    why: Callable[[Pod, Wish], str]


def _zone(pod: Pod, wish: Wish) -> str:
    if wish.zone in ('', pod.az_name, pod.region_name):
        return ''
    return f'is in zone {pod.az_name}'


def _scope(pod: Pod, wish: Wish) -> str:
    missing = sorted(
        name
        for name, regions in wish.scopes.items()
        if pod.region_name not in regions
    )
    return f'{missing[0]} is not for it' if missing else ''


def _home(pod: Pod, wish: Wish) -> str:
    elsewhere = sorted(
        f'{name} is in {region}'
        for name, region in wish.homes.items()
        if region != pod.region_name
    )
    return elsewhere[0] if elsewhere else ''


def _takes(pod: Pod, wish: Wish) -> str:
    return pod.away


#: In the order in which an error names them: what the user said first.
FILTERS: Final = (
    _Filter('availability zone', _zone),
    _Filter('networks', _scope),
    _Filter('what it needs', _home),
    _Filter('state', _takes),
)


def place(pods: Iterable[Pod], wish: Wish) -> list[Pod]:
    """Return the regions that fit, the best one first.

    The best is where the project has something already, then the first by
    name: who places again gets the same answer.

    :raises NoRegion: none fits
    """
    left = sorted(pods, key=lambda pod: pod.region_name)
    if not left:
        raise NoRegion('No region serves')
    said = []
    for one in FILTERS:
        reasons = {pod.region_name: one.why(pod, wish) for pod in left}
        said += [
            f'{region} by {one.name} ({why})'
            for region, why in reasons.items()
            if why
        ]
        left = [pod for pod in left if not reasons[pod.region_name]]
        if not left:
            raise NoRegion(f'No region fits: {"; ".join(said)}')
    bound = list(wish.bound)
    return sorted(
        left,
        key=lambda pod: (
            bound.index(pod.region_name)
            if pod.region_name in bound
            else len(bound)
        ),
    )
