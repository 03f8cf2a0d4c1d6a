# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which package may import which: an arrow points only downwards."""

import ast
from collections.abc import Iterator
import dataclasses
import graphlib
from pathlib import Path
import re

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What each package may import of tricircle, besides itself. A package that
# is not here fails the test: it gets its line together with its first module.
ALLOWED: dict[str, frozenset[str]] = {
    'agent': frozenset({'conf', 'replica'}),
    'api': frozenset(
        {'client', 'conf', 'db', 'drift', 'journal', 'plan', 'replica'}
    ),
    'central': frozenset(
        {
            'client',
            'conf',
            'db',
            'extensions',
            'journal',
            'plan',
            'replica',
        }
    ),
    'cli': frozenset({'plan', 'replica'}),
    'client': frozenset({'conf', 'replica'}),
    'conf': frozenset(),
    'db': frozenset({'conf', 'plan', 'replica'}),
    'drift': frozenset({'client', 'conf', 'db', 'journal', 'plan', 'replica'}),
    'extensions': frozenset(),
    'gateway': frozenset(
        {'api', 'client', 'conf', 'db', 'journal', 'plan', 'replica'}
    ),
    'journal': frozenset({'conf', 'db', 'plan', 'replica'}),
    'local': frozenset(
        {'client', 'conf', 'db', 'extensions', 'plan', 'replica'}
    ),
    'network': frozenset({'central', 'conf', 'extensions', 'local'}),
    'plan': frozenset({'replica'}),
    'policies': frozenset({'replica'}),
    'replica': frozenset(),
    'xjob': frozenset(
        {'client', 'conf', 'db', 'drift', 'journal', 'plan', 'replica'}
    ),
}
# The programs tie everything together.
UNRESTRICTED = frozenset({'cmd'})
# A module of one of these serves one side, so it may not import both.
ONE_SIDE_EACH = frozenset({'network'})
SIDES = frozenset({'central', 'local'})

# Folders of a side, the lower ones first: a folder may import those before
# it. What is on top of a side may import all of them.
FOLDERS: dict[str, tuple[str, ...]] = {
    'central': (
        'server',
        'engine',
        'shadow',
        'held',
        'group',
        'qos',
        'network',
        'port',
        'router',
        'adoption',
        'departure',
    ),
    'local': (
        'process',
        'telling',
        'engine',
        'asking',
        'qos',
        'group',
        'network',
        'port',
        'trunk',
        'shadow',
        'router',
        'adoption',
    ),
}
# Files of a side that are in no folder: what Neutron loads, and the kinds.
MOST_ON_TOP = 12

# Pure packages: no I/O, no session, no configuration.
PURE = frozenset({'plan', 'replica'})
IMPURE = frozenset(
    {
        'alembic',
        'keystoneauth1',
        'neutron',
        'openstack',
        'oslo_config',
        'oslo_db',
        'oslo_messaging',
        'oslo_service',
        'requests',
        'sqlalchemy',
    }
)
NOWHERE = frozenset({'eventlet'})

# Names that say nothing about what is inside.
EMPTY_NAMES = frozenset(
    f'{stem}{plural}'
    for stem in ('util', 'helper', 'common', 'misc', 'manager')
    for plural in ('', 's')
)
MOST_LINES = 700


@dataclasses.dataclass(frozen=True)
class Import:
    """One import statement's target, as a dotted name."""

    line: int
    target: str


def python_files(directory: Path) -> list[Path]:
    return sorted(directory.rglob('*.py'))


def imports_of(path: Path, root: Path) -> Iterator[Import]:
    """Yield all imports of a file, also those inside functions."""
    package = path.relative_to(root).with_suffix('').parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ''
            if node.level:
                # `from . import x` in a.b.c is a.b; each more dot one less.
                parents = package[: len(package) - node.level + 1]
                base = '.'.join((*parents, *filter(None, [base])))
            for alias in node.names:
                # The name may be a module or something inside one. For the
                # rules below, which look at the first two parts, that is
                # the same, except in `from tricircle import x`.
                yield Import(node.lineno, f'{base}.{alias.name}')


def part_of(target: str, root: Path) -> str | None:
    """Return the package of tricircle that a dotted name is in, or None."""
    names = target.split('.')
    if names[0] != 'tricircle' or len(names) < 2:
        return None
    found = root / 'tricircle' / names[1]
    if found.is_dir() or found.with_suffix('.py').is_file():
        return names[1]
    return None


