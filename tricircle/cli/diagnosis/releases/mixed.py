# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""TRI0401: an upgrade that goes on, or that somebody forgot.

As OpenStack's services, Tricircle's of a release and the one before work with
each other while they are upgraded one by one: see
:mod:`tricircle.replica.releases`. So this is for information.
"""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding
from tricircle.cli.diagnosis.releases import parties


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    central = list(parties.of_central(found))
    versions = sorted({one.release.version for one in central})
    if len(versions) > 1:
        yield finding.Found(
            found.central.region,
            'different versions run: '
            + ', '.join(str(one) for one in central),
            'complete the upgrade of central',
        )
    for one in parties.of_regions(found):
        if central and one.release.version not in versions:
            yield finding.Found(
                one.region,
                f'its Neutron runs {one.release.version}, central '
                + ', '.join(versions),
                'complete the upgrade: first central, then the regions',
            )


CHECKER = finding.Checker(
    'TRI0401',
    finding.Severity.INFO,
    'Different versions run',
    _check,
)
