# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``python -m benchmarks.lab_volumes``: the volume gateway, in a lab.

How long a volume takes to be shown, and lists of volumes to come, of
CentralRegion and of the region that has them; in turns, in one run. Regions
have a number of volumes each, rows of their Cinders' databases without files,
which are removed in the end.
"""

import argparse
from collections.abc import Iterator
import contextlib
import statistics
import sys
import time
from typing import Any
import uuid

from benchmarks import in_lab
from benchmarks import table
from lab import bootstrap
from lab import cloud
from lab import topology as topologies
from lab.services import mariadb

_NAME = 'benchmark'


@contextlib.contextmanager
def volumes(lab: cloud.Lab, number: int) -> Iterator[str]:
    """Have so many volumes in each region; ID of one in the last."""
    for region in lab.topology.regions:
        with _connection(lab, region.name) as there:
            made = there.block_storage.create_volume(size=1, name=_NAME)
            in_lab.until(
                lambda made=made, there=there: (  # type: ignore[misc]
                    there.block_storage.get_volume(made).status == 'available'
                )
            )
        mariadb.execute(lab.layout, _copies(region, made.id, number))
    try:
        yield str(made.id)
    finally:
        for region in lab.topology.regions:
            mariadb.execute(
                lab.layout,
                f'USE cinder_{region.name.lower()};'  # noqa: S608 our own
                f"DELETE FROM volumes WHERE display_name = '{_NAME}-copy';",
            )
            with _connection(lab, region.name) as there:
                for one in there.block_storage.volumes(name=_NAME):
                    there.block_storage.delete_volume(one)


def _copies(region: topologies.Region, volume_id: str, number: int) -> str:
    """Return SQL that copies a volume, a second of age between two."""
    each = ''.join(
        f"UPDATE one SET id = '{uuid.uuid4()}',"  # noqa: S608 our own
        ' created_at = created_at - INTERVAL 1 SECOND;'
        'INSERT INTO volumes SELECT * FROM one;'
        for _ in range(number - 1)
    )
    return (
        f'USE cinder_{region.name.lower()};'  # noqa: S608 our own
        'CREATE TEMPORARY TABLE one SELECT * FROM volumes'
        f" WHERE id = '{volume_id}';"
        f"UPDATE one SET display_name = '{_NAME}-copy';"
        f'START TRANSACTION;{each}COMMIT;'
    )


def _connection(lab: cloud.Lab, region: str) -> Any:
    return bootstrap.connect(
        lab.renderer, region, bootstrap.DEMO, bootstrap.DEMO
    )


def run(
    lab: cloud.Lab, number: int, rounds: int
) -> dict[str, dict[str, list[float]]]:
    """Return seconds by what is asked for and whom, without the first."""
    last = lab.topology.regions[-1].name
    asked = [topologies.CENTRAL, last]
    taken: dict[str, dict[str, list[float]]] = {}
    with volumes(lab, number) as volume_id, contextlib.ExitStack() as stack:
        apis = {
            name: stack.enter_context(_connection(lab, name)).block_storage
            for name in asked
        }
        paths = {
            'a volume': f'/volumes/{volume_id}',
            '10 volumes': '/volumes/detail?limit=10',
            f'{number} volumes': f'/volumes/detail?limit={number}',
        }
        for _round in range(rounds + 1):
            for what, path in paths.items():
                for name, api in apis.items():
                    began = time.perf_counter()
                    answer = api.get(path)
                    spent = time.perf_counter() - began
                    assert answer.status_code == 200, answer.text
                    taken.setdefault(what, {}).setdefault(name, []).append(
                        spent
                    )
    return {
        what: {name: found[1:] for name, found in by_name.items()}
        for what, by_name in taken.items()
    }


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.lab_volumes', description=__doc__
    )
    parser.add_argument('--rounds', type=int, default=20)
    parser.add_argument('--volumes', type=int, default=1000)
    asked = parser.parse_args()
    lab = in_lab.lab_that_is_up(parser)
    if not (lab.topology.gateway and lab.topology.volumes):
        parser.error('the lab needs lab/topologies/gateway.yaml')
    rows = []
    for what, taken in run(lab, asked.volumes, asked.rounds).items():
        ours, plain = (
            [1000 * one for one in taken[name]]
            for name in (
                topologies.CENTRAL,
                lab.topology.regions[-1].name,
            )
        )
        middle, other = statistics.median(ours), statistics.median(plain)
        rows.append(
            (
                what,
                f'{middle:.0f} ms',
                f'{max(ours):.0f} ms',
                f'{middle / other:.2f}',
                f'{other:.0f} ms',
                f'{max(plain):.0f} ms',
            )
        )
    heads = ('what', 'gateway', 'most', 'ratio', 'region', 'most of it')
    print(table.text(heads, rows))
    return 0


if __name__ == '__main__':
    sys.exit(main())
