# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""TRI0402: releases that are not made to work with each other.

By the rule of OpenStack's rolling upgrades, see
:mod:`tricircle.replica.releases`: no two programs are more than one release
apart, and no region is of a later release than any of central's programs,
because servers are upgraded before what they serve.
"""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding
from tricircle.cli.diagnosis.releases import parties
from tricircle.replica import releases

_REMEDY = (
    'upgrade what is behind, one release at a time: first central, then the '
    'regions'
)


def _within_central(central: list[parties.Party]) -> Iterator[str]:
    numbered = [one for one in central if one.major is not None]
    if not numbered:
        return
    first = min(numbered, key=lambda one: one.major or 0)
    last = max(numbered, key=lambda one: one.major or 0)
    if (last.major or 0) - (first.major or 0) > 1:
        yield f'{first} and {last} are more than one release apart'


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    central = list(parties.of_central(found))
    for what in _within_central(central):
        yield finding.Found(found.central.region, what, _REMEDY)
    for one in parties.of_regions(found):
        for other in central:
            why = releases.apart(other.release, one.release)
            if why is not None:
                yield finding.Found(
                    one.region, f'{one}, {other}: {why}', _REMEDY
                )
                break


CHECKER = finding.Checker(
    'TRI0402',
    finding.Severity.WARNING,
    'Releases are too far apart',
    _check,
)
