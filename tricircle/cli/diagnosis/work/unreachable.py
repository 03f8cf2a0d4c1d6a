# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0302: a region that answers us, perhaps, and not XJob."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.statuses:
        if one['answers'] is False and one['state'] != 'lost':
            yield finding.Found(
                one['region_name'],
                f'it does not answer XJob since {one["answers_since"]}: '
                f'{one["contact_failure"]}',
                'have it answer where XJob runs; what is pending is tried '
                'again by itself',
            )


CHECKER = finding.Checker(
    'TRI0302', finding.Severity.ERROR, 'XJob does not reach a region', _check
)
