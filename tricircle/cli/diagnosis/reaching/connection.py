# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0103: an endpoint at which nobody listens, or a path that is closed."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.failed_at(facts.Stage.CONNECTION):
        yield finding.Found(
            one.region,
            f'no connection to {one.endpoint.host}: {one.endpoint.error}',
            'start neutron-server there, or open the path to it',
        )


CHECKER = finding.Checker(
    'TRI0103', finding.Severity.ERROR, 'Nobody takes the connection', _check
)
