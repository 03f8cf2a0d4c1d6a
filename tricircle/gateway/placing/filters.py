# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What leaves regions out; pure functions over facts."""

from collections.abc import Callable, Mapping
import dataclasses
from typing import Final

from tricircle.gateway.placing.facts import Pod
from tricircle.gateway.placing.facts import Wish


@dataclasses.dataclass(frozen=True)
class Filter:
    """What leaves regions out.

    :ivar name: as errors say it
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


#: The region's own condition, whatever is asked for.
STATE: Final = Filter('state', _takes)
#: In the order in which an error names them: what the user said first.
ALWAYS: Final = (
    Filter('availability zone', _zone),
    Filter('networks', _scope),
    Filter('what it needs', _home),
    STATE,
)


def _flavor(pod: Pod, wish: Wish) -> str:
    # Where nobody says, there may be one.
    if pod.region_name not in wish.flavors or wish.flavors[pod.region_name]:
        return ''
    return f'has no flavor {wish.flavor}'


def _image(pod: Pod, wish: Wish) -> str:
    if wish.images.get(pod.region_name, True):
        return ''
    return f'has no image {wish.image}'


def _affinity(pod: Pod, wish: Wish) -> str:
    flavor = wish.flavors.get(pod.region_name)
    if flavor is None or flavor.specs is None:
        return ''
    if pod.affinity is not None:
        key, value = pod.affinity
        if flavor.specs.get(key) == value:
            return ''
        return f'is for flavors with {key}={value}'
    for key in sorted(wish.affinities & flavor.specs.keys()):
        return f'is not for flavors with {key}={flavor.specs[key]}'
    return ''


def _room(pod: Pod, wish: Wish) -> str:
    if wish.room.get(pod.region_name, 1):
        return ''
    return f'has no host with room for flavor {wish.flavor}'


ROOM: Final = Filter('room', _room)
#: Those that ask regions, by what ``[gateway] filters`` calls them.
OPTIONAL: Final[Mapping[str, Filter]] = {
    'affinity': Filter('affinity', _affinity),
    'flavor': Filter('flavor', _flavor),
    'image': Filter('image', _image),
    'room': ROOM,
}
#: Names of those that say how a pod is, and not what does not suit a request:
#: who is bound to it goes elsewhere for good.
FOR_NOW: Final = frozenset({STATE.name, ROOM.name})
