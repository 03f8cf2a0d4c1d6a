# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What answers promise."""

import copy

from tests.functional.stateful import model as models
from tests.functional.stateful.model import Changed
from tests.functional.stateful.model import Known
from tests.functional.stateful.model import Made
from tests.functional.stateful.model import Outcome
from tests.functional.stateful.model import Removed
from tests.functional.stateful.model import Thing


def _port(id_: str = 'p', **fields: object) -> Thing:
    values = {key: frozenset([value]) for key, value in fields.items()}
    return Thing(models.PORT, id_, 'project', values)


def _model(*things: Thing) -> models.Model:
    model = models.Model()
    model.take([[Made(thing) for thing in things]])
    return model


def _names(model: models.Model) -> set[object]:
    return set(model.things['p'].fields['name'])


def test_value_is_the_one_that_was_answered() -> None:
    model = _model(_port(name='a'))

    model.take([[Changed('p', 'name', 'b', Outcome.DONE)]])
    model.take([[Changed('p', 'name', 'c', Outcome.REFUSED)]])

    assert _names(model) == {'b'}


def test_each_of_two_at_once_may_be_the_last() -> None:
    model = _model(_port(name='a'))

    model.take(
        [
            [Changed('p', 'name', 'b', Outcome.DONE)],
            [Changed('p', 'name', 'c', Outcome.DONE)],
        ]
    )

    assert _names(model) == {'b', 'c'}


def test_change_without_an_answer_may_have_been_made_or_not() -> None:
    model = _model(_port(name='a'))

    model.take([[Changed('p', 'name', 'b', Outcome.UNKNOWN)]])

    assert _names(model) == {'a', 'b'}


def test_change_without_an_answer_of_what_nobody_knows_says_nothing() -> None:
    model = _model(_port())

    model.take([[Changed('p', 'tags', 'a', Outcome.UNKNOWN)]])

    assert 'tags' not in model.things['p'].fields


def test_all_changes_refused_leave_the_value() -> None:
    model = _model(_port(name='a'))

    model.take([[Changed('p', 'name', 'b', Outcome.REFUSED)]])

    assert _names(model) == {'a'}


def test_children_go_with_what_is_deleted() -> None:
    network = Thing(models.NETWORK, 'n', 'project', {})
    subnet = Thing(models.SUBNET, 's', 'project', {}, parent='n')
    model = _model(network, subnet)

    model.take([[Removed('n', Outcome.DONE)]])

    assert model.gone() == [network, subnet]


def test_one_of_two_deletions_is_enough() -> None:
    model = _model(_port())

    model.take([[Removed('p', Outcome.REFUSED)], [Removed('p', Outcome.DONE)]])

    assert model.things['p'].known is Known.GONE


def test_deletion_without_an_answer_leaves_it_open() -> None:
    model = _model(_port())

    model.take([[Removed('p', Outcome.UNKNOWN)]])

    assert model.things['p'].known is Known.UNKNOWN
    assert model.there(models.PORT) == [model.things['p']]


def test_floating_ip_forgets_a_port_that_is_gone() -> None:
    floating_ip = Thing(
        models.FLOATING_IP, 'f', 'project', {'port_id': frozenset(['p'])}
    )
    model = _model(_port(), floating_ip)

    model.take([[Removed('p', Outcome.DONE)]])
    model.drop_references()

    assert floating_ip.fields['port_id'] == {None}


def test_port_of_a_region_that_leaves_may_be_in_none() -> None:
    model = _model(_port(region='RegionOne'))

    model.take([[models.Emptied('RegionOne')]])

    assert model.things['p'].fields['region'] == {'RegionOne', None}


def test_port_that_came_as_the_region_left_may_be_in_none() -> None:
    model = _model()

    model.take(
        [
            [models.Emptied('RegionOne')],
            [Made(_port(region='RegionOne'))],
        ]
    )

    assert model.things['p'].fields['region'] == {'RegionOne', None}


def test_port_elsewhere_stays_where_it_is() -> None:
    model = _model(_port(region='RegionTwo'))

    model.take([[models.Emptied('RegionOne')]])

    assert model.things['p'].fields['region'] == {'RegionTwo'}


def test_port_in_no_region_may_be_back_in_one_that_had_it() -> None:
    model = _model(_port('p', region=None), _port('q', region='RegionTwo'))

    model.take([[models.Returned('RegionOne', frozenset('pq'))]])

    assert model.things['p'].fields['region'] == {None, 'RegionOne'}
    assert model.things['q'].fields['region'] == {'RegionTwo'}


def test_what_was_deleted_after_a_backup_is_there_again_or_not() -> None:
    model = _model(_port('p', name='a'), _port('q'))
    before = copy.deepcopy(model)
    model.take(
        [
            [Changed('p', 'name', 'b', Outcome.DONE)],
            [Removed('q', Outcome.DONE), Made(_port('r'))],
        ]
    )

    restored = model.as_before(before)

    assert {one.id: one.known for one in restored.things.values()} == {
        'p': Known.THERE,
        'q': Known.UNKNOWN,
    }
    assert restored.things['p'].fields['name'] == {'a'}
