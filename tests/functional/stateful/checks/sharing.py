# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What tenants must see of networks when things are quiet.

Pure, as :mod:`tests.functional.stateful.checks.resources`.
"""

from tests.functional.stateful import model as models
from tests.functional.stateful.checks.resources import Finding
from tests.functional.stateful.checks.seen import Snapshot


def visible(snapshot: Snapshot) -> list[Finding]:
    """Return networks that a tenant sees in a region alone, or in central.

    Of those that the region has.
    """
    found = []
    for name, side in snapshot.regions.items():
        both = set(side.of(models.NETWORK)) & set(
            snapshot.central.of(models.NETWORK)
        )
        for project, here in side.visible.items():
            there = snapshot.central.visible[project]
            found += [
                Finding(
                    'network is hidden in a region'
                    if id_ in there
                    else 'network is not for this tenant',
                    f'{name} {id_} for {project}',
                )
                for id_ in sorted(both & (here ^ there))
            ]
    return found
