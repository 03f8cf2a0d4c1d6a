# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a tenant feels of another one who changes much.

Something stands in for a region, in which every document takes a moment.
Central and XJob are real. One tenant changes all of its networks; another one
changes one network, alone and then right behind that.
"""

import argparse
from collections.abc import Callable
import dataclasses
import statistics
import sys
import time
from typing import Final
import uuid

from benchmarks import router_regions

_REGION: Final = 'Region00'
_BULK: Final = 20
#: Seconds.
_LONGEST: Final = 300


@dataclasses.dataclass(frozen=True)
class Result:
    """How long a change takes until the region has it, in seconds.

    :ivar alone: median of changes while nothing else is to be done
    :ivar behind: the same right behind the burst
    :ivar burst: from the burst's first change until the region had all of it
    """

    alone: float
    behind: float
    burst: float


class _Tenant:
    """Somebody with networks that the region has."""

    def __init__(
        self, regions: router_regions.StandIns, networks: int
    ) -> None:
        project = uuid.uuid4().hex
        self._client = regions.cloud.central.client(project)
        regions.cloud.central.admin.put(
            f'/quotas/{project}', {'quota': {'network': -1}}
        ).raise_for_status()
        self.ids: list[str] = []
        for start in range(0, networks, _BULK):
            names = [
                {'name': f'n{start + one}'}
                for one in range(min(_BULK, networks - start))
            ]
            self.ids += [
                str(one['id'])
                for one in self._client.create_bulk('network', names)
            ]
        service = regions.cloud.central.client(
            'service', ('service',), 'tricircle'
        )
        for one in self.ids:
            service.put(
                f'/networks/{one}/replicas/{_REGION}',
                {
                    'replica': {
                        'pull': {
                            'project_id': project,
                            'is_admin': False,
                            'dhcp_agents': 1,
                        }
                    }
                },
            ).raise_for_status()

    def change(self) -> float:
        """Change all networks; return when the first change was made."""
        began = time.monotonic()
        for one in self.ids:
            self._client.update('network', one, name=uuid.uuid4().hex)
        return began


def run(
    networks: int,
    delay: float,
    times: int,
    progress: Callable[[str], None],
) -> Result:
    """Start a cloud and measure.

    :param networks: of the tenant who changes much
    :param delay: seconds that a document takes in the region
    :param times: changes that are measured, each time
    """
    with router_regions.StandIns.running(1, delay) as regions:
        progress(f'making {networks} networks')
        much, little = _Tenant(regions, networks), _Tenant(regions, 1)
        _until_quiet(regions)
        progress('changing one')
        alone = []
        for _ in range(times):
            alone.append(_arrives(regions, little, little.change()))
            _until_quiet(regions)
        progress('changing one behind all')
        behind, bursts = [], []
        for _ in range(times):
            began = much.change()
            behind.append(_arrives(regions, little, little.change()))
            bursts.append(_until_quiet(regions) - began)
    return Result(*map(statistics.median, (alone, behind, bursts)))


def _arrives(
    regions: router_regions.StandIns, tenant: _Tenant, began: float
) -> float:
    """Return the seconds until the region has a tenant's last change."""
    end = time.monotonic() + _LONGEST
    while time.monotonic() < end:
        for call in regions.taken():
            if call.id in tenant.ids and call.ended > began:
                return call.ended - began
        time.sleep(0.01)
    raise TimeoutError('the region did not get the change')


def _until_quiet(regions: router_regions.StandIns) -> float:
    """Wait until nothing waits; return when the region had the last of it."""
    end = time.monotonic() + _LONGEST
    while time.monotonic() < end:
        last = time.monotonic()
        if not regions.cloud.central.database.query(
            'SELECT 1 FROM journal WHERE region_name = %s AND pending'
            " AND resource_type <> 'sweep' LIMIT 1",
            _REGION,
        ):
            regions.taken()
            return last
        time.sleep(0.1)
    raise TimeoutError('XJob did not carry everything out')


def main(argv: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks burst', description=__doc__
    )
    parser.add_argument(
        '--networks',
        type=int,
        default=400,
        help='of the tenant who changes much, default 400',
    )
    parser.add_argument(
        '--delay',
        type=float,
        default=0.2,
        help='seconds that a document takes in the region, default 0.2',
    )
    parser.add_argument(
        '--times',
        type=int,
        default=5,
        help='changes that are measured each time, default 5',
    )
    arguments = parser.parse_args(argv)

    def progress(text: str) -> None:
        print(text, file=sys.stderr)

    found = run(arguments.networks, arguments.delay, arguments.times, progress)
    print(
        f'a change: {found.alone:.2f} s until the region has it, behind '
        f'{arguments.networks} of another tenant {found.behind:.2f} s: ratio '
        f'{found.behind / found.alone:.1f}; the other has all of its own '
        f'{found.burst:.1f} s after the first'
    )
    return 0
