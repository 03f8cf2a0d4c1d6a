# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What Tricircle's sources use of others' private names, and patch."""

import ast
from collections.abc import Collection, Iterator
import dataclasses
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_PACKAGE = ROOT / 'tricircle'
#: Private by their spelling alone: documented ways of the standard library
#: and of SQLAlchemy.
_DOCUMENTED = frozenset(['_asdict', '_exit', '_mapping'])


@dataclasses.dataclass(frozen=True)
class Use:
    """A place where a name of somebody else's is used.

    :ivar where: file and line
    :ivar module: without ``tricircle.``
    :ivar name: what is used
    """

    where: str
    module: str
    name: str


def sources() -> dict[Path, ast.Module]:
    """Return all modules, without migrations."""
    return {
        path: ast.parse(path.read_text(), str(path))
        for path in sorted(_PACKAGE.rglob('*.py'))
        if 'migration' not in path.parts
    }


def _module(path: Path) -> str:
    return '.'.join(path.relative_to(_PACKAGE).with_suffix('').parts)


def own(tree: ast.Module) -> set[str]:
    """Return the names that a module defines itself."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case (
                ast.Attribute(
                    attr=name, ctx=ast.Store(), value=ast.Name('self' | 'cls')
                )
                | ast.Name(id=name, ctx=ast.Store())
            ):
                found.add(name)
    return found


def private_uses(
    path: Path, tree: ast.Module, own: Collection[str]
) -> Iterator[Use]:
    """Yield uses of private attributes that Tricircle does not define.

    What it defines and calls on ``super()`` it overrides.

    :param own: what it defines
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        name = node.attr
        if not name.startswith('_') or name.startswith('__'):
            continue
        overrides = (
            isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Name)
            and node.value.func.id == 'super'
        )
        if (name in own and not overrides) or name in _DOCUMENTED:
            continue
        yield Use(f'{path}:{node.lineno}', _module(path), name)


def patches(path: Path, tree: ast.Module) -> Iterator[Use]:
    """Yield what a module sets on names that it imported from others."""
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and not (node.module or '').startswith('tricircle')
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            root: ast.expr = target
            while isinstance(root, ast.Attribute):
                root = root.value
            if (
                isinstance(target, ast.Attribute)
                and isinstance(root, ast.Name)
                and root.id in imported
            ):
                yield Use(f'{path}:{node.lineno}', _module(path), target.attr)


def columns(
    path: Path, tree: ast.Module, module: str
) -> Iterator[tuple[str, str, str]]:
    """Yield where which column of which table of a module is named.

    :param module: what its users call the module with the tables
    """
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(
                attr=column,
                value=ast.Attribute(
                    attr='c',
                    value=ast.Attribute(attr=table, value=ast.Name(id=name)),
                ),
            ) if name == module:
                yield f'{path}:{node.lineno}', table, column