def violations(path: Path, root: Path) -> Iterator[str]:
    """Yield a sentence for each import of a file that breaks a rule."""
    inner = path.relative_to(root / 'tricircle').parts
    here = inner[0] if len(inner) > 1 else Path(inner[0]).stem
    is_root = inner == ('__init__.py',)
    if not is_root and here not in ALLOWED and here not in UNRESTRICTED:
        yield f'{path}: no rule for tricircle.{here}, add one to ALLOWED'
        return
    sides: set[str] = set()
    for imported in imports_of(path, root):
        where = f'{path}:{imported.line}'
        top = imported.target.split('.')[0]
        if top in NOWHERE:
            yield f'{where}: {top} may be imported nowhere'
        if here in PURE and top in IMPURE:
            yield f'{where}: tricircle.{here} is pure, it may not import {top}'
        there = part_of(imported.target, root)
        if there is None or here in UNRESTRICTED or there == here:
            continue
        if is_root:
            yield f'{where}: tricircle itself may not import {there}'
        elif there not in ALLOWED[here]:
            yield (
                f'{where}: tricircle.{here} may not import '
                f'tricircle.{there} ({imported.target})'
            )
        if here in ONE_SIDE_EACH and there in SIDES:
            sides.add(there)
            if sides == SIDES:
                yield f'{where}: a module imports central and local'


def folder_violations(path: Path, root: Path) -> Iterator[str]:
    """Yield a sentence for each import that goes up within a side."""
    side, *inner = path.relative_to(root / 'tricircle').parts
    if side not in FOLDERS or len(inner) < 2:
        return
    order = FOLDERS[side]
    folder = inner[0]
    if folder not in order:
        yield f'{path}: no place for {side}/{folder}, add one to FOLDERS'
        return
    below = order[: order.index(folder) + 1]
    for imported in imports_of(path, root):
        names = imported.target.split('.')
        if names[:2] != ['tricircle', side] or len(names) < 3:
            continue
        if names[2] not in below:
            yield (
                f'{path}:{imported.line}: {side}/{folder} may not import '
                f'{imported.target}, which is above it'
            )


def circles(paths: list[Path], root: Path) -> list[list[str]]:
    """Return the modules that need each other to be imported."""
    modules = {
        '.'.join(path.relative_to(root).with_suffix('').parts): path
        for path in paths
        if path.stem != '__init__'
    }
    graph = {
        name: {one.target for one in imports_of(path, root)} & modules.keys()
        for name, path in modules.items()
    }
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as exc:
        return [exc.args[1]]
    return []


def lab_violations(path: Path, root: Path) -> Iterator[str]:
    """Yield a sentence for each import of the product by the lab."""
    for imported in imports_of(path, root):
        if imported.target.split('.')[0] == 'tricircle':
            yield (
                f'{path}:{imported.line}: the lab runs programs of the '
                f'product, it may not import {imported.target}'
            )


def shape_faults(path: Path) -> Iterator[str]:
    names = {path.stem, *path.parent.relative_to(ROOT).parts}
    for name in sorted(names & EMPTY_NAMES):
        yield f'{path}: "{name}" says nothing about what is inside'
    lines = len(path.read_text().splitlines())
    if lines > MOST_LINES:
        yield f'{path}: {lines} lines, at most {MOST_LINES} are allowed'


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


PACKAGE = python_files(ROOT / 'tricircle')
LAB = python_files(ROOT / 'lab')
EVERYTHING = [
    path
    for name in ('tricircle', 'tests', 'benchmarks', 'lab')
    for path in python_files(ROOT / name)
]


def test_there_is_something_to_check() -> None:
    packages = {path.parent.name for path in PACKAGE}
    assert packages >= {'central', 'local', 'plan', 'replica'}
    assert ROOT / 'lab' / 'services' / 'tricircle.py' in LAB


@pytest.mark.parametrize('path', PACKAGE, ids=label)
def test_imports(path: Path, subtests: pytest.Subtests) -> None:
    for sentence in violations(path, ROOT):
        with subtests.test(sentence):
            pytest.fail(sentence, pytrace=False)


@pytest.mark.parametrize('path', LAB, ids=label)
def test_the_lab_imports_nothing_of_the_product(
    path: Path, subtests: pytest.Subtests
) -> None:
    for sentence in lab_violations(path, ROOT):
        with subtests.test(sentence):
            pytest.fail(sentence, pytrace=False)


@pytest.mark.parametrize('path', EVERYTHING, ids=label)
def test_shape(path: Path, subtests: pytest.Subtests) -> None:
    for sentence in shape_faults(path):
        with subtests.test(sentence):
            pytest.fail(sentence, pytrace=False)
    for imported in imports_of(path, ROOT):
        assert imported.target.split('.')[0] not in NOWHERE


