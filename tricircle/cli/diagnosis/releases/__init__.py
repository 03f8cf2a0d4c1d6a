# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Whether all run releases that work with each other.

The rule, and where it is from: :mod:`tricircle.replica.releases`.
"""

from typing import Final

from tricircle.cli.diagnosis.releases import apart
from tricircle.cli.diagnosis.releases import mixed
from tricircle.cli.diagnosis.releases import old_tables
from tricircle.cli.diagnosis.releases import silent
from tricircle.cli.diagnosis.releases import waiting_tables

CHECKERS: Final = (
    mixed.CHECKER,
    apart.CHECKER,
    old_tables.CHECKER,
    waiting_tables.CHECKER,
    silent.CHECKER,
)
