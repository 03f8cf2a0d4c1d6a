# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""One XJob and many regions, all of which have to get everything.

As after a restore of central: each region gets each of its networks again.
Then one region takes connections and answers nothing, with as much to be
done; how long a change takes in the others is compared with before. Database,
XJob and the calls are real; something stands in for the regions.
"""

import argparse
from collections.abc import Callable
import dataclasses
import os
import statistics
import sys
import time
from typing import Final

from benchmarks import filled
from benchmarks import stand_in
from tricircle.replica import types

#: How much longer a change may take in a region while another is dead.
TARGET: Final = 1.1
_SILENT: Final = 'Silent'
#: Seconds between two looks of XJob's, which nothing wakes.
_LOOKS: Final = 0.1
#: Seconds in which it has become known that a region is dead.
_KNOWN: Final = 5.0
_ROUNDS: Final = 4


@dataclasses.dataclass(frozen=True)
class Result:
    """What it took.

    :ivar resync: until all regions had all
    :ivar idle: bytes that XJob had before
    :ivar before: median of seconds until a region has a change
    :ivar beside_dead: the same while another region is dead
    """

    resync: filled.Work
    idle: int
    before: float
    beside_dead: float

    @property
    def ratio(self) -> float:
        """How much longer a change takes beside a dead region."""
        return self.beside_dead / self.before


def run(
    regions: int,
    networks: int,
    changes: int,
    progress: Callable[[str], None],
) -> Result:
    """Start central and XJob, and measure.

    :param networks: in each region
    :param changes: that are measured, before and beside a dead region
    """
    with stand_in.Silence.kept() as dead:
        with filled.Filled.running(
            regions, networks, {_SILENT: dead.url}, _LOOKS
        ) as bed:
            idle = bed.memory()
            progress(f'{regions} regions get {networks} networks each')
            resync = bed.carried_out(types.NETWORK, bed.regions)
            progress(str(resync))

            # In turns, so that whatever else the machine has to do falls on
            # both.
            before, beside = [], []
            for _ in range(_ROUNDS):
                progress('changing one network after the other')
                before += _changes(bed, changes // _ROUNDS)
                bed.want(types.NETWORK, [_SILENT])
                bed.release([_SILENT])
                time.sleep(_KNOWN)
                progress('and while a region is dead')
                beside += _changes(bed, changes // _ROUNDS)
                bed.call_off([_SILENT])
    return Result(
        resync, idle, statistics.median(before), statistics.median(beside)
    )


def _changes(bed: filled.Filled, number: int) -> list[float]:
    """Return the seconds until regions have changes, one after the other."""
    return [
        bed.arrives(types.NETWORK, bed.regions[one % len(bed.regions)])
        for one in range(number)
    ]


def main(argv: list[str]) -> int:
    """Measure and print; 1 with --check when the target is missed."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks regions', description=__doc__
    )
    parser.add_argument('--regions', type=int, default=25, help='default 25')
    parser.add_argument(
        '--networks', type=int, default=200, help='of each, default 200'
    )
    parser.add_argument(
        '--changes',
        type=int,
        default=100,
        help='that are measured before and beside a dead region, default 100',
    )
    parser.add_argument(
        '--check', action='store_true', help='fail when the target is missed'
    )
    arguments = parser.parse_args(argv)

    def progress(text: str) -> None:
        print(text, file=sys.stderr)

    progress(f'load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores')
    found = run(
        arguments.regions, arguments.networks, arguments.changes, progress
    )
    print(
        f'{arguments.regions} regions of {arguments.networks} networks: '
        f'{found.resync}, {found.idle / 2**20:.0f} before'
    )
    print(
        f'a change: {1000 * found.before:.0f} ms until the region has it, '
        f'beside a dead region {1000 * found.beside_dead:.0f} ms: ratio '
        f'{found.ratio:.2f}'
    )
    return 1 if found.ratio > TARGET and arguments.check else 0
