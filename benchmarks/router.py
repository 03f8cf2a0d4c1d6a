# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""``python -m benchmarks router``: what a router costs.

Two tables. The first is the time from the last interface of a router until
its routes are in both regions, beside the same request to a plain Neutron
in the same run; there the router routes when the request is answered. Once
without a gateway, so that the last interface is what makes a second piece
and all between the two, and once with one, so that the way out is there.
The second is what it takes to lay one router out over more and more regions,
with a stand-in for the regions (:mod:`benchmarks.stand_in`).
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
import contextlib
import dataclasses
import itertools
import json
import statistics
import sys
import time
from typing import Any, Final
import uuid

from benchmarks import measure
from benchmarks import stand_in
from benchmarks import table
from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.cloud import rabbitmq
from tricircle.plan import router as router_plan

#: Most that it may take, in times of plain Neutron (issue 4).
TARGET: Final = 3.0
#: What the original took for two regions (the issue's figures).
ORIGINAL: Final = '3.6 s, 9.7 s of CPU and 50 calls for two regions'
#: Seconds that a stand-in takes for a document.
DELAY: Final = 0.2
SIZES: Final = (2, 3, 10, 50)
_WAIT: Final = 300
_REGIONS: Final = ('RegionOne', 'RegionTwo')

Progress = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Interface:
    """The last interface of a router over two regions.

    :ivar seconds: until both regions have the routes, the median
    :ivar answered: until central answered
    :ivar puts: documents sent to regions for it, the most of all rounds
    :ivar statements: in central and both regions, and in plain Neutron
    """

    seconds: float
    answered: float
    plain: float
    puts: int
    statements: int
    plain_statements: int

    @property
    def ratio(self) -> float:
        """In times of plain Neutron."""
        return self.seconds / self.plain

    @property
    def met(self) -> bool:
        """True when the target is met."""
        return self.ratio <= TARGET


@dataclasses.dataclass(frozen=True)
class Spread:
    """A router over some regions, converged after its last interface.

    :ivar puts: documents of the router since then, in all regions
    :ivar most: the most that one region got
    :ivar networks: documents of networks by themselves since then
    :ivar plans: how often central laid it out since then
    :ivar together: how many regions had one at the same time
    :ivar seconds: until the last region has it
    :ivar rows: of Tricircle's tables for the router
    :ivar central: statements of central, and of XJob in `xjob`
    """

    regions: int
    puts: int
    most: int
    networks: int
    plans: int
    together: int
    seconds: float
    rows: int
    central: int
    xjob: int

    @property
    def met(self) -> bool:
        """True when each region got one document, side by side."""
        return self.puts == self.regions and self.together > 1


# -- two regions, and a plain Neutron ---------------------------------------


@contextlib.contextmanager
def _broker() -> Iterator[dict[str, dict[str, object]]]:
    """Start a broker, by which XJob hears of work; yield the options.

    XJob looks by itself as seldom as operators have it by default.
    """
    with clouds.Workspace() as workspace:
        broker = rabbitmq.PrivateRabbitMQ(workspace)
        try:
            broker.start()
            yield {
                'DEFAULT': {
                    'transport_url': broker.url,
                    'worker_sleep_time': 5,
                }
            }
        finally:
            broker.close()


def _central(options: dict[str, dict[str, object]]) -> Any:
    """Return central's share of these options."""
    url = options['DEFAULT']['transport_url']
    return {'DEFAULT': {'transport_url': url}}


@dataclasses.dataclass
class _Net:
    """A network with an instance on it."""

    id: str
    subnet_id: str
    cidr: str


def _central_net(
    cloud: clouds.Cloud, project: str, number: int, region: str
) -> _Net:
    user = cloud.central.client(project)
    network = user.create_network(availability_zone_hints=[region])
    cidr = f'10.0.{number}.0/24'
    subnet = user.create_subnet(network['id'], cidr)
    cloud.region(region).nova(project).boot(network_id=network['id'])
    return _Net(str(network['id']), str(subnet['id']), cidr)


def _plain_net(cloud: clouds.Cloud, project: str, number: int) -> _Net:
    user = cloud.vanilla.client(project)
    network = user.create_network()
    cidr = f'10.0.{number}.0/24'
    subnet = user.create_subnet(network['id'], cidr)
    user.create_port(network['id'], device_id=str(uuid.uuid4()))
    return _Net(str(network['id']), str(subnet['id']), cidr)


