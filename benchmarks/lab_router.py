# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``python -m benchmarks.lab_router``: a router's last interface, in a lab.

A router of central's with a network in each of two regions, each of one
region only: from the request that adds the second one until the routes are
in both regions, and until an instance of the one pings an instance of the
other. Each round takes a new router, so that the second region has nothing of
it. Beside it stands the same with a router and two networks of the first
region's own, in the same lab and run.
"""

import argparse
from collections.abc import Iterable
import contextlib
import dataclasses
import statistics
import sys
import time
from typing import Any

import sqlalchemy as sa

from benchmarks import in_lab
from benchmarks import table
from lab import cloud
from tests.lab import tenant as tenants

_CIDRS = ('10.93.1.0/24', '10.93.2.0/24')
_OWN_CIDRS = ('10.94.1.0/24', '10.94.2.0/24')
_TARGET = 3.0
_ROUTES = sa.text(
    'SELECT destination FROM routerroutes WHERE router_id = :router'
)
#: Between looks at the routes. They are at the databases: APIs that are asked
#: again and again would be kept from what is waited for.
_PAUSE = 0.02
#: What goes on after a first interface, or when a router is gone: ports are
#: bound, the bridge network goes, too.
_REST = 8.0


@dataclasses.dataclass(frozen=True)
class Taken:
    """Seconds since the request.

    :ivar answered: until it was answered
    :ivar routed: until all routes were in the regions' Neutrons
    :ivar pinged: until the first ping was answered
    """

    answered: float
    routed: float
    pinged: float


@dataclasses.dataclass(frozen=True)
class Leg:
    """A network that is to be on the router, with an instance on it."""

    region: str
    subnet_id: str
    cidr: str
    instance: tenants.Instance


class Routed:
    """A new router with its first network, ready for the second.

    :param neutron: the Neutron that has the router, as its tenant
    :param regions: where routes to the other network have to appear
    """

    def __init__(
        self,
        tenant: tenants.Tenant,
        neutron: Any,
        legs: tuple[Leg, Leg],
        regions: tuple[str, ...],
    ) -> None:
        self._tenant = tenant
        self._neutron = neutron
        self._first, self._last = legs
        self._regions = regions
        self._databases = {
            one: sa.create_engine(
                tenant.lab.renderer.database(f'neutron_{one}')
            )
            for one in regions
        }
        self.router = neutron.create_router(name='bench')
        neutron.add_interface_to_router(
            self.router.id, subnet_id=self._first.subnet_id
        )
        time.sleep(_REST)

    def measure(self) -> Taken:
        """Add the last network, wait, and take it away again."""
        started = time.monotonic()
        self._neutron.add_interface_to_router(
            self.router.id, subnet_id=self._last.subnet_id
        )
        answered = time.monotonic()
        in_lab.until(lambda: len(self._routed()) == len(self._regions), _PAUSE)
        routed = time.monotonic()
        in_lab.await_answer(
            self._tenant.lab,
            self._first.instance.id,
            self._last.instance.ip,
        )
        pinged = time.monotonic()
        self._neutron.remove_interface_from_router(
            self.router.id, subnet_id=self._last.subnet_id
        )
        in_lab.until(lambda: not self._routed(), _PAUSE)
        return Taken(answered - started, routed - started, pinged - started)

    def _routed(self) -> list[str]:
        """Return the regions that have a route to the other's network."""
        wanted = {
            leg.region: other.cidr
            for leg, other in (
                (self._first, self._last),
                (self._last, self._first),
            )
        }
        return [
            region
            for region in self._regions
            if wanted[region] in self._destinations(region)
        ]

    def _destinations(self, region: str) -> set[str]:
        with self._databases[region].connect() as database:
            return set(database.scalars(_ROUTES, {'router': self.router.id}))

    def close(self) -> None:
        """Take the router away."""
        self._neutron.remove_interface_from_router(
            self.router.id, subnet_id=self._first.subnet_id
        )
        self._neutron.delete_router(self.router.id)
        for one in self._databases.values():
            one.dispose()
        time.sleep(_REST)


