# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0204: hosts on which nothing is changed any more."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.regions:
        dead = sorted(
            f'{agent["agent_type"]} on {agent["host"]}'
            for agent in one.agents or ()
            if not agent['alive'] and agent['admin_state_up']
        )
        if dead:
            yield finding.Found(
                one.region,
                f'{len(dead)} agents do not report: ' + ', '.join(dead[:5]),
                'start them, or delete those of hosts that are gone',
            )


CHECKER = finding.Checker(
    'TRI0204', finding.Severity.ERROR, 'Agents are not alive', _check
)
