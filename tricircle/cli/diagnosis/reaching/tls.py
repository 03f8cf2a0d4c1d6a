# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0104: an endpoint that cannot prove who it is."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.failed_at(facts.Stage.TLS):
        yield finding.Found(
            one.region,
            f'TLS with {one.endpoint.host} fails: {one.endpoint.error}',
            'renew the certificate, name its authority with --os-cacert, or '
            'correct the name in the endpoint',
        )


CHECKER = finding.Checker(
    'TRI0104', finding.Severity.ERROR, 'A certificate is not trusted', _check
)
