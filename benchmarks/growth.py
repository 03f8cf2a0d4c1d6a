# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What requests cost as a network grows: statements, and rows they read.

Counted, not timed, and nothing else is at work meanwhile: XJob is stopped,
and no region reports. So central's figures are those of the request alone.
"""

from collections.abc import Callable, Iterator
import contextlib
import dataclasses
import functools
import uuid

from benchmarks import boot_path
from benchmarks import measure
from tests.functional import cloud as clouds
from tests.functional import regions

#: Ports on the network before the request.
SIZES = (1, 20, 200)
_BULK = 10
_TIMES = 5


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a request costs on a network of some size; medians.

    :ivar ports: on the network
    :ivar calls: the highest number of calls to central of any round
    """

    what: str
    ports: int
    statements: int
    central_statements: int
    plain_statements: int
    rows: int
    central_rows: int
    plain_rows: int
    calls: int
    allowed_calls: int

    @property
    def met(self) -> bool:
        """True when no more is asked of central than allowed."""
        return self.calls <= self.allowed_calls


def run(cloud: clouds.Cloud, progress: Callable[[str], None]) -> list[Cost]:
    """Count, in a region and in the plain Neutron beside."""
    costs: list[Cost] = []
    for ports in SIZES:
        progress(f'{ports} ports on the network')
        costs += _at(cloud, ports)
    return costs


@contextlib.contextmanager
def _nothing_else(cloud: clouds.Cloud) -> Iterator[None]:
    boot_path.wait_quiet(cloud)
    held = cloud.one.to_central.hold(path=regions.REPORT, times=None)
    cloud.xjob.stop()
    try:
        yield
    finally:
        cloud.xjob.start()
        held.release()


def _at(cloud: clouds.Cloud, ports: int) -> list[Cost]:
    project = uuid.uuid4().hex
    ours = _network(cloud.central, cloud.one, project, ports)
    plain = _network(cloud.vanilla, cloud.vanilla, project, ports)
    with _nothing_else(cloud):
        here = _requests(cloud, cloud.one, project, ours)
        there = _requests(cloud, cloud.vanilla, project, plain)
    return [
        Cost(
            what=what,
            ports=ports,
            statements=round(measure.middle(mine.statements)),
            central_statements=round(measure.middle(mine.central_statements)),
            plain_statements=round(measure.middle(there[what].statements)),
            rows=round(measure.middle(mine.rows)),
            central_rows=round(measure.middle(mine.central_rows)),
            plain_rows=round(measure.middle(there[what].rows)),
            calls=max(mine.calls),
            allowed_calls=1 if what == 'port create' else 0,
        )
        for what, mine in here.items()
    ]


def _network(
    owner: clouds.NeutronProcess,
    user_of: clouds.NeutronProcess,
    project: str,
    ports: int,
) -> str:
    """Return a network with so many ports of instances, all of one region."""
    for side in {owner, user_of}:
        side.admin.put(
            f'/quotas/{project}', {'quota': {'port': -1, 'network': -1}}
        )
    network = owner.client(project).create_network(name=f'with {ports}')
    owner.client(project).create_subnet(network['id'], cidr='10.64.0.0/22')
    user = user_of.client(project)
    for begin in range(0, ports, _BULK):
        user.create_bulk(
            'port',
            [
                {'network_id': network['id'], 'device_id': str(uuid.uuid4())}
                for _ in range(min(_BULK, ports - begin))
            ],
        )
    return str(network['id'])


def _requests(
    cloud: clouds.Cloud, neutron: clouds.Region, project: str, network_id: str
) -> dict[str, measure.Samples]:
    """Create, show, bind and delete a port, several times."""
    samples = {
        what: measure.Samples()
        for what in (
            'port create',
            'network show',
            'port show',
            'binding',
            'port delete',
        )
    }
    user, nova = neutron.client(project), neutron.service
    made: list[str] = []

    def create() -> None:
        port = user.create_port(network_id, device_id=str(uuid.uuid4()))
        made.append(str(port['id']))

    def count(what: str, request: Callable[[], object]) -> None:
        measure.sample(samples[what], cloud, neutron, request)

    for _ in range(_TIMES):
        count('port create', create)
        port_id = made[-1]
        count(
            'network show',
            functools.partial(user.show, 'network', network_id),
        )
        count('port show', functools.partial(user.show, 'port', port_id))
        count(
            'binding',
            functools.partial(
                nova.update,
                'port',
                port_id,
                **{
                    'binding:host_id': neutron.default_host,
                    'device_owner': 'compute:nova',
                },
            ),
        )
        count('port delete', functools.partial(nova.remove, 'port', port_id))
    return samples
