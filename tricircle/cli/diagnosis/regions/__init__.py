# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whether the Neutrons are set up as Tricircle needs them."""

from typing import Final

from tricircle.cli.diagnosis.regions import agents
from tricircle.cli.diagnosis.regions import central_plugin
from tricircle.cli.diagnosis.regions import clashes
from tricircle.cli.diagnosis.regions import extensions
from tricircle.cli.diagnosis.regions import guard
from tricircle.cli.diagnosis.regions import identities
from tricircle.cli.diagnosis.regions import local_plugin
from tricircle.cli.diagnosis.regions import population
from tricircle.cli.diagnosis.regions import tunnels_down
from tricircle.cli.diagnosis.regions import tunnels_not_probed
from tricircle.cli.diagnosis.regions import tunnels_silent

CHECKERS: Final = (
    central_plugin.CHECKER,
    local_plugin.CHECKER,
    extensions.CHECKER,
    agents.CHECKER,
    guard.CHECKER,
    population.CHECKER,
    clashes.CHECKER,
    identities.CHECKER,
    tunnels_down.CHECKER,
    tunnels_silent.CHECKER,
    tunnels_not_probed.CHECKER,
)
