# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Tests of the test bed, which are left out while the bed is as proven.

A cloud of tests, its faults and its processes have tests of their own. What
they show holds until the bed or a pinned version changes: the file has the
hash of both, written when these tests last passed (``make prove-bed``). They
run when it does not fit, when all functional tests do, and when they are
named.
"""

import json
import os
from pathlib import Path

import pytest

from tests.functional import fingerprint as fingerprints
from tests.functional.cloud import workspace

HERE = Path(__file__).parent
_FILE = HERE / 'proven-bed.json'
_TESTS = ('test_cloud_fixture', 'test_cloud_sessions', 'test_forks')
#: ``always`` runs them, ``prove`` writes the hash when they have passed
_WHEN = os.environ.get('BED_TESTS', 'when changed')


def fingerprint() -> dict[str, str]:
    """Return what decides how the bed behaves."""
    bed = fingerprints.of(
        [
            workspace.ROOT / 'constraints.txt',
            HERE / 'conftest.py',
            *sorted((HERE / 'cloud').glob('*.py')),
            *sorted((HERE / 'warm').glob('*.py')),
            *(HERE / f'{name}.py' for name in _TESTS),
        ]
    )
    return {'bed': bed, 'python': fingerprints.python()}


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the bed's tests out of what was collected, if they are proven."""
    named = any(name in word for word in config.args for name in _TESTS)
    if named or _WHEN != 'when changed' or not _proven():
        return
    mine = [item for item in items if item.path.stem in _TESTS]
    if mine:
        items[:] = [item for item in items if item not in mine]
        config.hook.pytest_deselected(items=mine)


def _proven() -> bool:
    try:
        return bool(json.loads(_FILE.read_text()) == fingerprint())
    except (OSError, ValueError):
        return False


def note(status: int) -> None:
    """Write the hash when this run was to prove the bed, and did."""
    if _WHEN == 'prove' and status == pytest.ExitCode.OK:
        _FILE.write_text(json.dumps(fingerprint(), indent=1) + '\n')
