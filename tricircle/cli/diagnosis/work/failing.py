# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0303: what a region was asked for and refused."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding
from tricircle.cli.diagnosis.work import paused


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.statuses:
        oldest = one['oldest_failure']
        if paused.is_paused(one):
            continue
        if oldest is not None and one['answers']:
            yield finding.Found(
                one['region_name'],
                f'{one["failing"]} changes fail, for longest '
                f'{oldest["type"]} {oldest["id"]}: {oldest["reason"]}',
                'openstack multiregion networking job list --status fail; '
                'they are tried again by themselves',
            )


CHECKER = finding.Checker(
    'TRI0303', finding.Severity.ERROR, 'Changes fail', _check
)
