# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0101: a region that Keystone does not know of."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.failed_at(facts.Stage.CATALOGUE):
        yield finding.Found(
            one.region,
            f'Keystone has no network endpoint of {one.region} that can be '
            f'called: {one.endpoint.error}',
            f'openstack endpoint create --region {one.region} network public '
            'URL; or correct region_name of the pod',
        )


CHECKER = finding.Checker(
    'TRI0101',
    finding.Severity.ERROR,
    'The catalogue has no network endpoint',
    _check,
)
