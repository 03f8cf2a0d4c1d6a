# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0301: a region of which nobody knows anything."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.statuses:
        if one['answers'] is None and one['state'] != 'lost':
            yield finding.Found(
                one['region_name'],
                'no XJob has looked at it for a minute: nothing of central '
                'arrives there',
                'start tricircle-xjob, or look at its log',
            )


CHECKER = finding.Checker(
    'TRI0301', finding.Severity.ERROR, 'No XJob looks at a region', _check
)
