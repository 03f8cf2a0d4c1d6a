# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``python -m benchmarks.lab_boot``: boots in a lab that is up.

Real Keystone, Nova, agents and packets. Each figure stands beside the same
thing on a network of one region's own, in the same lab and run: that is the
plain Neutron of the region, which Tricircle leaves alone.
"""

import argparse
from collections.abc import Callable, Iterator
import contextlib
import dataclasses
import statistics
import sys
import time
from typing import Any

from benchmarks import in_lab
from benchmarks import table
from lab import cloud
from tests.lab import tenant as tenants

_CENTRAL_CIDR = '10.91.0.0/24'
_OWN_CIDR = '10.92.0.0/24'
#: As for the boot path of ``python -m benchmarks``.
_WARM_TARGET = 2.0
_WARM = 'boot path: port create'


@dataclasses.dataclass(frozen=True)
class Taken:
    """What something took.

    :ivar calls: requests that central Neutron answered meanwhile
    """

    seconds: float
    calls: int


@dataclasses.dataclass(frozen=True)
class Figure:
    """Medians of something, and of what stands beside it."""

    what: str
    ours: list[Taken]
    beside: str
    plain: list[Taken]

    @property
    def seconds(self) -> float:
        """Median of ours."""
        return statistics.median(one.seconds for one in self.ours)

    @property
    def plain_seconds(self) -> float:
        """Median of what is beside."""
        return statistics.median(one.seconds for one in self.plain)

    @property
    def ratio(self) -> float:
        """How many times as long ours takes."""
        return self.seconds / self.plain_seconds

    @property
    def calls(self) -> int:
        """Requests to central, the highest of all rounds."""
        return max(one.calls for one in self.ours)


class Bench:
    """Two regions, with a network of central's and one of the first's own."""

    def __init__(self, lab: cloud.Lab, tenant: tenants.Tenant) -> None:
        self.lab = lab
        self.tenant = tenant
        self.one, self.two = tenant.regions[:2]
        self.here = tenant.at(self.one)
        self.host = lab.topology.regions[0].hosts[0]

    @contextlib.contextmanager
    def networks(self) -> Iterator[tuple[str, str]]:
        """Yield the IDs of both networks, with pings let in on both."""
        central = self.tenant.network(_CENTRAL_CIDR).id
        own = self.here.network.create_network(name='own').id
        self.here.network.create_subnet(
            network_id=own, ip_version=4, cidr=_OWN_CIDR
        )
        self.tenant.allow(self.tenant.default_group().id, 'icmp')
        try:
            yield central, own
        finally:
            for region in (self.one, self.two):
                self.tenant.delete(*self._servers(region))
            for port in self.here.network.ports(network_id=own):
                if not port.device_owner.startswith('network:'):
                    self.here.network.delete_port(port.id)
            self.here.network.delete_network(own)

    def _servers(self, region: str) -> list[Any]:
        return [
            tenants.Instance(one.id, one.name, region, '', ())
            for one in self.tenant.at(region).compute.servers()
        ]

    def first_ping(self, region: str, network_id: str, other: str) -> Taken:
        """Boot, until another instance pings it; delete it again.

        :param other: ID of the instance that pings
        """
        with self._clock() as taken:
            server = self.tenant.ask(region, {'uuid': network_id})
            address = in_lab.until(lambda: self._address(region, server.id))
            in_lab.await_answer(self.lab, other, address)
        self.tenant.delete(self.tenant.wait(region, server.id))
        return taken[0]

    def _address(self, region: str, server_id: str) -> str | None:
        for port in self.tenant.at(region).network.ports(device_id=server_id):
            return str(port.fixed_ips[0]['ip_address'])
        return None

    def boot_path(self, network_id: str, shadowed: bool) -> dict[str, Taken]:
        """Send each request that Nova sends for a boot, one by one.

        :param shadowed: wait for the shadow port in the other region, too
        """
        admin = self.tenant.at(self.one, as_admin=True).network
        network = self.here.network
        taken: dict[str, Taken] = {}
        self._take(
            taken, 'list', lambda: list(network.networks(id=network_id))
        )
        port = self._take(
            taken,
            'port create',
            lambda: network.create_port(network_id=network_id),
        )
        self._take(
            taken,
            'binding',
            lambda: admin.update_port(
                port.id,
                binding_host_id=self.host,
                device_owner='compute:nova',
            ),
        )
        if shadowed:
            self._take(
                taken,
                'shadow',
                lambda: in_lab.until(lambda: self._shadow(port.id)),
            )
        self._take(taken, 'delete', lambda: admin.delete_port(port.id))
        return taken

    def _shadow(self, port_id: str) -> bool:
        there = self.tenant.at(self.two, as_admin=True).network
        # A region that is asked for a port by its ID asks central for it.
        return any(
            one.id == port_id and one.status == 'ACTIVE'
            for one in there.ports(device_owner='compute:shadow')
        )

    @contextlib.contextmanager
    def _clock(self) -> Iterator[list[Taken]]:
        """Yield what has one item at the end: what was taken meanwhile."""
        found: list[Taken] = []
        before, started = self._calls(), time.monotonic()
        yield found
        seconds = time.monotonic() - started
        found.append(Taken(seconds, self._calls() - before))

    def _take(
        self, taken: dict[str, Taken], name: str, call: Callable[[], Any]
    ) -> Any:
        with self._clock() as found:
            result = call()
        taken[name] = found[0]
        return result

    def _calls(self) -> int:
        """Return how many requests central has answered."""
        # As uWSGI logs each of them.
        return self.lab.log_of('neutron-server-central').count(' => generated')


def run(lab: cloud.Lab, rounds: int) -> list[Figure]:
    """Measure in turns, ours and beside.

    :param rounds: at least two: the first fills caches of both, and does not
        count
    """
    tenant = tenants.Tenant.create(lab, 'bench')
    try:
        bench = Bench(lab, tenant)
        with bench.networks() as (central, own):
            first = tenant.boot(bench.one, {'uuid': central}, name='bench-c')
            plain = tenant.boot(bench.one, {'uuid': own}, name='bench-o')
            cold = [bench.first_ping(bench.two, central, first.id)]
            # It keeps the network in the second region.
            tenant.boot(bench.two, {'uuid': central}, name='bench-k')
            across, within = [], []
            ours: list[dict[str, Taken]] = []
            theirs: list[dict[str, Taken]] = []
            for _round in range(rounds):
                across.append(bench.first_ping(bench.two, central, first.id))
                within.append(bench.first_ping(bench.one, own, plain.id))
                ours.append(bench.boot_path(central, shadowed=True))
                theirs.append(bench.boot_path(own, shadowed=False))
    finally:
        tenant.close()
        tenant.forget()
    ping = 'server create to first ping'
    ours, theirs = ours[1:], theirs[1:]
    return [
        Figure(f'{ping} across regions, first there', cold, ping, within[1:]),
        Figure(f'{ping} across regions', across[1:], ping, within[1:]),
        *(
            Figure(
                f'boot path: {name}',
                [one[name] for one in ours],
                name,
                [one[name] for one in theirs],
            )
            for name in ('list', 'port create', 'binding', 'delete')
        ),
        Figure(
            'binding to shadow port ACTIVE there',
            [one['shadow'] for one in ours],
            'port create',
            [one['port create'] for one in theirs],
        ),
    ]


def main() -> int:
    """Print the figures; with --check fail on a port create over target."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.lab_boot', description=__doc__
    )
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--check', action='store_true')
    asked = parser.parse_args()
    if asked.rounds < 2:
        parser.error('at least 2 rounds: the first does not count')
    figures = run(in_lab.lab_that_is_up(parser), asked.rounds)
    print(
        table.text(
            ('what', 'median', 'ratio', 'plain', 'of', 'calls to central'),
            [
                (
                    one.what,
                    f'{one.seconds:.2f} s',
                    f'{one.ratio:.2f}',
                    f'{one.plain_seconds:.2f} s',
                    one.beside,
                    str(one.calls),
                )
                for one in figures
            ],
        )
    )
    missed = [
        one
        for one in figures
        if one.what == _WARM and one.ratio > _WARM_TARGET
    ]
    return int(asked.check and bool(missed))


if __name__ == '__main__':
    sys.exit(main())