def _central_legs(tenant: tenants.Tenant) -> tuple[Leg, Leg]:
    one, other = (
        _leg(
            tenant,
            region,
            tenant.network(cidr, hints=[region], name=region),
            cidr,
        )
        for region, cidr in zip(tenant.regions[:2], _CIDRS, strict=True)
    )
    return one, other


def _own_legs(tenant: tenants.Tenant, region: str) -> tuple[Leg, Leg]:
    neutron = tenant.at(region).network
    made = []
    for cidr in _OWN_CIDRS:
        network = neutron.create_network(name='own')
        neutron.create_subnet(network_id=network.id, ip_version=4, cidr=cidr)
        made.append(_leg(tenant, region, network, cidr))
    one, other = made
    return one, other


def _leg(tenant: tenants.Tenant, region: str, network: Any, cidr: str) -> Leg:
    instance = tenant.boot(region, {'uuid': network.id})
    (subnet,) = tenant.at(region).network.subnets(network_id=network.id)
    return Leg(region, subnet.id, cidr, instance)


def run(lab: cloud.Lab, rounds: int) -> tuple[list[Taken], list[Taken]]:
    """Measure in turns, ours and beside.

    :param rounds: at least two: the first fills caches of both, and does not
        count
    """
    tenant = tenants.Tenant.create(lab, 'bench')
    with contextlib.ExitStack() as stack:
        stack.callback(tenant.forget)
        stack.callback(tenant.close)
        region = tenant.regions[0]
        here = tenant.at(region).network
        tenant.allow(tenant.default_group().id, 'icmp')
        legs = _central_legs(tenant)
        own_legs = _own_legs(tenant, region)
        stack.callback(_delete_own, tenant, here, own_legs)
        taken: list[Taken] = []
        beside: list[Taken] = []
        for _round in range(rounds):
            taken.append(
                _measure(tenant, tenant.central, legs, tenant.regions[:2])
            )
            # A router on both networks has them on its links: no routes.
            beside.append(_measure(tenant, here, own_legs, ()))
    return taken[1:], beside[1:]


def _measure(
    tenant: tenants.Tenant,
    neutron: Any,
    legs: tuple[Leg, Leg],
    regions: Iterable[str],
) -> Taken:
    with contextlib.closing(
        Routed(tenant, neutron, legs, tuple(regions))
    ) as made:
        return made.measure()


def _delete_own(
    tenant: tenants.Tenant, neutron: Any, legs: tuple[Leg, ...]
) -> None:
    tenant.delete(*(leg.instance for leg in legs))
    for leg in legs:
        neutron.delete_network(neutron.get_subnet(leg.subnet_id).network_id)


def main() -> int:
    """Print the figures; with --check fail on a ping over target."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.lab_router', description=__doc__
    )
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--check', action='store_true')
    asked = parser.parse_args()
    if asked.rounds < 2:
        parser.error('at least 2 rounds: the first does not count')
    ours, plain = run(in_lab.lab_that_is_up(parser), asked.rounds)
    rows, ratios = [], {}
    for name, what, beside in (
        ('answered', 'last interface until it is answered', 'answered'),
        ('routed', 'until the routes are in both regions', 'answered'),
        ('pinged', 'until the first ping across', 'pinged'),
    ):
        seconds = statistics.median(getattr(one, name) for one in ours)
        other = statistics.median(getattr(one, beside) for one in plain)
        ratios[name] = seconds / other
        rows.append(
            (
                what,
                f'{seconds:.2f} s',
                f'{ratios[name]:.2f}',
                f'{other:.2f} s',
                f'until {beside}',
            )
        )
    print(table.text(('what', 'median', 'ratio', 'plain', 'of'), rows))
    return int(asked.check and ratios['pinged'] > _TARGET)


if __name__ == '__main__':
    sys.exit(main())
