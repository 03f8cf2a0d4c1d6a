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

Two tables: the last interface of a router over two regions, beside a plain
Neutron (:mod:`benchmarks.router_interface`), and one router over more and
more regions (:mod:`benchmarks.router_spread`).
"""

import argparse
from collections.abc import Sequence
import dataclasses
import json
import sys
from typing import Final

from benchmarks import router_interface
from benchmarks import router_spread
from benchmarks import table

#: What the original took for two regions (the issue's figures).
ORIGINAL: Final = '3.6 s, 9.7 s of CPU and 50 calls for two regions'
#: Seconds that a stand-in takes for a document.
DELAY: Final = 0.2


def _print_interfaces(
    interfaces: Sequence[router_interface.Interface],
) -> None:
    print('last interface, two regions')
    for what, one in zip(('no gateway', 'gateway'), interfaces, strict=True):
        print(
            f'{what}: {one.seconds * 1000:.0f} ms until the routes are in '
            f'both, {one.answered * 1000:.0f} ms until central answers; '
            f'plain Neutron {one.plain * 1000:.0f} ms; ratio '
            f'{one.ratio:.2f} (target {router_interface.TARGET:.0f})'
        )
        print(
            f'  {one.puts} documents sent; {one.statements} '
            'statements in central and both regions, '
            f'{one.plain_statements} in plain Neutron'
        )
    print(f'  The original: {ORIGINAL}.')


def _print_spreads(
    spreads: Sequence[router_spread.Spread], delay: float
) -> None:
    names = tuple(one.name for one in dataclasses.fields(router_spread.Spread))
    rows = [
        tuple(_cell(value) for value in dataclasses.astuple(one))
        for one in spreads
    ]
    print(table.text(names, rows, str.rjust))
    print(f'  A stand-in takes {delay} s for a document.')


def _cell(value: object) -> str:
    if value is None:
        return '-'
    return f'{value:.2f}' if isinstance(value, float) else str(value)


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
        '--delay',
        type=float,
        default=DELAY,
        help='seconds that what stands in for a region takes for a document, '
        f'default {DELAY}',
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

    spreads = router_spread.measured(arguments.delay, progress)
    interfaces = router_interface.measured(max(2, arguments.rounds), progress)
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
        _print_interfaces(interfaces)
        print()
        _print_spreads(spreads, arguments.delay)
    met = [one.met for one in interfaces] + [one.met for one in spreads]
    return 1 if arguments.check and not all(met) else 0
