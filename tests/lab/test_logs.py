# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""The logs of all services, after all that other tests did to them."""

import pytest

from lab import cloud
from lab import log_surprises

pytestmark = pytest.mark.last


def test_nothing_is_in_the_logs_that_nothing_explains(lab: cloud.Lab) -> None:
    found = lab.surprises()

    assert not found, '\n'.join(log_surprises.described(one) for one in found)
