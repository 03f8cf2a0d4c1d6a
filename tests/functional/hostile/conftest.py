# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Fixtures: one cloud for all that is tried, and what it is tried on."""

from collections.abc import Iterator

import pytest

from tests.functional import cloud as clouds
from tests.functional.hostile import scene as scenes
from tests.functional.hostile import who_may


@pytest.fixture(scope='package')
def module_cloud() -> Iterator[clouds.Cloud]:
    """A cloud whose regions take documents of XJob only."""
    with clouds.Cloud.start(**who_may.OPTIONS) as cloud:
        yield cloud


@pytest.fixture(scope='package')
def scene(module_cloud: clouds.Cloud) -> scenes.Scene:
    """A tenant's router and instances in both regions."""
    return scenes.Scene.made(module_cloud)
