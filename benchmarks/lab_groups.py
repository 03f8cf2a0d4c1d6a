# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``python -m benchmarks.lab_groups``: members of remote groups, in a lab.

A member in the second region joins a security group, and leaves it; how long
after the answer of the API an instance of the first region, whose rule names
the group, lets in the member's first packet and the last one: on one network
with tunnels, and over a router. Beside it stands the same on a network of the
first region's own, with a group of its own: plain Neutron in one region, in
the same lab and run.
"""

import argparse
from collections.abc import Iterator
import contextlib
import dataclasses
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from typing import Any

from benchmarks import in_lab
from benchmarks import table
from lab import cloud
from lab import layout as layouts
from tests.lab import remote_groups
from tests.lab import tenant as tenants

_OWN_CIDR = '10.95.0.0/24'
_TARGET = 3.0
#: Between packets, in seconds.
_INTERVAL = 0.02
#: With no packet for so long there will be none, in seconds: more than agents
#: take between two looks, 1 s in the lab.
_SILENCE = 4.0
#: Rest of what was caused before.
_REST = 3.0
_REPLY = re.compile(r'\[(\d+\.\d+)\] .*bytes from')


@dataclasses.dataclass(frozen=True)
class Taken:
    """Seconds since the API's answer.

    :ivar joined: until the first packet was let in
    :ivar left: until the last one was
    """

    joined: float
    left: float


class Pings:
    """An instance pings an address all the time; it knows when it heard.

    They are one connection to a firewall, so each measurement takes new ones.
    """

    def __init__(self, lab: cloud.Lab, sender: str, address: str) -> None:
        self.heard: list[float] = []
        self._process = subprocess.Popen(
            lab.command_in(
                sender,
                [
                    *('ping', '-n', '-D', '-i', str(_INTERVAL)),
                    *('-W', '1', address),
                ],
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=layouts.environment(),
        )
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := _REPLY.match(line):
                self.heard.append(float(found[1]))

    def close(self) -> None:
        """End them."""
        self._process.send_signal(signal.SIGINT)
        self._reading.join()
        self._process.wait()

    def first(self) -> float:
        """Wait for the first answer; return when it came."""
        in_lab.until(lambda: self.heard, _INTERVAL)
        return self.heard[0]

    def last(self) -> float:
        """Wait until there are no more answers; return when the last came."""
        in_lab.until(lambda: time.time() - self.heard[-1] > _SILENCE)
        return self.heard[-1]


@dataclasses.dataclass(frozen=True)
class Pair:
    """A member, and whom it pings.

    :ivar neutron: of the API that both are asked of, as their tenant
    :ivar member: ID of the member's instance
    :ivar port_id: of the member
    :ivar address: of the other
    :ivar guests: the group that a rule of the other's names
    :ivar apart: one that no rule names
    """

    lab: cloud.Lab
    neutron: Any
    member: str
    port_id: str
    address: str
    guests: str
    apart: str

    def measure(self) -> Taken:
        """Have the member join and leave."""
        with contextlib.closing(self._pings()) as pings:
            answered = self._move(self.guests)
            joined = pings.first() - answered
            # The answer to the first may be late.
            time.sleep(_REST)
        with contextlib.closing(self._pings()) as pings:
            pings.first()
            answered = self._move(self.apart)
            left = pings.last() - answered
        time.sleep(_REST)
        return Taken(joined, left)

    def _pings(self) -> Pings:
        return Pings(self.lab, self.member, self.address)

    def _move(self, group: str) -> float:
        """Have the member be in a group only; return when it is answered."""
        self.neutron.update_port(self.port_id, security_group_ids=[group])
        return time.time()


def _groups(neutron: Any) -> tuple[str, str, str]:
    """Create guests, a group that lets them in, and one that does not."""
    guests, door, apart = (
        neutron.create_security_group(name=name).id
        for name in ('guests', 'door', 'apart')
    )
    neutron.create_security_group_rule(
        security_group_id=door, direction='ingress', remote_group_id=guests
    )
    return guests, door, apart


def _across(party: remote_groups.Party, groups: tuple[str, str, str]) -> Pair:
    guests, door, apart = groups
    party.join(party.here, door)
    party.join(party.there, apart)
    return Pair(
        party.lab,
        party.owner.central,
        party.there.id,
        party.there.port_id,
        party.addresses(party.here).hosts()[0],
        guests,
        apart,
    )


@contextlib.contextmanager
def _own(tenant: tenants.Tenant) -> Iterator[Pair]:
    """Yield two instances of the first region's own network."""
    region = tenant.regions[0]
    neutron = tenant.at(region).network
    network = neutron.create_network(name='own')
    neutron.create_subnet(network_id=network.id, ip_version=4, cidr=_OWN_CIDR)
    guests, door, apart = _groups(neutron)
    here, member = (
        tenant.wait(region, asked)
        for asked in [
            tenant.ask(region, {'uuid': network.id}).id for _one in range(2)
        ]
    )
    neutron.update_port(here.port_id, security_group_ids=[door])
    neutron.update_port(member.port_id, security_group_ids=[apart])
    try:
        yield Pair(
            tenant.lab,
            neutron,
            member.id,
            member.port_id,
            here.ip,
            guests,
            apart,
        )
    finally:
        tenant.delete(here, member)
        neutron.delete_network(network.id)
        for one in (door, guests, apart):
            neutron.delete_security_group(one)