def _quiet(cloud: clouds.Cloud) -> None:
    """Wait until nothing is under way."""

    def quiet() -> None:
        for region in cloud.regions.values():
            assert not region.database.query('SELECT 1 FROM tricircle_outbox')
        assert not cloud.central.database.query(
            'SELECT 1 FROM journal WHERE lease_owner IS NOT NULL OR'
            ' (pending AND next_try_at < UTC_TIMESTAMP(6))'
        )

    eventually(quiet, _WAIT)


def _external(neutron: clouds.NeutronProcess, cidr: str, **more: Any) -> str:
    """Make an external network, and return its ID."""
    made = neutron.admin.create_network(**more, **{'router:external': True})
    neutron.admin.create_subnet(made['id'], cidr, enable_dhcp=False)
    return str(made['id'])


def _routes(cloud: clouds.Cloud, router_id: str) -> set[tuple[str, str, str]]:
    """Return ID of the piece, region and destination of all routes."""
    return {
        (piece_id, name, str(row['destination']))
        for piece_id in (router_id, router_plan.north_south_id(router_id))
        for name in _REGIONS
        for row in cloud.region(name).database.query(
            'SELECT destination FROM routerroutes WHERE router_id = %s',
            piece_id,
        )
    }


def _round(cloud: clouds.Cloud, number: int, gateway: bool) -> Interface:
    project = uuid.uuid4().hex
    nets = [
        _central_net(cloud, project, one, region)
        for one, region in enumerate(_REGIONS, 1)
    ]
    user = cloud.central.client(project)
    router = user.create_router(name=f'r{number}')
    user.add_router_interface(router['id'], subnet_id=nets[0].subnet_id)
    plain_nets = [_plain_net(cloud, project, one) for one in (1, 2)]
    plain_user = cloud.vanilla.client(project)
    plain_router = plain_user.create_router(name=f'r{number}')
    plain_user.add_router_interface(
        plain_router['id'], subnet_id=plain_nets[0].subnet_id
    )
    if gateway:
        cidr = f'203.0.{number}.0/24'
        hints = [_REGIONS[1]]
        for neutron, one, more in (
            (cloud.central, router, {'availability_zone_hints': hints}),
            (cloud.vanilla, plain_router, {}),
        ):
            external = _external(neutron, cidr, **more)
            neutron.client(project).update(
                'router',
                one['id'],
                external_gateway_info={'network_id': external},
            )
    _quiet(cloud)

    neutrons = (cloud.central, cloud.one, cloud.two)
    before = [one.sql_statements() for one in neutrons]
    mark = cloud.region_calls.mark()
    router_id = str(router['id'])
    wanted = {
        (router_id, _REGIONS[0], nets[1].cidr),
        (router_id, _REGIONS[1], nets[0].cidr),
    }
    if gateway:
        out = router_plan.north_south_id(router_id)
        wanted |= {(out, _REGIONS[1], one.cidr) for one in nets}
    started = time.perf_counter()
    user.add_router_interface(router['id'], subnet_id=nets[1].subnet_id)
    answered = time.perf_counter() - started
    while _routes(cloud, router_id) != wanted:
        if time.perf_counter() - started > _WAIT:
            raise TimeoutError('the routes did not come')
        time.sleep(0.01)
    seconds = time.perf_counter() - started
    _quiet(cloud)
    statements = sum(
        (one.sql_statements() - earlier).total
        for one, earlier in zip(neutrons, before, strict=True)
    )
    puts = len(list(cloud.region_calls.since(mark, 'PUT', '/replicas/')))

    plain_before = cloud.vanilla.sql_statements()
    started = time.perf_counter()
    plain_user.add_router_interface(
        plain_router['id'], subnet_id=plain_nets[1].subnet_id
    )
    plain = time.perf_counter() - started
    return Interface(
        seconds=seconds,
        answered=answered,
        plain=plain,
        puts=puts,
        statements=statements,
        plain_statements=(cloud.vanilla.sql_statements() - plain_before).total,
    )


def last_interface(
    rounds: int, progress: Progress
) -> tuple[Interface, Interface]:
    """Measure the last interface, in turns with a plain Neutron.

    :returns: without a gateway, and with one
    """
    progress('starting central, two regions, a broker and a plain Neutron')
    made: dict[bool, list[Interface]] = {False: [], True: []}
    with (
        _broker() as options,
        clouds.Cloud.start(
            vanilla=True, central=_central(options), xjob=options
        ) as cloud,
    ):
        for number in range(rounds):
            progress(f'round {number + 1} of {rounds}')
            for gateway, found in made.items():
                found.append(_round(cloud, number, gateway))
    return _middle(made[False]), _middle(made[True])


