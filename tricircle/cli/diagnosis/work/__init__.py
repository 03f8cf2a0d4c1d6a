# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whether what central wants arrives, by its journal."""

from typing import Final

from tricircle.cli.diagnosis.work import compared
from tricircle.cli.diagnosis.work import ended
from tricircle.cli.diagnosis.work import failing
from tricircle.cli.diagnosis.work import incomplete
from tricircle.cli.diagnosis.work import paused
from tricircle.cli.diagnosis.work import unheard
from tricircle.cli.diagnosis.work import unreachable
from tricircle.cli.diagnosis.work import waiting

CHECKERS: Final = (
    unheard.CHECKER,
    unreachable.CHECKER,
    failing.CHECKER,
    ended.CHECKER,
    waiting.CHECKER,
    incomplete.CHECKER,
    compared.CHECKER,
    paused.CHECKER,
)
