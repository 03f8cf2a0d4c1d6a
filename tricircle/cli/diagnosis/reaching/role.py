# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0107: a token that may not look."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.answered(lambda status: status == 403):
        yield finding.Found(
            one.region,
            f'{one.endpoint.url} answers 403 to an administrator',
            'call with the role admin; look at policy.yaml there',
        )


CHECKER = finding.Checker(
    'TRI0107', finding.Severity.ERROR, 'The role is lacking', _check
)
