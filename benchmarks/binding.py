# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a binding costs central on a large network, beside a small one.

A region binds one more port, and reports it: the neighbours in other regions
get shadows of it, and the rest is none of its business. Counted on rows that
were written straight into the database, and timed.
"""

import argparse
import dataclasses
import statistics
import time
from typing import Final

from tests.functional import at_scale
from tests.functional import central_alone

#: Regions beside that of the ports have the networks too.
_REGION: Final = 'RegionOne'


@dataclasses.dataclass(frozen=True)
class Cost:
    """Medians of a report.

    :ivar seconds: that the request takes
    """

    ports: int
    statements: int
    rows: int
    seconds: float


def _measure(
    central: central_alone.CentralAlone,
    network_id: str,
    ports: int,
    times: int,
) -> Cost:
    database = central.process.database
    statements, rows, seconds = [], [], []
    for _ in range(times + 1):
        made = central.process.admin.create_port(network_id, fixed_ips=[])
        central.pull('port', made['id'], _REGION, 'p', is_admin=True)
        before = database.statements()
        started = time.perf_counter()
        answer = central.report(made['id'], _REGION)
        seconds.append(time.perf_counter() - started)
        spent = database.statements() - before
        answer.raise_for_status()
        statements.append(spent.total)
        rows.append(spent.rows_read)
        central.process.admin.remove('port', made['id'])
    # The first one warms up.
    return Cost(
        ports,
        round(statistics.median(statements[1:])),
        round(statistics.median(rows[1:])),
        statistics.median(seconds[1:]),
    )


def run(ports: int, journal: int, times: int) -> list[Cost]:
    """Return the cost on a small network, and on one of so many ports."""
    with central_alone.CentralAlone.running() as central:
        at_scale.fill(central.process.database, ports, journal)
        return [
            _measure(central, network_id, size, times)
            for network_id, size in (
                (at_scale.SMALL_NETWORK, at_scale.PORTS_EACH),
                (at_scale.LARGE_NETWORK, ports),
            )
        ]


def main(argv: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks binding', description=__doc__
    )
    parser.add_argument(
        '--ports',
        type=int,
        default=at_scale.LARGE,
        help='on the large network, default %(default)s',
    )
    parser.add_argument(
        '--journal',
        type=int,
        default=at_scale.JOURNAL,
        help='rows of the journal, default %(default)s',
    )
    parser.add_argument(
        '--times', type=int, default=10, help='bindings of each, default 10'
    )
    arguments = parser.parse_args(argv)
    for cost in run(
        arguments.ports, arguments.journal, max(1, arguments.times)
    ):
        print(
            f'binding on a network of {cost.ports} ports: {cost.statements} '
            f'statements, {cost.rows} rows read, {cost.seconds * 1000:.1f} ms'
        )
    return 0
