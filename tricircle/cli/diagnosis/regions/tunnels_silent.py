# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TRI0210: tunnels through which nothing has ever come back."""

from collections.abc import Iterator

from tricircle.cli.diagnosis import facts
from tricircle.cli.diagnosis import finding
from tricircle.cli.diagnosis.regions import tunnels


def _check(found: facts.Facts) -> Iterator[finding.Found]:
    return tunnels.findings(
        found,
        'silent',
        'no probe has ever come back from other regions',
        'let UDP 4789 pass between the tunnel addresses, both ways; an Open '
        'vSwitch agent of a release before this one, or with probes turned '
        'off, does not answer either',
    )


CHECKER = finding.Checker(
    'TRI0210',
    finding.Severity.WARNING,
    'Tunnels to other regions are silent',
    _check,
)
