# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0304: what an operator had tried no more."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.statuses:
        if one['ended']:
            yield finding.Found(
                one['region_name'],
                f'{one["ended"]} changes are not tried any more',
                'openstack multiregion networking job redo ID, when their '
                'cause is mended',
            )


CHECKER = finding.Checker(
    'TRI0304', finding.Severity.WARNING, 'Changes were given up', _check
)
