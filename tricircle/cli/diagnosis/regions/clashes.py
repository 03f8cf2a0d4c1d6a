# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0207: networks of a region's own in the way of central's."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.regions:
        for clash in one.clashes:
            yield finding.Found(
                one.region,
                f'network {clash["network_id"]} of its own: {clash["reason"]}',
                str(clash['remedy']),
            )


CHECKER = finding.Checker(
    'TRI0207',
    finding.Severity.WARNING,
    "A network of a region clashes with central's",
    _check,
)