_SHAPES = ('vxlan', 'routed')


def run(lab: cloud.Lab, rounds: int) -> dict[str, list[Taken]]:
    """Measure in turns, by shape, and ``plain`` beside.

    :param rounds: at least two: the first does not count
    """
    tenant = tenants.Tenant.create(lab, 'bench')
    taken: dict[str, list[Taken]] = {}
    with contextlib.ExitStack() as stack:
        stack.callback(tenant.forget)
        stack.callback(tenant.close)
        groups = _groups(tenant.central)
        pairs = {}
        for number, shape in enumerate(_SHAPES):
            party = remote_groups.Party(lab, tenant, shape, 10 * number)
            party.await_all(party.there, party.here)
            pairs[shape] = _across(party, groups)
        pairs['plain'] = stack.enter_context(_own(tenant))
        for _round in range(rounds):
            for name, pair in pairs.items():
                taken.setdefault(name, []).append(pair.measure())
    return {name: found[1:] for name, found in taken.items()}


def main() -> int:
    """Print the figures; with --check fail where one is over its target."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.lab_groups', description=__doc__
    )
    parser.add_argument('--rounds', type=int, default=6)
    parser.add_argument('--check', action='store_true')
    asked = parser.parse_args()
    if asked.rounds < 2:
        parser.error('at least 2 rounds: the first does not count')
    taken = run(in_lab.lab_that_is_up(parser), asked.rounds)
    rows, ratios = [], []
    for shape, where in zip(
        _SHAPES, ('one network', 'over a router'), strict=True
    ):
        for name, what in (
            ('joined', 'joins: first packet let in'),
            ('left', 'leaves: last packet let in'),
        ):
            ours, plain = (
                [getattr(one, name) for one in taken[which]]
                for which in (shape, 'plain')
            )
            seconds, other = statistics.median(ours), statistics.median(plain)
            ratios.append(seconds / other)
            rows.append(
                (
                    f'{where}: {what}',
                    f'{seconds:.2f} s',
                    f'{max(ours):.2f} s',
                    f'{ratios[-1]:.2f}',
                    f'{other:.2f} s',
                    f'{max(plain):.2f} s',
                )
            )
    heads = ('what', 'median', 'most', 'ratio', 'plain', 'most of plain')
    print(table.text(heads, rows))
    return int(asked.check and max(ratios) > _TARGET)


if __name__ == '__main__':
    sys.exit(main())
