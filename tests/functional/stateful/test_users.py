# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What users were answered is what is there when things are quiet."""

import pytest

from tests.functional.stateful.scripts import trying

pytestmark = pytest.mark.timeout(trying.TIMEOUT)


def test_what_was_answered_is_there_when_things_are_quiet() -> None:
    # With a region that leaves, one that is lost, and backups of both sides.
    trying.nothing_is_found(('RegionOne', 'RegionTwo'), 140, seed=4)
