# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What the adoption of a network costs, by the number of its ports.

Of networks that RegionOne had of its own, with bound ports of instances in a
group whose rules name it. Times are those of one run, beside what else the
machine does; the requests and the statements are counted.
"""

import argparse
from collections.abc import Callable
import dataclasses
import sys
import time
import uuid

from benchmarks import boot_path
from benchmarks import table
from tests.functional import cloud as clouds
from tests.functional.cli import operator_commands as commands
from tests.functional.cloud import eventually

_SIZES = (10, 100, 1000)
_BULK = 10


@dataclasses.dataclass(frozen=True)
class Cost:
    """What an adoption costs.

    :ivar seconds: until central has it
    :ivar quiet: seconds until the region has told where the ports are
    :ivar asked: requests to the region for it, and the longest in seconds
    :ivar told: requests of the region to central
    :ivar statements: in the region
    :ivar central_statements: in central
    """

    ports: int
    seconds: float
    quiet: float
    asked: int
    longest: float
    told: int
    statements: int
    central_statements: int


def _network(cloud: clouds.Cloud, ports: int) -> str:
    """Return a network of the region's own."""
    project = uuid.uuid4().hex
    names = ('network', 'subnet', 'port', 'security_group')
    for side in (cloud.one, cloud.central):
        side.admin.put(
            f'/quotas/{project}', {'quota': dict.fromkeys(names, -1)}
        )
    user = cloud.one.client(project, roles=clouds.ADMIN)
    network = user.create_network(name=f'with {ports}')
    user.create_subnet(network['id'], cidr='10.64.0.0/20')
    group = user.create('security_group', name='served')
    user.create(
        'security_group_rule',
        security_group_id=group['id'],
        direction='ingress',
        remote_group_id=group['id'],
    )
    for begin in range(0, ports, _BULK):
        user.create_bulk(
            'port',
            [
                {
                    'network_id': network['id'],
                    'security_groups': [group['id']],
                    'device_owner': 'compute:nova',
                    'device_id': str(uuid.uuid4()),
                    'binding:host_id': cloud.one.default_host,
                }
                for _ in range(min(_BULK, ports - begin))
            ],
        )
    return str(network['id'])


def _measure(cloud: clouds.Cloud, ports: int) -> Cost:
    network_id = _network(cloud, ports)
    boot_path.wait_quiet(cloud)
    api = commands.make_app(cloud).client_manager.multiregion_networking
    mark = cloud.region_calls.mark()
    reports = cloud.central_calls.mark()
    before = cloud.one.database.statements()
    in_central = cloud.central.database.statements()
    began = time.monotonic()
    api.adopt('RegionOne', network_id)

    def done() -> None:
        found = api.adoption(network_id)
        assert found['state'] == 'done', found

    eventually(done, 1800)
    seconds = time.monotonic() - began

    def told() -> None:
        rows = cloud.central.database.query(
            'SELECT COUNT(*) AS found FROM port_locations'
            " WHERE network_id = %s AND host <> ''",
            network_id,
        )
        assert rows[0]['found'] == ports

    eventually(told, 1800)
    quiet = time.monotonic() - began
    asked = cloud.region_calls.since(mark, path='replicas/adoption')
    return Cost(
        ports=ports,
        seconds=seconds,
        quiet=quiet,
        asked=len(asked),
        longest=max(one.seconds for one in asked),
        told=len(cloud.central_calls.since(reports)),
        statements=(cloud.one.database.statements() - before).total,
        central_statements=(
            cloud.central.database.statements() - in_central
        ).total,
    )


def run(
    cloud: clouds.Cloud, sizes: list[int], progress: Callable[[str], None]
) -> list[Cost]:
    """Adopt a network of each size."""
    costs = []
    for ports in sizes:
        progress(f'{ports} ports')
        costs.append(_measure(cloud, ports))
        progress(str(costs[-1]))
    return costs


def main(argv: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks adoption', description=__doc__
    )
    parser.add_argument(
        'ports', type=int, nargs='*', help='sizes, default 10, 100 and 1000'
    )
    sizes = parser.parse_args(argv).ports or list(_SIZES)

    def progress(text: str) -> None:
        print(text, file=sys.stderr)

    with clouds.Cloud.start(regions=('RegionOne',)) as cloud:
        costs = run(cloud, sizes, progress)
    print(
        table.text(
            (
                'ports',
                'seconds',
                'until all is told',
                'requests to the region',
                'longest',
                'to central',
                'statements',
                'in central',
            ),
            [
                (
                    str(one.ports),
                    f'{one.seconds:.1f}',
                    f'{one.quiet:.1f}',
                    str(one.asked),
                    f'{one.longest:.1f}',
                    str(one.told),
                    str(one.statements),
                    str(one.central_statements),
                )
                for one in costs
            ],
        )
    )
    return 0
