# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import importlib
import inspect
from typing import Any

import pytest

from tests.unit.insides import discovery
from tests.unit.insides import table
from tricircle.central.held import ipam
from tricircle.db.central import neutron_tables
from tricircle.local.port.address import guard
from tricircle.local.router.notice import dhcp_agents
from tricircle.network import central_l3_plugin
from tricircle.network import central_plugin
from tricircle.network import local_l3_plugin
from tricircle.network import local_plugin

SOURCES = discovery.sources()
#: Classes that are part of both: ours, and Neutron's behind them.
PLUGINS: tuple[type, ...] = (
    central_plugin.TricirclePlugin,
    central_l3_plugin.TricircleL3Plugin,
    local_plugin.TricirclePlugin,
    local_l3_plugin.TricircleL3Plugin,
    ipam.HoldingIpamBackend,
    guard.GuardedIpamBackend,
    dhcp_agents.Notifier,
)


def label(inside: table.Inside) -> str:
    return f'{inside.owner}.{inside.name}'


def owner_of(inside: table.Inside) -> Any:
    module, _, name = inside.owner.partition(':')
    found: Any = importlib.import_module(module)
    return getattr(found, name) if name else found


def is_set_by(owner: type, name: str) -> bool:
    """Tell whether a class sets an attribute of its objects."""
    return f'self.{name} = ' in inspect.getsource(owner)


@pytest.mark.parametrize('inside', table.INSIDES, ids=label)
def test_what_is_held_on_to_is_there_as_it_was(inside: table.Inside) -> None:
    owner = owner_of(inside)
    there = hasattr(owner, inside.name) or is_set_by(owner, inside.name)
    assert there, f'{label(inside)} is gone; {inside.needed_by} needs it'
    if inside.signature is None:
        return
    # What another test patched in this process was wrapped.
    found = inspect.unwrap(inspect.getattr_static(owner, inside.name))
    assert str(inspect.signature(found)) == inside.signature, (
        f'{label(inside)} takes other arguments; see {inside.needed_by}'
    )


def test_nothing_private_is_used_that_the_table_does_not_name() -> None:
    named = {one.name for one in table.INSIDES}
    own = {one for tree in SOURCES.values() for one in discovery.own(tree)}
    used = [
        use
        for path, tree in SOURCES.items()
        for use in (
            *discovery.private_uses(path, tree, own),
            *discovery.patches(path, tree),
        )
    ]
    unnamed = [
        f'{use.where}: {use.name}' for use in used if use.name not in named
    ]
    assert not unnamed


def is_of_tricircle(one: type) -> bool:
    return one.__module__.partition('.')[0] == 'tricircle'


def test_nothing_private_is_overridden_that_the_table_does_not_name() -> None:
    named = {one.name for one in table.INSIDES}
    classes = {
        one
        for plugin in PLUGINS
        for one in plugin.__mro__
        if is_of_tricircle(one)
    }
    foreign = {
        name
        for plugin in PLUGINS
        for one in plugin.__mro__
        if one.__module__.startswith('neutron.')
        for name in vars(one)
    }
    overridden = {
        f'{one.__module__}.{one.__qualname__}.{name}'
        for one in classes
        for name in vars(one)
        if name.startswith('_')
        and not name.startswith('__')
        and '__native_' not in name
        and name != '_abc_impl'
        and name in foreign
        and name not in named
    }
    assert not overridden


@pytest.mark.parametrize('inside', table.INSIDES, ids=label)
def test_whoever_the_table_names_needs_it(inside: table.Inside) -> None:
    path = discovery.ROOT.joinpath('tricircle', *inside.needed_by.split('.'))
    assert inside.name in path.with_suffix('.py').read_text()


def test_the_columns_that_are_read_and_written_are_there() -> None:
    named = [
        found
        for path, tree in SOURCES.items()
        for found in discovery.columns(path, tree, 'tables')
    ]
    missing = [
        f'{where}: {name}.{column}'
        for where, name, column in named
        if column not in getattr(neutron_tables, name).c
    ]
    assert named
    assert not missing
