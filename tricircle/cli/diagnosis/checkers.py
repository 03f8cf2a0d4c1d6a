# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""All checkers, by number."""

from collections.abc import Collection, Iterator
from typing import Final

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding
from tricircle.cli.diagnosis import reaching
from tricircle.cli.diagnosis import regions
from tricircle.cli.diagnosis import releases
from tricircle.cli.diagnosis import work

CHECKERS: Final = (
    *reaching.CHECKERS,
    *regions.CHECKERS,
    *work.CHECKERS,
    *releases.CHECKERS,
)


def findings(
    known: facts.Facts, numbers: Collection[str] = ()
) -> Iterator[finding.Finding]:
    """Yield all findings in the order of their numbers.

    :param numbers: only these, when any are given
    """
    for checker in CHECKERS:
        if numbers and checker.number not in numbers:
            continue
        for found in checker.check(known):
            yield finding.Finding(checker.number, checker.severity, *found)
