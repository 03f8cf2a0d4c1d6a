# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0106: a Neutron that does not believe Keystone, or another Keystone."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.answered(lambda status: status == 401):
        yield finding.Found(
            one.region,
            f'{one.endpoint.url} refuses the token (401)',
            '[keystone_authtoken] there names another Keystone or a wrong '
            'password, or its clock is wrong',
        )


CHECKER = finding.Checker(
    'TRI0106', finding.Severity.ERROR, 'The token is refused', _check
)
