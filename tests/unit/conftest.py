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

from collections.abc import Iterator
import os

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
