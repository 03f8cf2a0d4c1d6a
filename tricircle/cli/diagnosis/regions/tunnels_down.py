# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0209: hosts that packets of other regions reached, and do no more."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding
from tricircle.cli.diagnosis.regions import tunnels


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    return tunnels.findings(
        found,
        'down',
        'packets came back from other regions and do no more',
        'let UDP 4789 pass between the tunnel addresses, both ways; see that '
        'Open vSwitch runs on the hosts',
    )


CHECKER = finding.Checker(
    'TRI0209',
    finding.Severity.ERROR,
    'Tunnels to other regions are down',
    _check,
)
