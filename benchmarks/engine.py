# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What XJob itself takes for a job, where a region answers at once.

One process has many small jobs of one region: as much as it does then is the
most that any region gets of it. Database, XJob and the calls are real.
"""

import argparse
from collections.abc import Sequence
import os
import statistics
import sys
from typing import Final

from benchmarks import filled
from tricircle.replica import types

#: Jobs per second and process that are to be had, of networks.
TARGET: Final = 500


def run(
    kinds: Sequence[str], jobs: int, rounds: int, projects: int
) -> dict[str, filled.Work]:
    """Return the median round of each kind, by their rates.

    :param jobs: in each round
    :param projects: whose they are
    """
    found = {}
    with filled.Filled.running(1, jobs) as bed:
        for kind in kinds:
            # The first warms up.
            bed.carried_out(kind, bed.regions, projects)
            done = [
                bed.carried_out(kind, bed.regions, projects)
                for _ in range(rounds)
            ]
            middle = statistics.median_low(one.rate for one in done)
            found[kind] = next(one for one in done if one.rate == middle)
    return found


def main(argv: list[str]) -> int:
    """Measure and print; 1 with --check when the target is missed."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks engine', description=__doc__
    )
    parser.add_argument(
        '--jobs', type=int, default=2000, help='in a round, default 2000'
    )
    parser.add_argument(
        '--rounds',
        type=int,
        default=3,
        help='of each kind, after one that warms up; default 3',
    )
    parser.add_argument(
        '--projects',
        type=int,
        default=1,
        help='whose they are, one like the other; default 1',
    )
    parser.add_argument(
        '--kind',
        action='append',
        choices=filled.KINDS,
        help='of resources; may be repeated, default all',
    )
    parser.add_argument(
        '--check', action='store_true', help='fail when the target is missed'
    )
    arguments = parser.parse_args(argv)
    print(
        f'load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores',
        file=sys.stderr,
    )
    found = run(
        arguments.kind or filled.KINDS,
        arguments.jobs,
        arguments.rounds,
        arguments.projects,
    )
    for kind, work in found.items():
        print(f'{kind}: {work}')
    network = found.get(types.NETWORK)
    missed = network is not None and network.rate < TARGET
    if missed:
        print(f'under the target of {TARGET} per second', file=sys.stderr)
    return 1 if missed and arguments.check else 0
