# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0110: a host whose clock differs from the one here."""

from collections.abc import Iterator
from typing import Final

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding

#: Tokens are taken for some time that is no part of them.
_SECONDS: Final = 30.0


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.neutrons:
        clock = one.endpoint.clock
        if clock is not None and abs(clock) > _SECONDS:
            yield finding.Found(
                one.region,
                f'the clock of {one.endpoint.host} is '
                f'{abs(clock):.0f} s {"before" if clock > 0 else "behind"} '
                'the one here',
                'have both follow the same time servers',
            )


CHECKER = finding.Checker(
    'TRI0110', finding.Severity.WARNING, 'A clock is wrong', _check
)
