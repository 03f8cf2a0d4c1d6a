# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a probe port is to send, and how its host says what came of it.

The operator's command makes the list, the region's API lets an administrator
set it and puts it into ``binding:profile`` of the port, where the agent of
the port's host reads it. So none of the three takes the others' word for it:
each reads it with what is here.
"""

from collections.abc import Iterable, Mapping
import dataclasses
import enum
import ipaddress
from typing import Any, Final

#: Under which the profile of a port has its probes, and an agent's state
#: report what came of them.
KEY: Final = 'tricircle_verify'
#: Of ports that are for nothing but probes. Not one of Neutron's own, which
#: begin with ``network:``: their ports have no firewall.
DEVICE_OWNER: Final = 'tricircle:verify'
#: Probes of one port. A profile has 4095 characters, and so many with
#: addresses of IPv6 take 3800.
MOST: Final = 64
#: Bytes that an echo carries.
LEAST_SIZE: Final = 8
MOST_SIZE: Final = 9000
#: Servers told of that answered one question.
MOST_SERVERS: Final = 4
#: Characters of what keeps a host from sending.
MOST_ERROR: Final = 120


class Kind(enum.StrEnum):
    """What is sent."""

    #: ICMP echoes to an address.
    PING = 'ping'
    #: A request for an offer, to any server that hears it.
    DHCP4 = 'dhcp4'
    DHCP6 = 'dhcp6'


class InvalidProbes(ValueError):
    """A list that nobody sends; the text says why."""


@dataclasses.dataclass(frozen=True)
class Probe:
    """One of a port's probes.

    :ivar address: where echoes go to, '' of other kinds
    :ivar size: bytes that an echo carries, 0 of other kinds
    """

    kind: Kind
    address: str = ''
    size: int = 0

    def packed(self) -> list[Any]:
        """Return it as it travels; short, for there is little room."""
        if self.kind is Kind.PING:
            return [self.kind.value, self.address, self.size]
        return [self.kind.value]


#: Of an echo, its shortest round trip in milliseconds, None without an
#: answer; of a question, the hardware addresses of who answered.
Found = float | None | list[str]


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of all probes of a port.

    :ivar round: how often they were sent, from 1; 0 when never
    :ivar found: in the order of the probes
    :ivar error: what keeps the host from sending, '' when nothing does
    """

    round: int
    found: tuple[Found, ...] = ()
    error: str = ''

    def packed(self) -> list[Any]:
        """Return it as it travels."""
        return [self.round, self.error or list(self.found)]


def profile(probes: Iterable[Probe]) -> dict[str, Any]:
    """Return the profile of a port that is to send these."""
    return {KEY: [one.packed() for one in probes]}


def read(packed: Any) -> tuple[Probe, ...]:
    """Return the probes of a list.

    :raises InvalidProbes: when one of them is none, or goes where no probe
        has to go
    """
    if not isinstance(packed, list) or len(packed) > MOST:
        raise InvalidProbes(f'probes are a list of at most {MOST}')
    return tuple(_read(one) for one in packed)


def _read(packed: Any) -> Probe:
    match packed:
        case [Kind.DHCP4 | Kind.DHCP6 as kind]:
            return Probe(Kind(kind))
        case [Kind.PING, str() as address, int() as size] if (
            LEAST_SIZE <= size <= MOST_SIZE and not isinstance(size, bool)
        ):
            return Probe(Kind.PING, _target(address), size)
    raise InvalidProbes(
        'a probe is ["dhcp4"], ["dhcp6"] or ["ping", address, size] with '
        f'{LEAST_SIZE} to {MOST_SIZE} bytes'
    )


def _target(text: str) -> str:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        raise InvalidProbes('an address of a probe is none') from None
    if (
        found.is_multicast
        or found.is_unspecified
        or found.is_loopback
        or found.is_link_local
        or getattr(found, 'scope_id', None)
        or found == ipaddress.IPv4Address('255.255.255.255')
    ):
        raise InvalidProbes(f'{found} is not the address of one port')
    return str(found)


def read_results(told: Any) -> dict[str, Result]:
    """Return what a host says of its ports, by their IDs.

    What cannot be read is left out: a host of another release may say more.
    """
    if not isinstance(told, Mapping):
        return {}
    found = {}
    for port_id, one in told.items():
        match one:
            case [int() as number, str() as error]:
                found[str(port_id)] = Result(number, error=error)
            case [int() as number, list() as results]:
                found[str(port_id)] = Result(number, tuple(results))
    return found
