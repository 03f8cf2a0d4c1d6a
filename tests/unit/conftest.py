# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Settings of all unit tests."""

from collections.abc import Callable, Iterator
import functools
import gc
import os
import sys
from typing import Any
from unittest import mock

import hypothesis
import pytest

# A deadline measures how busy the machine is, not what is tested.
hypothesis.settings.register_profile('unit', deadline=None)
# The same examples each time: what CI says is about the change. Everybody
# else looks for new ones.
hypothesis.settings.register_profile('ci', deadline=None, derandomize=True)
hypothesis.settings.load_profile('ci' if os.environ.get('CI') else 'unit')


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[pytest.TestReport]:
    """Count a skip as a failure.

    Neutron's test base skips what ends with a DBReferenceError
    (``_catch_errors`` of neutron.tests.base), so a defect of ours
    could look like a test that does not apply here.
    """
    report: pytest.TestReport = yield
    if report.skipped and not hasattr(report, 'wasxfail'):
        report.outcome = 'failed'
        report.longrepr = f'skipped: {report.longrepr}'
    return report


def pytest_collection_finish() -> None:
    """Spare the collector what is imported: it stays to the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class _LateRegion:
    """A cache that is made when it is first used."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    @functools.cached_property
    def _made(self) -> Any:
        return self._make()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)


@pytest.fixture(scope='session', autouse=True)
def caches_of_policies() -> Iterator[None]:
    """Let a check of a policy make its cache only if it uses it.

    Neutron makes a thousand of them, with a configuration each, whenever
    its policies are loaded, which is twice in each test with an API.
    """
    # Without a test that has imported it there is none that needs this.
    cache_utils = sys.modules.get('neutron.common.cache_utils')
    if cache_utils is None:
        yield
        return
    make = cache_utils._get_memory_cache_region

    def late(*arguments: Any, **options: Any) -> _LateRegion:
        return _LateRegion(functools.partial(make, *arguments, **options))

    with mock.patch.object(cache_utils, '_get_memory_cache_region', late):
        yield
