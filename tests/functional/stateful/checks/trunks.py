# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What must be true of trunks when things are quiet.

Pure, as :mod:`tests.functional.stateful.checks.resources`.
"""

from collections.abc import Iterator

from tests.functional.stateful import model as models
from tests.functional.stateful.checks import seen
from tests.functional.stateful.checks.resources import Finding
from tests.functional.stateful.checks.seen import Json
from tests.functional.stateful.checks.seen import Snapshot


def trunks(snapshot: Snapshot) -> list[Finding]:
    """Return trunks that are not where their parent port is, with all."""
    return [
        found
        for trunk in snapshot.central.of(models.TRUNK).values()
        for found in _trunk(trunk, snapshot)
    ]


def _trunk(trunk: Json, snapshot: Snapshot) -> Iterator[Finding]:
    id_, parent_id = str(trunk['id']), str(trunk['port_id'])
    region = seen.holder(parent_id, snapshot)
    for name, side in snapshot.regions.items():
        if name == region and id_ not in side.of(models.TRUNK):
            yield Finding(
                'trunk is not where its parent is',
                f'{id_}, whose parent {parent_id} {name} has',
            )
        elif name != region and id_ in side.of(models.TRUNK):
            yield Finding(
                'trunk is where its parent is not',
                f'{name} {id_}, whose parent {parent_id} {region} has',
            )
    if region is None:
        return
    for port_id in seen.carried(trunk):
        found = seen.holder(port_id, snapshot)
        if found != region:
            yield Finding(
                'carried port is not where its trunk is',
                f'{port_id} of {id_} is in {found}, not in {region}',
            )
