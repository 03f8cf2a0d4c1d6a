# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0211: tunnels that nobody probes any more, though the agents live."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding
from tricircle.cli.diagnosis.regions import tunnels


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    return tunnels.not_probed(
        found,
        "the agent's log says why its host could not send probes; where it "
        'says nothing, restart the agent',
    )


CHECKER = finding.Checker(
    'TRI0211',
    finding.Severity.WARNING,
    'Tunnels to other regions are not probed any more',
    _check,
)
