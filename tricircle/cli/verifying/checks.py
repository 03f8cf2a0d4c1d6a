# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is to be found out. Pure."""

from collections.abc import Collection, Iterator, Sequence
import dataclasses
import enum
import itertools
from typing import Final

FAMILIES: Final = (4, 6)
#: Bytes that a small echo carries.
SMALL: Final = 56
#: Of headers of IP and ICMP, by family: a large echo fills the MTU.
HEADERS: Final = {4: 28, 6: 48}


class Kind(enum.StrEnum):
    """What is between the two ends of a check."""

    #: One network that reaches both regions.
    LAYER2 = 'layer2'
    #: A router, and two networks that reach both regions.
    ROUTED = 'routed'
    #: A router, and networks of one region each: the bridge network.
    BRIDGED = 'bridged'
    #: Security groups that let in members only.
    GROUPS = 'groups'
    #: A region, and who gives addresses there.
    DHCP = 'dhcp'


class Role(enum.StrEnum):
    """What a probe port of a region is for."""

    #: On the first stretched network, open to all.
    NEAR = 'near'
    #: On the second one, behind the router.
    FAR = 'far'
    #: On the region's own network.
    OWN = 'own'
    #: On the first stretched network, in the group of members.
    MEMBER = 'member'


class Size(enum.StrEnum):
    """How much an echo carries."""

    SMALL = 'small'
    #: As much as the MTU of the networks allows, not to be fragmented.
    LARGE = 'large'
    #: Of what is no echo.
    NONE = ''


@dataclasses.dataclass(frozen=True, order=True)
class End:
    """A probe port: one of each role in a region at most."""

    region: str
    role: Role


@dataclasses.dataclass(frozen=True)
class Check:
    """One thing to find out.

    :ivar receiver: None for whoever gives addresses
    :ivar allowed: whether an answer is to come
    """

    kind: Kind
    sender: End
    receiver: End | None
    family: int
    size: Size = Size.NONE
    allowed: bool = True

    @property
    def expected(self) -> str:
        """What is to be, in a word."""
        if self.kind is Kind.DHCP:
            return 'own server'
        return 'answer' if self.allowed else 'no answer'

    @property
    def name(self) -> str:
        """What tells it from all others, in one line."""
        to = (
            (self.receiver.region, self.receiver.role) if self.receiver else ()
        )
        return ' '.join(
            one
            for one in (
                self.kind,
                self.sender.region,
                self.sender.role if self.kind is Kind.GROUPS else '',
                'to' if to else '',
                *(to if self.kind is Kind.GROUPS else to[:1]),
                f'IPv{self.family}',
                self.size,
                '' if self.allowed else 'denied',
            )
            if one
        )


#: From which port to which one, in another region and, with a router, in the
#: same one.
_ROLES: Final = {
    Kind.LAYER2: (Role.NEAR, Role.NEAR),
    Kind.ROUTED: (Role.NEAR, Role.FAR),
    Kind.BRIDGED: (Role.OWN, Role.OWN),
}
_SIZES: Final = (Size.SMALL, Size.LARGE)


def plan(regions: Sequence[str], kinds: Collection[Kind]) -> list[Check]:
    """Return all checks, in an order to read them in.

    :param regions: all pairs of these, in both directions
    """
    found: list[Check] = []
    for kind in Kind:
        if kind in kinds:
            found += (
                _dhcp(regions)
                if kind is Kind.DHCP
                else _groups(regions)
                if kind is Kind.GROUPS
                else _echoes(kind, regions)
            )
    return found


def _pairs(kind: Kind, regions: Sequence[str]) -> Iterator[tuple[End, End]]:
    first, second = _ROLES[kind]
    for one, other in itertools.product(regions, regions):
        if one != other or first is not second:
            yield End(one, first), End(other, second)


def _echoes(kind: Kind, regions: Sequence[str]) -> list[Check]:
    return [
        Check(kind, one, other, family, size)
        for one, other in _pairs(kind, regions)
        for family in FAMILIES
        for size in _SIZES
    ]


def _groups(regions: Sequence[str]) -> list[Check]:
    """Return checks with members, and one who is none.

    It is let out to members' answers only: that members reach it says that
    it is there when it does not reach them.
    """
    ways = (
        (Role.MEMBER, Role.MEMBER, True),
        (Role.MEMBER, Role.NEAR, True),
        (Role.NEAR, Role.MEMBER, False),
    )
    return [
        Check(
            Kind.GROUPS,
            End(one, first),
            End(other, second),
            family,
            Size.SMALL,
            allowed,
        )
        for one, other in itertools.permutations(regions, 2)
        for first, second, allowed in ways
        for family in FAMILIES
    ]


def _dhcp(regions: Sequence[str]) -> list[Check]:
    return [
        Check(Kind.DHCP, End(region, Role.NEAR), None, family)
        for region in regions
        for family in FAMILIES
    ]


def controls(check: Check, others: Collection[Check]) -> list[Check]:
    """Return what must pass before silence proves that something is denied.

    The same two ports the other way round, as their answers take this way.
    """
    return [
        one
        for one in others
        if one.allowed
        and one.kind is check.kind
        and one.family == check.family
        and (one.sender, one.receiver) == (check.receiver, check.sender)
    ]


def ends(planned: Collection[Check]) -> list[End]:
    """Return the probe ports that checks need, sorted."""
    return sorted(
        {
            end
            for check in planned
            for end in (check.sender, check.receiver)
            if end is not None
        }
    )
