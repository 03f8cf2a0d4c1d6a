# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What fits into a quota, and what is over: pure."""

from collections.abc import Collection, Sequence
import dataclasses

from tricircle.gateway.quotas import amounts
from tricircle.gateway.quotas.amounts import Amounts


@dataclasses.dataclass(frozen=True)
class Room:
    """A quota, as far as it matters for a request.

    :ivar limits: of the resources that have one, none below 0
    :ivar used: in all regions
    :ivar reserved: for requests that are under way
    """

    limits: Amounts
    used: Amounts
    reserved: Amounts

    def left(self, name: str) -> int:
        """Return how much of a resource is left; below 0 when it is over."""
        return (
            self.limits[name]
            - self.used.get(name, 0)
            - self.reserved.get(name, 0)
        )


@dataclasses.dataclass(frozen=True)
class Over:
    """A resource of which there is too little left."""

    name: str
    limit: int
    used: int
    reserved: int
    asked: int

    @property
    def is_for_now(self) -> bool:
        """Whether it would fit if nothing else were under way."""
        return self.used + self.asked <= self.limit

    def __str__(self) -> str:
        reserved = (
            f' and {self.reserved} reserved for what no region counts yet'
            if self.reserved
            else ''
        )
        return (
            f'{self.name}: {self.asked} asked for, {self.used} of '
            f'{self.limit} used{reserved}'
        )


def enforced(
    limits: Amounts, each: Amounts, required: Collection[str]
) -> dict[str, int]:
    """Return the limits that matter for a request.

    A resource without a limit has no bounds, as one of -1, but for those
    that need one: of these there is nothing.

    :param limits: of the project in Keystone
    :param each: what one server of the request takes
    :param required: names of resources that need a limit
    """
    found = {
        name: limits.get(name, 0 if name in required else -1)
        for name, amount in each.items()
        if amount
    }
    return {name: limit for name, limit in found.items() if limit >= 0}


def counted(limits: Amounts) -> frozenset[str]:
    """Return the resources with bounds that regions count.

    All of them are asked for whoever asks, so that what is remembered of a
    region was said at one time.
    """
    return frozenset(
        name
        for name, limit in limits.items()
        if limit >= 0
        and (name == amounts.SERVERS or name.startswith(amounts.CLASS))
    )


def count(room: Room, each: Amounts, most: int) -> int:
    """Return how many of a request fit, 0 at least."""
    fitting = [
        room.left(name) // each[name]
        for name in room.limits
        if each.get(name, 0) > 0
    ]
    return max(0, min([most, *fitting]))


def over(room: Room, each: Amounts, least: int) -> list[Over]:
    """Return the resources of which too little is left, by name."""
    return [
        Over(
            name,
            room.limits[name],
            room.used.get(name, 0),
            room.reserved.get(name, 0),
            asked,
        )
        for name, asked in sorted(amounts.times(each, least).items())
        if name in room.limits and 0 < asked > room.left(name)
    ]


def message(
    overs: Sequence[Over], unregistered: Collection[str], away: Collection[str]
) -> str:
    """Return what a user is told who is over the quota.

    :param unregistered: names of resources that have no limit in Keystone
    :param away: names of regions whose last known usage counts
    """
    said = [f'Quota exceeded for {"; ".join(str(one) for one in overs)}']
    missing = sorted(one.name for one in overs if one.name in unregistered)
    if missing:
        said.append(
            f'No limit is registered for {", ".join(missing)}, so there is '
            'none of it'
        )
    if away:
        said.append(
            f'{", ".join(sorted(away))}: not answering, counted as last known'
        )
    return '. '.join(said)
