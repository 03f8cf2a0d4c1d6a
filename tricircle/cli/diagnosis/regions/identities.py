# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0208: a region for which others may speak."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for pod in found.pods:
        if pod.get('service_user_id') or pod.get('service_project_id'):
            continue
        region = str(pod['region_name'])
        yield finding.Found(
            region,
            'no user or project is set that acts for it: any user with the '
            'role service may',
            'openstack multiregion networking pod set --service-user ID '
            f'{region}',
        )


CHECKER = finding.Checker(
    'TRI0208',
    finding.Severity.WARNING,
    'Anybody with the role service acts for a region',
    _check,
)
