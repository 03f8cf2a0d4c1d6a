# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What it costs a region's user to find what is in central.

By ID and by name, of what the region has not met and of what it has; lists
that need nothing of central; the lists of a boot that names no network; and
floating IPs. Beside the same requests to a plain Neutron.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable
import sys
from typing import Final
import uuid

from benchmarks import boot_path
from benchmarks import measure
from tests.functional import cloud as clouds

#: Calls to central that each may cost, at most.
CALLS: Final = {
    'network by ID, new': 1,
    'network by name, new': 2,
    'network by name, here': 0,
    'network by a name that nobody has': 1,
    'all networks': 0,
    'boot without a network, of one that is new': 3,
    'floating IPs': 1,
    'floating IPs of a port': 0,
}


def run(
    cloud: clouds.Cloud, rounds: int, progress: Callable[[str], None]
) -> list[measure.Result]:
    """Measure, in turns with the plain Neutron beside."""
    ours: dict[str, measure.Samples] = defaultdict(measure.Samples)
    plain: dict[str, measure.Samples] = defaultdict(measure.Samples)
    for number in range(rounds):
        progress(f'round {number + 1} of {rounds}')
        for samples, owner, asked in (
            (ours, cloud.central, cloud.one),
            (plain, cloud.vanilla, cloud.vanilla),
        ):
            _round(cloud, samples, owner, asked)
        boot_path.wait_quiet(cloud)
    return [
        measure.result(what, ours[what], plain[what], None, calls)
        for what, calls in CALLS.items()
    ]


def _round(
    cloud: clouds.Cloud,
    samples: dict[str, measure.Samples],
    owner: clouds.NeutronProcess,
    asked: clouds.NeutronProcess,
) -> None:
    project = uuid.uuid4().hex
    there, here = owner.client(project), asked.client(project)

    def network() -> str:
        made = str(there.create_network(name=f'net-{project}')['id'])
        there.create_subnet(made, cidr='10.64.0.0/24')
        return made

    def sample(what: str, *requests: dict[str, object]) -> None:
        kind = 'floatingip' if what.startswith('floating') else 'network'

        def ask() -> None:
            for one in requests:
                here.list(kind, **one)

        measure.sample(samples[what], cloud, asked, ask)

    network()
    # As Nova asks.
    sample(
        'boot without a network, of one that is new',
        {'tenant_id': project, 'shared': False},
        {'shared': True},
    )
    sample('network by name, here', {'name': f'net-{project}'})
    # In a project of its own: of two by a name, both are looked for.
    project = uuid.uuid4().hex
    there, here = owner.client(project), asked.client(project)
    made = network()
    sample('network by name, new', {'name': f'net-{project}'})
    sample('network by a name that nobody has', {'name': uuid.uuid4().hex})
    sample('network by ID, new', {'id': network()})
    sample('all networks', {})
    sample('floating IPs', {})
    sample('floating IPs of a port', {'port_id': made})


def main(argv: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog='python -m benchmarks lookups')
    parser.add_argument(
        '--rounds',
        type=int,
        default=9,
        help='how often each request is measured, default 9',
    )
    arguments = parser.parse_args(argv)

    def progress(text: str) -> None:
        print(text, file=sys.stderr)

    progress('starting central, two regions and a plain Neutron')
    with clouds.Cloud.start(vanilla=True) as cloud:
        results = run(cloud, max(2, arguments.rounds), progress)
    print(measure.ratios(results))
    return 1 if any(not one.met for one in results) else 0
