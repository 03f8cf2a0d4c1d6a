# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Some minutes of tenants who do all sorts of things at once."""

import os

import pytest

from lab import cloud
from lab.soak import run as soak

#: How many minutes; two unless the environment says otherwise.
_MINUTES = float(os.environ.get('LAB_SOAK_MINUTES', '2'))

pytestmark = [
    pytest.mark.alone,
    # What has begun is led to its end, and then looked for.
    pytest.mark.timeout(_MINUTES * 60 + 900),
]


def _soak(lab: cloud.Lab, kill: bool) -> None:
    options = soak.Options(_MINUTES, kill=kill)
    report = soak.Soak(
        lab, options, lambda text: print(text, flush=True)
    ).run()
    assert report.ok, report.text()


def test_nothing_is_lost_and_nothing_is_left(lab: cloud.Lab) -> None:
    _soak(lab, kill=False)


@pytest.mark.thorough
def test_nothing_is_lost_while_services_are_killed(lab: cloud.Lab) -> None:
    _soak(lab, kill=True)
