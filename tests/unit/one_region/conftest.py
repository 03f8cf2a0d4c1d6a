# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Fixtures: one region a module, a project a test."""

from collections.abc import Iterator
import uuid

import pytest

from tests.unit.one_region import asked_central
from tests.unit.one_region import region as regions


@pytest.fixture(scope='module')
def module_region() -> Iterator[regions.Region]:
    """A region of the module, in which nothing is at first."""
    with regions.running() as running:
        yield running


@pytest.fixture
def region(module_region: regions.Region) -> Iterator[regions.Region]:
    """The module's region, alive again after each test.

    Tests share it, and do not wipe it: each has a project of its own.
    """
    yield module_region
    module_region.heal()


@pytest.fixture
def fresh_project() -> str:
    """The ID of a project that nobody used before."""
    return uuid.uuid4().hex


@pytest.fixture
def there() -> Iterator[asked_central.Central]:
    """Central, which the region asks."""
    with asked_central.answering() as found:
        yield found


@pytest.fixture
def user(region: regions.Region) -> regions.Client:
    """A member of the project of the documents."""
    return region.client(asked_central.PROJECT)
