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

import os

import hypothesis
from hypothesis import stateful
import pytest

from tests.functional import cloud as clouds
from tests.functional.stateful import machine

pytestmark = [pytest.mark.own_cloud, pytest.mark.timeout(900)]


def test_what_was_answered_is_there_when_things_are_quiet(
    cloud: clouds.Cloud,
) -> None:
    by_hand = 'STATEFUL_STEPS' in os.environ
    steps = int(os.environ.get('STATEFUL_STEPS', '45'))
    stateful.run_state_machine_as_test(
        machine.machine(cloud, 'STATEFUL_KNOWN' in os.environ),
        settings=hypothesis.settings(
            max_examples=max(1, steps // 15),
            stateful_step_count=15,
            derandomize=not by_hand,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )
