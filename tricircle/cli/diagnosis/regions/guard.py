# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0205: hosts on which leases and router advertisements leak."""

from collections.abc import Iterator
from typing import Final

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding

_TYPE: Final = 'Open vSwitch agent'
_GUARD: Final = 'tricircle_region_guard'
#: Of the hosts of other regions, for which no agent reports.
_SHADOW: Final = 'tricircle_region'


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    for one in found.regions:
        lacking = sorted(
            str(agent['host'])
            for agent in one.agents or ()
            if agent['agent_type'] == _TYPE
            and _SHADOW not in agent['configurations']
            and _GUARD not in agent['configurations'].get('extensions', ())
        )
        if lacking:
            yield finding.Found(
                one.region,
                'DHCP and router advertisements of other regions reach '
                'instances on ' + ', '.join(lacking[:5]),
                f'add {_GUARD} to [agent] extensions of '
                'neutron-openvswitch-agent there',
            )


CHECKER = finding.Checker(
    'TRI0205',
    finding.Severity.ERROR,
    'An Open vSwitch agent lacks the guard',
    _check,
)
