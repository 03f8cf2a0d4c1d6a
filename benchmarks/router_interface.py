# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""The last interface of a router over two regions, and in a plain Neutron.

The time until its routes are in both regions, beside the same request to a
plain Neutron in the same run; there the router routes when the request is
answered. Once without a gateway, so that the last interface is what makes a
second piece and all between the two, and once with one, so that the way out
is there.
"""

from collections.abc import Callable, Sequence
import dataclasses
import time
from typing import Any, Final
import uuid

from benchmarks import measure
from benchmarks import router_cloud
from tests.functional import cloud as clouds
from tricircle.plan.router import planner as router_plan

#: Most that it may take, in times of plain Neutron (issue 4).
TARGET: Final = 3.0
_REGIONS: Final = ('RegionOne', 'RegionTwo')


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
    router_cloud.wait_quiet(cloud)

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
        if time.perf_counter() - started > router_cloud.PATIENCE:
            raise TimeoutError('the routes did not come')
        time.sleep(0.01)
    seconds = time.perf_counter() - started
    router_cloud.wait_quiet(cloud)
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


def measured(
    rounds: int, progress: Callable[[str], None]
) -> tuple[Interface, Interface]:
    """Measure the last interface, in turns with a plain Neutron.

    :returns: without a gateway, and with one
    """
    progress('starting central, two regions, a broker and a plain Neutron')
    made: dict[bool, list[Interface]] = {False: [], True: []}
    with (
        router_cloud.options() as options,
        clouds.Cloud.start(vanilla=True, **options) as cloud,
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
