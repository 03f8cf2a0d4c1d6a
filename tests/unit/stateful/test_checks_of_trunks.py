# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A trunk that is not where it must be is found."""

from typing import Any

import pytest

from tests.functional.stateful import model as models
from tests.functional.stateful.checks import resources as checks
from tests.functional.stateful.checks import seen
from tests.functional.stateful.checks import trunks as checks_of_trunks
from tests.functional.stateful.checks.seen import Json
from tests.functional.stateful.checks.seen import Side
from tests.functional.stateful.checks.seen import Snapshot
from tests.functional.stateful.model import Changed
from tests.functional.stateful.model import Made
from tests.functional.stateful.model import Outcome
from tests.functional.stateful.model import Removed
from tests.functional.stateful.model import Thing
from tests.unit.stateful.snapshots import kinds_of
from tests.unit.stateful.snapshots import model_of
from tests.unit.stateful.snapshots import ONE
from tests.unit.stateful.snapshots import port
from tests.unit.stateful.snapshots import side
from tests.unit.stateful.snapshots import snapshot
from tests.unit.stateful.snapshots import TWO


def _trunk(**vlans: int) -> Json:
    return {
        'id': 't',
        'name': 'trunk',
        'tags': [],
        'project_id': 'project',
        'port_id': 'parent',
        'sub_ports': [
            {
                'port_id': port_id,
                'segmentation_type': 'vlan',
                'segmentation_id': vlan,
            }
            for port_id, vlan in vlans.items()
        ],
    }


_PORTS = (port('parent'), port('p'))


def _with_trunk(name: str, *ports: Json, **vlans: int) -> Side:
    return side(name, *ports, trunk=[_trunk(**vlans)])


def _made(**fields: Any) -> Made:
    values = {key: frozenset([value]) for key, value in fields.items()}
    return Made(Thing(models.TRUNK, 't', 'project', values, parent='parent'))


def _port_made(id_: str) -> Made:
    fields = {models.REGION: frozenset([ONE])}
    return Made(Thing(models.PORT, id_, 'project', fields, network='n'))


def _found(*sides: Side) -> set[str]:
    shown = snapshot(*sides)
    return kinds_of(
        [
            *checks_of_trunks.trunks(shown),
            *checks.values(shown),
            *checks.places(shown),
        ]
    )


def test_a_trunk_with_its_parent_in_one_region_is_right() -> None:
    assert (
        _found(
            _with_trunk('central', *_PORTS, p=100),
            _with_trunk(ONE, *_PORTS, p=100),
            side(TWO),
        )
        == set()
    )


def test_a_trunk_whose_parent_no_region_has_is_nowhere() -> None:
    central = _with_trunk('central', *_PORTS, p=100)

    assert _found(central, side(ONE), side(TWO)) == set()
    assert _found(central, _with_trunk(ONE, p=100), side(TWO)) == {
        'trunk is where its parent is not'
    }


def test_a_trunk_that_did_not_come_with_its_parent() -> None:
    found = _found(
        _with_trunk('central', *_PORTS, p=100), side(ONE, *_PORTS), side(TWO)
    )

    assert found == {'trunk is not where its parent is'}


def test_a_trunk_that_stayed_when_its_parent_moved() -> None:
    found = _found(
        _with_trunk('central', *_PORTS, p=100),
        _with_trunk(ONE, p=100),
        _with_trunk(TWO, *_PORTS, p=100),
    )

    assert found == {'trunk is where its parent is not'}


@pytest.mark.parametrize('vlans', [{}, {'p': 101}])
def test_a_trunk_that_carries_something_else(vlans: dict[str, int]) -> None:
    found = _found(
        _with_trunk('central', *_PORTS, p=100),
        _with_trunk(ONE, *_PORTS, **vlans),
    )

    assert found == {'trunk of a region has another sub_ports'}


def test_a_carried_port_that_was_left_behind() -> None:
    found = _found(
        _with_trunk('central', *_PORTS, p=100),
        side(ONE, port('p')),
        _with_trunk(TWO, port('parent'), p=100),
    )

    assert found == {'carried port is not where its trunk is'}


def test_a_trunk_that_central_has_no_more() -> None:
    found = _found(side('central', *_PORTS), _with_trunk(ONE, *_PORTS, p=100))

    assert found == {'left in a region (trunk)'}


@pytest.mark.parametrize(('vlan', 'right'), [(100, True), (101, False)])
def test_a_subport_that_was_added_is_carried(vlan: int, right: bool) -> None:
    model = model_of(_port_made('p'), _made(**{models.carries('p'): 100}))
    shown = snapshot(_with_trunk('central', *_PORTS, p=vlan))

    assert (not checks.promises(model, shown)) is right


def test_where_a_carried_port_is_nobody_has_promised() -> None:
    model = model_of(
        _port_made('p'),
        _made(),
        Changed('t', models.carries('p'), 100, Outcome.UNKNOWN),
    )

    assert models.REGION not in model.things['p'].fields


def test_a_subport_that_is_gone_is_carried_no_more() -> None:
    model = model_of(
        _port_made('parent'),
        _port_made('p'),
        _made(**{models.carries('p'): 100}),
    )
    model.things['parent'].fields.clear()
    model.take([[Removed('p', Outcome.DONE)]])
    shown = snapshot(_with_trunk('central', port('parent')))

    assert checks.settle(model, shown) == []
    assert checks.promises(model, shown) == []


def test_a_trunk_whose_parent_was_deleted_is_gone() -> None:
    model = model_of(_port_made('parent'), _made())
    model.take([[Removed('parent', Outcome.DONE)]])
    shown = snapshot(_with_trunk('central'))

    assert kinds_of(checks.promises(model, shown)) == {'deleted and there'}


def test_a_shadow_does_not_make_a_region_that_of_a_trunk() -> None:
    shadow = port('parent', device_owner=seen.SHADOW)
    shown: Snapshot = snapshot(
        _with_trunk('central', *_PORTS, p=100), side(ONE, shadow)
    )

    assert checks_of_trunks.trunks(shown) == []
