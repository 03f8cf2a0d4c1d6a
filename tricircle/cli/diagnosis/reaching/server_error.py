# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0108: an endpoint that answers something else than Neutron does."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.answered(lambda status: status == 404 or status >= 500):
        yield finding.Found(
            one.region,
            f'{one.endpoint.url} answers {one.endpoint.status}, with no '
            'extensions',
            'correct the URL in Keystone, or look at the log there',
        )


CHECKER = finding.Checker(
    'TRI0108',
    finding.Severity.ERROR,
    'The answer is not one of Neutron',
    _check,
)
