# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0203: attributes that a region has no place for."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding
from tricircle.replica import releases


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    wanted = found.central.extensions or frozenset()
    for one in found.regions:
        if one.extensions is None:
            continue
        lacking = releases.lacking(wanted, one.extensions)
        if lacking:
            yield finding.Found(
                one.region,
                'what central has by these extensions is omitted here: '
                + ', '.join(lacking),
                'load the same service plugins and extension drivers as '
                'central, or leave them out of central',
            )


CHECKER = finding.Checker(
    'TRI0203',
    finding.Severity.WARNING,
    'A region lacks extensions of central',
    _check,
)
