# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``python -m benchmarks``: print the ratios.

``... router``: of routers; ``... poisoned``: of what cannot be done;
``... binding``: of a binding on a large network; ``... lookups``: of what a
region looks up in central; ``... adoption``: of a region's network that
becomes central's; ``... burst``: of a tenant who changes much; ``...
carrying``: of how fast a region gets what has changed; ``... engine``: of XJob
itself; ``... regions``: of XJob with many regions; ``... gateway``: of the
compute gateway with many.
"""

import argparse
import dataclasses
import json
import sys

from benchmarks import adoption
from benchmarks import binding
from benchmarks import boot_path
from benchmarks import burst
from benchmarks import carrying
from benchmarks import engine
from benchmarks import gateway_regions
from benchmarks import growth
from benchmarks import lookups
from benchmarks import measure
from benchmarks import poisoned
from benchmarks import regions
from benchmarks import router
from benchmarks import table
from tests.functional import cloud as clouds


def _costs(costs: list[growth.Cost]) -> str:
    heads = (
        'in a region',
        'ports',
        'statements',
        'in central',
        'plain',
        'rows read',
        'in central',
        'plain',
        'calls to central',
    )
    return table.text(
        heads,
        [
            (
                one.what,
                str(one.ports),
                str(one.statements),
                str(one.central_statements),
                str(one.plain_statements),
                str(one.rows),
                str(one.central_rows),
                str(one.plain_rows),
                measure.calls(one.calls, one.allowed_calls),
            )
            for one in sorted(costs, key=lambda one: (one.what, one.ports))
        ],
    )


def main(argv: list[str] | None = None) -> int:
    """Measure and print; 1 with --check when a target is missed."""
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == ['adoption']:
        return adoption.main(words[1:])
    if words[:1] == ['router']:
        return router.main(words[1:])
    if words[:1] == ['binding']:
        return binding.main(words[1:])
    if words[:1] == ['burst']:
        return burst.main(words[1:])
    if words[:1] == ['carrying']:
        return carrying.main(words[1:])
    if words[:1] == ['engine']:
        return engine.main(words[1:])
    if words[:1] == ['gateway']:
        return gateway_regions.main(words[1:])
    if words[:1] == ['lookups']:
        return lookups.main(words[1:])
    if words[:1] == ['poisoned']:
        return poisoned.main(words[1:])
    if words[:1] == ['regions']:
        return regions.main(words[1:])
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks', description=__doc__
    )
    parser.add_argument(
        '--rounds',
        type=int,
        default=15,
        help='how often each request is measured, default 15',
    )
    parser.add_argument(
        '-f', '--format', choices=('table', 'json'), default='table'
    )
    parser.add_argument(
        '--check', action='store_true', help='fail when a target is missed'
    )
    arguments = parser.parse_args(words)

    def progress(text: str) -> None:
        print(text, file=sys.stderr)

    progress('starting central, two regions and a plain Neutron')
    # On a busy machine central may take longer than a region waits for it.
    region = {'client': {'central_timeout': '60'}}
    with clouds.Cloud.start(vanilla=True, region=region) as cloud:
        results = boot_path.run(cloud, max(2, arguments.rounds), progress)
        costs = growth.run(cloud, progress)
    if arguments.format == 'json':
        print(
            json.dumps(
                {
                    'ratios': [dataclasses.asdict(one) for one in results],
                    'growth': [dataclasses.asdict(one) for one in costs],
                }
            )
        )
    else:
        print(measure.ratios(results))
        print(f'Calls: {boot_path.ORIGINAL_CALLS}.')
        print()
        print(_costs(costs))
    missed = [
        *(one.what for one in results if not one.met),
        *(f'{one.what}, {one.ports} ports' for one in costs if not one.met),
    ]
    if missed:
        progress(f'over target: {", ".join(missed)}')
    return 1 if missed and arguments.check else 0


if __name__ == '__main__':
    sys.exit(main())
