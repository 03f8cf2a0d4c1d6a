# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0305: a region that does not keep up."""

from collections.abc import Iterator
from typing import Final

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding
from tricircle.cli.diagnosis.work import paused

#: Seconds, of what does not fail.
_LONG: Final = 300


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.statuses:
        if paused.is_paused(one):
            continue
        age = one['age']
        if age is not None and age > _LONG and not one['failing']:
            yield finding.Found(
                one['region_name'],
                f'it has lacked a change for {age} s, of {one["pending"]}',
                'look at the load of XJob and of neutron-server there; more '
                'workers help the first',
            )


CHECKER = finding.Checker(
    'TRI0305', finding.Severity.WARNING, 'A change waits for long', _check
)
