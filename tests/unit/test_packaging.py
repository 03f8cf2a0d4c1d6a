# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is installed is what pyproject.toml says, and all of it loads."""

from importlib import metadata
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tomllib
from typing import Any
import zipfile

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENTRY_POINTS = list(metadata.distribution('tricircle').entry_points)


def project() -> dict[str, Any]:
    with (ROOT / 'pyproject.toml').open('rb') as source:
        table: dict[str, Any] = tomllib.load(source)['project']
    return table


def label(entry: metadata.EntryPoint) -> str:
    return f'{entry.group}:{entry.name}'


def test_the_installed_entry_points_are_those_of_the_checkout() -> None:
    declared = {
        (group, name, value)
        for group, names in project()['entry-points'].items()
        for name, value in names.items()
    }
    declared |= {
        ('console_scripts', name, value)
        for name, value in project()['scripts'].items()
    }
    installed = {(e.group, e.name, e.value) for e in ENTRY_POINTS}
    assert installed == declared, 'run make venv'


@pytest.mark.parametrize('entry', ENTRY_POINTS, ids=label)
def test_entry_point_loads(entry: metadata.EntryPoint) -> None:
    loaded = entry.load()
    # Commands of the client and trees of migrations are named as modules.
    modules = ('openstack.cli.extension', 'neutron.db.alembic_migrations')
    if entry.group not in modules and not isinstance(loaded, tuple | list):
        assert callable(loaded)


@pytest.mark.parametrize(
    'entry',
    [e for e in ENTRY_POINTS if (e.attr or '').startswith('list_')],
    ids=label,
)
def test_entry_point_lists_something(entry: metadata.EntryPoint) -> None:
    assert list(entry.load()())


@pytest.mark.parametrize('name', sorted(project()['scripts']))
def test_program_prints_its_help(name: str) -> None:
    program = Path(sys.executable).with_name(name)
    done = subprocess.run(
        [program, '--help'], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert 'usage' in done.stdout.lower()


@pytest.mark.parametrize(
    'statement',
    [
        'import tricircle',
        'import tricircle, neutron',
        'import neutron, tricircle',
    ],
)
def test_threads_are_chosen_whoever_comes_first(statement: str) -> None:
    check = (
        f'{statement}\n'
        'from oslo_service import backend, service\n'
        'assert backend.get_backend_type() is backend.BackendType.THREADING\n'
    )
    done = subprocess.run(
        [sys.executable, '-W', 'error::RuntimeWarning', '-c', check],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_process_on_another_backend_is_warned() -> None:
    check = (
        'from oslo_service import backend\n'
        'backend.init_backend(backend.BackendType.EVENTLET)\n'
        'import tricircle\n'
    )
    done = subprocess.run(
        [sys.executable, '-c', check],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert 'no Tricircle service may run like this' in done.stderr


def test_importing_the_package_prints_nothing() -> None:
    done = subprocess.run(
        [sys.executable, '-c', 'import tricircle'],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    # A build writes beside its sources: give it a copy.
    source = tmp_path / 'source'
    source.mkdir()
    for name in ('pyproject.toml', 'README.md', 'LICENSE'):
        shutil.copy(ROOT / name, source)
    shutil.copytree(
        ROOT / 'tricircle',
        source / 'tricircle',
        ignore=shutil.ignore_patterns('__pycache__'),
    )
    expected = {
        str(path.relative_to(source))
        for path in (source / 'tricircle').rglob('*')
        if path.is_file()
    }

    subprocess.run(
        [
            *(sys.executable, '-m', 'pip', 'wheel', '--quiet'),
            *('--no-deps', '--no-build-isolation', '--no-index'),
            *('--wheel-dir', str(tmp_path), str(source)),
        ],
        check=True,
        env={**os.environ, 'PIP_DISABLE_PIP_VERSION_CHECK': '1'},
    )
    (wheel,) = tmp_path.glob('tricircle-*.whl')
    with zipfile.ZipFile(wheel) as archive:
        held = {n for n in archive.namelist() if n.startswith('tricircle/')}
    assert held == expected


def test_every_requirement_is_pinned() -> None:
    pins = {}
    lines = [
        line
        for name in ('constraints.txt', 'constraints-volumes.txt')
        for line in (ROOT / name).read_text().splitlines()
    ]
    for line in lines:
        if line and not line.startswith('#'):
            name, exact, version = line.partition('==')
            assert exact, f'{line}: not an exact pin'
            assert canonical(name) not in pins, f'{line}: pinned twice'
            pins[canonical(name)] = version
    wanted = project()['dependencies'] + [
        requirement
        for extra in project()['optional-dependencies'].values()
        for requirement in extra
    ]
    assert len(wanted) > 30
    for requirement in wanted:
        name = requirement.partition('>')[0].partition('[')[0]
        assert canonical(name) in pins, f'{requirement}: not in constraints'


def canonical(name: str) -> str:
    return name.strip().lower().replace('.', '-').replace('_', '-')
