# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The floors of coverage, and what fails below them."""

import importlib.machinery
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope='module')
def coverage() -> ModuleType:
    path = str(ROOT / 'tools' / 'coverage')
    loader = importlib.machinery.SourceFileLoader('tools_coverage', path)
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def lines(executed: int, missing: int) -> dict[str, list[int]]:
    return {
        'executed_lines': list(range(executed)),
        'missing_lines': list(range(missing)),
    }


@pytest.fixture
def enough(coverage: Any) -> dict[str, dict[str, list[int]]]:
    return {f'{name}/one.py': lines(9, 1) for name in coverage.FLOORS}


def test_every_folder_with_a_floor_is_there(coverage: Any) -> None:
    assert all((ROOT / name).is_dir() for name in coverage.FLOORS)


def test_folders_at_their_floor_are_enough(coverage: Any, enough: Any) -> None:
    assert coverage.below(coverage.folders(enough)) == []


def test_one_line_less_is_too_little(coverage: Any, enough: Any) -> None:
    enough['tricircle/plan/two.py'] = lines(8, 2)

    (one,) = coverage.below(coverage.folders(enough))

    assert one == 'tricircle/plan: 85.0 % of the lines, not 90 %'


def test_folders_below_it_count_with_it(coverage: Any, enough: Any) -> None:
    enough['tricircle/plan/router/deep.py'] = lines(0, 10)

    found = coverage.folders(enough)

    assert found['tricircle/plan'] == (9, 20)
    assert found['tricircle/plan/router'] == (0, 10)


def test_a_folder_that_is_gone_is_below_its_floor(
    coverage: Any, enough: Any
) -> None:
    del enough['tricircle/journal/one.py']

    (one,) = coverage.below(coverage.folders(enough))

    assert one == 'tricircle/journal: no such folder'
