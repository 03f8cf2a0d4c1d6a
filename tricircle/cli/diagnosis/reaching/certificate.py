# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0109: a certificate that will not be trusted much longer."""

from collections.abc import Iterator
import datetime

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding

_SOON = datetime.timedelta(days=30)


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.neutrons:
        ends = one.endpoint.certificate_ends
        if ends is not None and ends - found.at < _SOON:
            yield finding.Found(
                one.region,
                f'the certificate of {one.endpoint.host} ends on {ends:%F}',
                'renew it',
            )


CHECKER = finding.Checker(
    'TRI0109', finding.Severity.WARNING, 'A certificate ends soon', _check
)