@pytest.mark.parametrize(
    ('package', 'source', 'complaint'),
    [
        ('plan', 'from tricircle.db import models', 'tricircle.db'),
        ('plan', 'import tricircle.db.models', 'tricircle.db'),
        ('plan', 'from tricircle import db', 'tricircle.db'),
        ('plan', 'from ..db import models', 'tricircle.db'),
        ('plan', 'from .. import db', 'tricircle.db'),
        ('plan', 'def f():\n    import tricircle.db', 'tricircle.db'),
        ('plan', 'if 0:\n    import sqlalchemy.orm', 'sqlalchemy'),
        ('replica', 'from oslo_config import cfg', 'oslo_config'),
        ('central', 'from tricircle.local import apply', 'tricircle.local'),
        ('local', 'from tricircle.central import scope', 'tricircle.central'),
        ('cli', 'from tricircle.conf import client', 'tricircle.conf'),
        ('cmd', 'import eventlet.green', 'eventlet'),
        ('strange', 'import os', 'no rule'),
        (
            'network',
            'import tricircle.central\nimport tricircle.local',
            'central and local',
        ),
    ],
)
def test_a_forbidden_arrow_is_found(
    tmp_path: Path, package: str, source: str, complaint: str
) -> None:
    module = make_tree(tmp_path, package, source)
    found = list(violations(module, tmp_path))
    assert len(found) == 1
    assert complaint in found[0]


@pytest.mark.parametrize(
    ('package', 'source'),
    [
        ('plan', 'from tricircle.replica import document'),
        ('plan', 'from tricircle.plan import networks'),
        ('plan', 'from . import networks'),
        ('plan', 'from tricircle import __version__'),
        ('plan', 'import tricircle'),
        ('network', 'from tricircle.central import plugin'),
        ('cmd', 'import tricircle.central\nimport tricircle.local'),
        ('db', 'import sqlalchemy'),
    ],
)
def test_an_allowed_arrow_is_not(
    tmp_path: Path, package: str, source: str
) -> None:
    module = make_tree(tmp_path, package, source)
    assert list(violations(module, tmp_path)) == []


@pytest.mark.parametrize(
    ('source', 'found'),
    [
        ('import tricircle', 1),
        ('import tricircle.db.models as models', 1),
        ('from tricircle import conf', 1),
        ('from tricircle.db import models', 1),
        ('def f():\n    from tricircle.plan import network', 1),
        # The lab's own module of that name.
        ('from lab.services import tricircle', 0),
        ('from . import tricircle', 0),
        ('from .tricircle import API', 0),
        ('import tricircleclient', 0),
    ],
)
def test_what_the_lab_may_import(
    tmp_path: Path, source: str, found: int
) -> None:
    module = tmp_path / 'lab' / 'services' / 'module.py'
    module.parent.mkdir(parents=True)
    module.write_text(source)
    assert len(list(lab_violations(module, tmp_path))) == found


def make_tree(root: Path, package: str, source: str) -> Path:
    for name in {*ALLOWED, *UNRESTRICTED, package}:
        directory = root / 'tricircle' / name
        directory.mkdir(parents=True)
        (directory / '__init__.py').touch()
    module = root / 'tricircle' / package / 'module.py'
    module.write_text(source)
    return module


@pytest.mark.parametrize('path', PACKAGE, ids=label)
def test_folders_depend_in_one_direction(
    path: Path, subtests: pytest.Subtests
) -> None:
    for fault in folder_violations(path, ROOT):
        with subtests.test(fault):
            pytest.fail(fault)


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(PACKAGE, ROOT) == []


@pytest.mark.parametrize('side', sorted(FOLDERS))
def test_few_files_are_on_top_of_a_side(side: str) -> None:
    on_top = sorted((ROOT / 'tricircle' / side).glob('*.py'))
    assert len(on_top) <= MOST_ON_TOP, on_top


def test_an_import_that_goes_up_is_found(tmp_path: Path) -> None:
    folder = tmp_path / 'tricircle' / 'local' / 'engine'
    folder.mkdir(parents=True)
    module = folder / 'apply.py'
    module.write_text('from tricircle.local.router import applier\n')
    assert len(list(folder_violations(module, tmp_path))) == 1


def test_a_circle_is_found(tmp_path: Path) -> None:
    folder = tmp_path / 'tricircle'
    folder.mkdir()
    for one, other in (('a', 'b'), ('b', 'a')):
        (folder / f'{one}.py').write_text(f'from tricircle import {other}\n')
    assert circles(python_files(folder), tmp_path)


def test_no_unit_test_serves_by_http_server() -> None:
    """Eventlet, which Neutron imports, may have it run on its own threads.

    Then a test hangs, if Neutron was imported in its process before.
    """
    found = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / 'tests/unit').rglob('*.py'))
        if re.search(r'^(import|from) http\.server', path.read_text(), re.M)
    ]
    assert found == []
