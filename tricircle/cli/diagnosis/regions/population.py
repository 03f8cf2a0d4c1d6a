# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0206: hosts that find no port of another region."""

from collections.abc import Iterator
from typing import Final

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding

_TYPE: Final = 'Open vSwitch agent'


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.regions:
        lacking = sorted(
            str(agent['host'])
            for agent in one.agents or ()
            if agent['agent_type'] == _TYPE
            and agent['configurations'].get('tunnel_types')
            and not agent['configurations'].get('l2_population')
        )
        if lacking:
            yield finding.Found(
                one.region,
                'no tunnel to ports of other regions is set up on '
                + ', '.join(lacking[:5]),
                'set [agent] l2_population = true there, and have '
                'l2population among the mechanism drivers of the region',
            )


CHECKER = finding.Checker(
    'TRI0206',
    finding.Severity.ERROR,
    'An Open vSwitch agent does without l2population',
    _check,
)
