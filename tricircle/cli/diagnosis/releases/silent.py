# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""TRI0405: a region that does not say what it runs."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.statuses:
        # The Admin API of a release before has no word of it.
        why = one.get('release_failure')
        if why and one['state'] != 'lost':
            yield finding.Found(
                one['region_name'],
                f'its Neutron does not say what it runs: {why}',
                'upgrade it; if it is of the release of central, look at its '
                'log, and whether [tricircle] central_user_id is XJob',
            )


CHECKER = finding.Checker(
    'TRI0405',
    finding.Severity.INFO,
    'A region does not say what it runs',
    _check,
)