def _middle(made: Sequence[Interface]) -> Interface:
    return Interface(
        seconds=measure.middle([one.seconds for one in made]),
        answered=measure.middle([one.answered for one in made]),
        plain=measure.middle([one.plain for one in made]),
        puts=max(one.puts for one in made),
        statements=round(measure.middle([one.statements for one in made])),
        plain_statements=round(
            measure.middle([one.plain_statements for one in made])
        ),
    )


# -- many regions -----------------------------------------------------------


class _Many:
    """Central and XJob, with stand-ins for regions."""

    def __init__(self, cloud: clouds.Cloud, regions: stand_in.StandIn) -> None:
        self.cloud = cloud
        self.regions = regions
        self.names = [f'Region{number:02}' for number in range(max(SIZES))]
        for name in self.names:
            cloud.central.database.execute(
                'INSERT INTO pods'
                ' (pod_id, region_name, az_name, pod_az_name, dc_name)'
                " VALUES (%s, %s, 'az1', '', '')",
                str(uuid.uuid4()),
                name,
            )
        self.xjob = cloud.add_xjob()
        self.xjob.configure(
            {
                'client': {
                    'endpoint_overrides': {
                        clouds.CENTRAL_REGION: cloud.central.url,
                        **{name: regions.url(name) for name in self.names},
                    }
                }
            }
        )
        self.xjob.restart()

    def boot(self, project: str, network_id: str, region: str) -> None:
        """Do what a region does for the first instance on a network."""
        central = self.cloud.central
        pulled = central.client('service', ('service',), 'tricircle').put(
            f'/networks/{network_id}/replicas/{region}',
            {
                'replica': {
                    'pull': {
                        'project_id': project,
                        'is_admin': False,
                        'dhcp_agents': 1,
                    }
                }
            },
        )
        pulled.raise_for_status()
        made = central.client(project, service=True).post(
            '/ports',
            {
                'port': {
                    'id': str(uuid.uuid4()),
                    'network_id': network_id,
                    'tricircle:region': region,
                    'device_id': str(uuid.uuid4()),
                    'device_owner': 'compute:nova',
                }
            },
        )
        made.raise_for_status()

    def converged(self, router_id: str, pieces: int) -> bool:
        """Tell whether nothing is to be done for a router any more."""
        rows = self.cloud.central.database.query(
            'SELECT resource_type, pending, digest FROM journal'
            ' WHERE resource_id = %s',
            router_id,
        )
        done = [
            row
            for row in rows
            if row['resource_type'] == 'router' and row['digest']
        ]
        return len(done) == pieces and not any(row['pending'] for row in rows)

    def await_converged(self, router_id: str, pieces: int) -> None:
        """Wait for that."""
        deadline = time.monotonic() + _WAIT
        while not self.converged(router_id, pieces):
            if time.monotonic() > deadline:
                raise TimeoutError(f'{pieces} regions did not converge')
            time.sleep(0.02)

    def rows(self, router_id: str) -> int:
        """Count the rows of Tricircle's tables for a router."""
        return sum(
            int(
                self.cloud.central.database.query(
                    f'SELECT COUNT(*) AS n FROM {table}'  # noqa: S608
                    f' WHERE {column} = %s',
                    router_id,
                )[0]['n']
            )
            for table, column in (
                ('router_pieces', 'router_id'),
                ('resource_routings', 'top_id'),
                ('reserved_ports', 'router_id'),
                ('journal', 'resource_id'),
            )
        )

    def spread(self, size: int) -> Spread:
        """Lay one router out over so many regions."""
        project = uuid.uuid4().hex
        user = self.cloud.central.client(project)
        self.cloud.central.admin.put(
            f'/quotas/{project}',
            {'quota': {'network': -1, 'subnet': -1, 'port': -1}},
        )
        # What leads to where it begins is one change for XJob.
        self.xjob.stop()
        router_id = str(user.create_router(name='r')['id'])
        subnets = []
        for number, name in enumerate(self.names[:size]):
            network = user.create_network(availability_zone_hints=[name])
            subnets.append(
                user.create_subnet(network['id'], f'10.0.{number}.0/24')['id']
            )
            self.boot(project, str(network['id']), name)
        for subnet_id in subnets[:-1]:
            user.add_router_interface(router_id, subnet_id=subnet_id)
        self.xjob.start()
        self.await_converged(router_id, size - 1)
        # What networks were promised in the meantime is confirmed late.
        self.regions.taken()
        log = len(self.xjob.log_of_this_run())
        before = self.cloud.central.sql_statements(), self.xjob.database
        xjob_before = before[1].statements()

        started = time.perf_counter()
        user.add_router_interface(router_id, subnet_id=subnets[-1])
        self.await_converged(router_id, size)
        calls = self.regions.taken()
        central = self.cloud.central.sql_statements() - before[0]
        xjob = self.xjob.database.statements() - xjob_before
        routers = [one for one in calls if one.id == router_id]
        said = self.xjob.log_of_this_run()[log:]
        return Spread(
            regions=size,
            puts=len(routers),
            most=max(Counter(one.region for one in routers).values()),
            networks=sum(one.type == 'network' for one in calls),
            plans=said.count(f'router-plan {router_id} in'),
            together=_together(routers),
            seconds=max(one.ended for one in routers) - started,
            rows=self.rows(router_id),
            central=central.total,
            xjob=xjob.total,
        )


