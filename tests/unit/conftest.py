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

from collections.abc import Callable, Iterable, Iterator
import copy
import functools
import gc
import os
import sys
import types
from typing import Any
import unittest
from unittest import mock

import hypothesis
import pytest
import sqlalchemy

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Let go of what a test case holds when it has ended.

    Test cases are made while tests are collected, so they are frozen. What
    they refer to, a whole Neutron each, would never be collected.
    """
    case = getattr(item, 'instance', None)
    yield
    if isinstance(case, unittest.TestCase):
        vars(case).clear()


class _LateRegion:
    """A cache that is made when it is first used.

    :param made: gets this one when it is made
    """

    def __init__(
        self, make: Callable[[], Any], made: list['_LateRegion']
    ) -> None:
        self._make = make
        self._all_made = made

    @functools.cached_property
    def _made(self) -> Any:
        self._all_made.append(self)
        return self._make()

    def forget(self) -> None:
        """Be as before the first use."""
        vars(self).pop('_made', None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)


@pytest.fixture(scope='session', autouse=True)
def all_statements_compiled_once() -> Iterator[None]:
    """Keep every statement that SQLAlchemy has compiled.

    The tests of one process have a thousand different ones, which is more
    than it keeps: a twelfth of their time went into compiling them again.
    """
    with mock.patch.object(
        sqlalchemy,
        'create_engine',
        functools.partial(sqlalchemy.create_engine, query_cache_size=10_000),
    ):
        yield


@pytest.fixture(scope='session', autouse=True)
def shared_policies() -> Iterator[None]:
    """Let policies that are loaded again be those of before.

    Neutron loads them twice in each test with an API. oslo.policy copies
    all, though it changes none, and a check of an owner has a cache, with a
    configuration, in each copy: a thousand of them. Here a check makes its
    cache only if it uses it, and forgets it whenever policies are loaded.
    """
    # Without a test that has imported it there is none that needs this.
    cache_utils = sys.modules.get('neutron.common.cache_utils')
    if cache_utils is None:
        yield
        return
    from oslo_policy import policy

    make = cache_utils._get_memory_cache_region
    register = policy.Enforcer.register_defaults
    made: list[_LateRegion] = []

    def late(*arguments: Any, **options: Any) -> _LateRegion:
        return _LateRegion(
            functools.partial(make, *arguments, **options), made
        )

    def register_defaults(
        enforcer: policy.Enforcer, defaults: Iterable[policy.RuleDefault]
    ) -> None:
        while made:
            made.pop().forget()
        register(enforcer, defaults)

    with (
        mock.patch.object(cache_utils, '_get_memory_cache_region', late),
        mock.patch.object(
            policy, 'copy', types.SimpleNamespace(deepcopy=copy.copy)
        ),
        mock.patch.object(
            policy.Enforcer, 'register_defaults', register_defaults
        ),
    ):
        yield
