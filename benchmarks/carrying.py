# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How fast a region gets what has changed in central.

Central, XJob and the region are real. Many things that the region has are
changed in central while an operator has the region wait. Then it is resumed,
and XJob carries all of it there; a plain Neutron takes the same changes from
four clients at once, in turns with that.
"""

import argparse
from collections.abc import Callable, Sequence
from concurrent import futures
import dataclasses
import statistics
import sys
import time
from typing import Final
import uuid

from benchmarks import router_cloud
from benchmarks import table
from tests.functional import cloud as clouds

KINDS: Final = ('network', 'security_group', 'port')
#: Clients of the plain Neutron.
CLIENTS: Final = 4
#: What XJob is to reach of what the plain Neutron takes.
TARGET: Final = 0.8
#: Seconds.
_LONGEST: Final = 600


@dataclasses.dataclass(frozen=True)
class Result:
    """Changes in a second, of one kind.

    :ivar carried: that the region has got
    :ivar plain: that the plain Neutron has taken
    :ivar statements: SQL statements of the region for each
    :ivar plain_statements: of the plain Neutron
    """

    kind: str
    carried: float
    plain: float
    statements: float
    plain_statements: float

    @property
    def ratio(self) -> float:
        """What XJob reaches of what the plain Neutron takes."""
        return self.carried / self.plain


class _Side:
    """A Neutron with things of one project, and clients of it."""

    def __init__(self, neutron: clouds.NeutronProcess) -> None:
        self.project = uuid.uuid4().hex
        self._clients = [neutron.client(self.project) for _ in range(CLIENTS)]
        self.ids: dict[str, list[str]] = {}
        quota = dict.fromkeys((*KINDS, 'security_group_rule', 'subnet'), -1)
        neutron.admin.put(
            f'/quotas/{self.project}', {'quota': quota}
        ).raise_for_status()

    def make(self, number: int) -> None:
        """Make so many of each kind, the ports on one network."""
        client = self._clients[0]
        networks = [
            str(client.create_network(name=f'n{one}')['id'])
            for one in range(number)
        ]
        for one in networks:
            client.create_subnet(one, cidr='10.90.0.0/16')
        self.ids = {
            'network': networks,
            'security_group': [
                str(client.create_security_group(name=f'g{one}')['id'])
                for one in range(number)
            ],
            'port': [
                str(client.create_port(networks[0])['id'])
                for _ in range(number)
            ],
        }

    def change(self, kind: str) -> float:
        """Change all of a kind by all clients at once; return the seconds."""
        began = time.monotonic()
        with futures.ThreadPoolExecutor(CLIENTS) as pool:
            list(
                pool.map(self._change, [kind] * CLIENTS, range(CLIENTS)),
            )
        return time.monotonic() - began

    def _change(self, kind: str, number: int) -> None:
        for one in self.ids[kind][number::CLIENTS]:
            self._clients[number].update(
                kind, one, description=uuid.uuid4().hex
            )


def run(
    kinds: Sequence[str],
    number: int,
    rounds: int,
    progress: Callable[[str], None],
) -> list[Result]:
    """Start a cloud and measure.

    :param number: of each kind
    :param rounds: how often all of them are changed; the first warms up
    """
    with (
        router_cloud.options() as options,
        clouds.Cloud.start(
            regions=('RegionOne',), vanilla=True, proxied=False, **options
        ) as cloud,
    ):
        progress(f'making {number} of each kind')
        ours, plain = _Side(cloud.central), _Side(cloud.vanilla)
        for side in (ours, plain):
            side.make(number)
        _bring(cloud, ours, plain)
        results = []
        for kind in kinds:
            found = []
            for one in range(rounds):
                progress(f'{kind}s, {one + 1} of {rounds}')
                found.append(_round(cloud, kind, ours, plain))
            results.append(_middle(kind, found[1:] or found))
    return results


def _bring(cloud: clouds.Cloud, ours: _Side, plain: _Side) -> None:
    """Have the region have all of it, and bind the ports of both."""
    client = cloud.one.client(ours.project)
    for kind in ('network', 'security_group'):
        for one in ours.ids[kind]:
            client.show(kind, one)
    for neutron, side in ((cloud.one, ours), (cloud.vanilla, plain)):
        host = neutron.add_host('carrying-host', '172.30.98.11')
        for one in side.ids['port']:
            neutron.admin.update(
                'port', one, **{'binding:host_id': host, 'device_id': one}
            )
            neutron.agent_reports_up(one, host)
    router_cloud.wait_quiet(cloud)


def _round(
    cloud: clouds.Cloud, kind: str, ours: _Side, plain: _Side
) -> Result:
    assert cloud.admin_api is not None
    pods = cloud.admin_api.request('GET', '/pods').json()['pods']
    (pod_id,) = [
        one['pod_id'] for one in pods if one['region_name'] == 'RegionOne'
    ]
    path = f'/pods/{pod_id}/pause'
    cloud.admin_api.request(
        'PUT', path, {'pause': {'reason': 'measured'}}
    ).raise_for_status()
    ours.change(kind)
    before = cloud.one.sql_statements().total
    began = time.monotonic()
    cloud.admin_api.request('DELETE', path).raise_for_status()
    seconds = _until_quiet(cloud) - began
    number = len(ours.ids[kind])
    caused = cloud.one.sql_statements().total - before
    plain_before = cloud.vanilla.sql_statements().total
    plain_seconds = plain.change(kind)
    plain_caused = cloud.vanilla.sql_statements().total - plain_before
    return Result(
        kind,
        number / seconds,
        number / plain_seconds,
        caused / number,
        plain_caused / number,
    )


def _until_quiet(cloud: clouds.Cloud) -> float:
    """Wait until the region has all of it; return when it had."""
    end = time.monotonic() + _LONGEST
    while time.monotonic() < end:
        now = time.monotonic()
        if not cloud.central.database.query(
            'SELECT 1 FROM journal WHERE region_name = %s AND pending'
            " AND resource_type <> 'sweep' LIMIT 1",
            'RegionOne',
        ):
            return now
        time.sleep(0.02)
    raise TimeoutError('XJob did not carry everything out')


def _middle(kind: str, found: Sequence[Result]) -> Result:
    return Result(
        kind,
        *(
            statistics.median(getattr(one, field.name) for one in found)
            for field in dataclasses.fields(Result)[1:]
        ),
    )


def main(argv: list[str]) -> int:
    """Measure and print; 1 with --check when a target is missed."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks carrying', description=__doc__
    )
    parser.add_argument(
        '--number', type=int, default=200, help='of each kind, default 200'
    )
    parser.add_argument(
        '--kinds',
        nargs='+',
        choices=KINDS,
        default=KINDS,
        help='what is changed, all of them by default',
    )
    parser.add_argument(
        '--rounds',
        type=int,
        default=6,
        help='how often all are changed, default 6, of which one warms up',
    )
    parser.add_argument(
        '--check', action='store_true', help='fail when a target is missed'
    )
    arguments = parser.parse_args(argv)

    def progress(text: str) -> None:
        print(text, file=sys.stderr)

    found = run(arguments.kinds, arguments.number, arguments.rounds, progress)
    print(
        table.text(
            ('what', 'a second', 'plain', 'ratio', 'statements', 'plain'),
            [
                (
                    one.kind,
                    f'{one.carried:.0f}',
                    f'{one.plain:.0f}',
                    f'{one.ratio:.2f}',
                    f'{one.statements:.1f}',
                    f'{one.plain_statements:.1f}',
                )
                for one in found
            ],
        )
    )
    missed = any(one.ratio < TARGET for one in found)
    return 1 if missed and arguments.check else 0