def _together(calls: Sequence[stand_in.Call]) -> int:
    """Return how many calls were under way at the same time."""
    changes = sorted(
        itertools.chain.from_iterable(
            ((one.began, 1), (one.ended, -1)) for one in calls
        )
    )
    return max(itertools.accumulate(change for _when, change in changes))


def over_regions(progress: Progress) -> list[Spread]:
    """Measure one router over more and more regions."""
    progress(f'starting central and XJob, and {max(SIZES)} stand-ins')
    with (
        stand_in.StandIn.running(DELAY) as regions,
        _broker() as options,
        clouds.Cloud.start(
            regions=(),
            xjobs=0,
            admin_api=False,
            threads=16,
            central=_central(options),
            xjob=options,
        ) as cloud,
    ):
        many = _Many(cloud, regions)
        # The first of everything: not counted.
        many.spread(min(SIZES))
        found = []
        for size in SIZES:
            progress(f'{size} regions')
            found.append(many.spread(size))
    return found


# -- what comes out ---------------------------------------------------------


def _print(
    interfaces: tuple[Interface, Interface], spreads: list[Spread]
) -> None:
    print('last interface, two regions')
    for what, one in zip(('no gateway', 'gateway'), interfaces, strict=True):
        print(
            f'{what}: {one.seconds * 1000:.0f} ms until the routes are in '
            f'both, {one.answered * 1000:.0f} ms until central answers; '
            f'plain Neutron {one.plain * 1000:.0f} ms; '
            f'ratio {one.ratio:.2f} (target {TARGET:.0f})'
        )
        print(
            f'  {one.puts} documents sent; {one.statements} '
            'statements in central and both regions, '
            f'{one.plain_statements} in plain Neutron'
        )
    print(f'  The original: {ORIGINAL}.')
    print()
    names = tuple(one.name for one in dataclasses.fields(Spread))
    rows = [
        tuple(
            f'{value:.2f}' if isinstance(value, float) else str(value)
            for value in dataclasses.astuple(one)
        )
        for one in spreads
    ]
    print(table.text(names, rows, str.rjust))
    per_region = [one.seconds / one.regions for one in spreads]
    print(
        f'  {DELAY} s for a document; '
        f'{statistics.median(per_region) * 1000:.0f} ms a region (median)'
    )


def main(argv: Sequence[str]) -> int:
    """Measure and print; 1 with --check when a target is missed."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks router', description=__doc__
    )
    parser.add_argument(
        '--rounds',
        type=int,
        default=9,
        help='how often the last interface is measured, default 9',
    )
    parser.add_argument(
        '-f', '--format', choices=('table', 'json'), default='table'
    )
    parser.add_argument(
        '--check', action='store_true', help='fail when a target is missed'
    )
    arguments = parser.parse_args(argv)

    def progress(text: str) -> None:
        print(text, file=sys.stderr)

    spreads = over_regions(progress)
    interfaces = last_interface(max(2, arguments.rounds), progress)
    if arguments.format == 'json':
        print(
            json.dumps(
                {
                    'last_interface': [
                        dataclasses.asdict(one) for one in interfaces
                    ],
                    'over_regions': [
                        dataclasses.asdict(one) for one in spreads
                    ],
                }
            )
        )
    else:
        _print(interfaces, spreads)
    met = [one.met for one in interfaces] + [one.met for one in spreads]
    return 1 if arguments.check and not all(met) else 0
