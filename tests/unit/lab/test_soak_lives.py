# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Lives that make sense, and what must be where while they are led."""

from collections.abc import Sequence
import dataclasses

import pytest

from lab.soak import presence
from lab.soak import steps

REGIONS = ('RegionOne', 'RegionTwo', 'RegionThree')
SEEDS = [str(number) for number in range(200)]


def lives(regions: Sequence[str] = REGIONS) -> list[steps.Life]:
    return [steps.life(seed, regions, 7) for seed in SEEDS]


def test_a_seed_always_gives_the_same_life() -> None:
    assert lives() == lives()


def test_all_topics_and_regions_come_up() -> None:
    found = lives()
    assert {one.topic for one in found} == {
        'groups',
        'ports',
        'routers',
        'servers',
    }
    assert {step.place for one in found for step in one.steps} == {
        steps.CENTRAL,
        *REGIONS,
    }


@pytest.mark.parametrize('count', [1, 2, 3])
def test_a_life_refers_to_what_there_is_and_leaves_nothing(count: int) -> None:
    for life in lives(REGIONS[:count]):
        there: set[str] = set()
        for step in life.steps:
            assert set(step.on) <= there, (life.seed, step)
            if step.action == steps.CREATE:
                assert step.name not in there, (life.seed, step)
                there.add(step.name)
                continue
            assert step.name in there, (life.seed, step)
            if step.action == steps.DELETE:
                there.discard(step.name)
                if step.kind == steps.NETWORK:
                    number = step.name.removeprefix('net')
                    there.discard(f'sub{number}')
                if step.kind == steps.GROUP:
                    there = {one for one in there if 'rule' not in one}
        assert not there, (life.seed, there)


def test_nothing_is_made_where_its_network_may_not_be() -> None:
    for life in lives():
        scopes = {
            step.name: step.value.split(',')
            for step in life.steps
            if step.kind == steps.NETWORK and step.action == steps.CREATE
        }
        for step in life.steps:
            for name in step.on:
                if step.place != steps.CENTRAL and scopes.get(name, ['']) != [
                    ''
                ]:
                    assert step.place in scopes[name], (life.seed, step)


def world(*taken: steps.Step) -> presence.World:
    found = presence.World()
    for step in taken:
        made = step.action == steps.CREATE and step.kind != steps.RULE
        found.taken(step, f'id-{step.name}' if made else '')
    return found


NETWORK = steps.Step(steps.CREATE, steps.NETWORK, 'net1')
SUBNET = steps.Step(steps.CREATE, steps.SUBNET, 'sub1', on=('net1',))
PORT = steps.Step(steps.CREATE, steps.PORT, 'port1', 'one', on=('net1',))


def shown(
    found: presence.World, *places: str, without: str = '', name: str = ''
) -> dict[str, dict[str, dict[str, presence.Seen]]]:
    """Return the view of places that have all, deleted things too."""
    return {
        place: {
            kind: {
                identifier: presence.Seen(name)
                for one, identifier in found.ids(kind).items()
                if f'{place} {one}' != without
            }
            for kind in presence.KINDS
        }
        for place in places
    }


def wrong(
    found: presence.World,
    view: dict[str, dict[str, dict[str, presence.Seen]]],
) -> list[str]:
    names = {one: f'x-{one}' for one in found.things}
    return presence.differences(found.things.values(), view, names)


def test_what_a_port_is_on_must_be_where_the_port_is() -> None:
    found = world(NETWORK, SUBNET, PORT)

    assert wrong(found, shown(found, steps.CENTRAL, 'one', 'two')) == []
    for name in ('net1', 'sub1', 'port1'):
        for place in (steps.CENTRAL, 'one'):
            (told,) = wrong(
                found, shown(found, place, without=f'{place} {name}')
            )
            assert told.endswith(f'{name} id-{name} is missing')
        assert wrong(found, shown(found, 'two', without=f'two {name}')) == []


def test_a_network_may_leave_a_region_when_nothing_there_is_on_it() -> None:
    gone = steps.Step(steps.DELETE, steps.PORT, 'port1')
    found = world(NETWORK, SUBNET, PORT, gone)

    assert found['net1'].regions == set()
    assert found['sub1'].regions == set()


@pytest.mark.parametrize(
    ('made_in', 'stays'), [(steps.CENTRAL, set()), ('one', {'one'})]
)
def test_a_port_of_a_deleted_server_stays_where_it_was_made(
    made_in: str, stays: set[str]
) -> None:
    port = dataclasses.replace(PORT, place=made_in)
    server = steps.Step(
        steps.CREATE, steps.SERVER, 'vm', 'one', on=('net1', 'port1')
    )
    found = world(NETWORK, SUBNET, port, server)
    assert found['port1'].regions == {'one'}

    found.taken(steps.Step(steps.DELETE, steps.SERVER, 'vm', 'one'))

    assert found['port1'].regions == stays
    assert found['net1'].regions == stays


def test_what_was_deleted_may_be_nowhere() -> None:
    found = world(
        NETWORK, SUBNET, steps.Step(steps.DELETE, steps.NETWORK, 'net1')
    )

    assert wrong(found, shown(found, 'one')) == [
        'one: network net1 id-net1 is there, though it was deleted',
        'one: subnet sub1 id-sub1 is there, though it was deleted',
    ]
    assert wrong(found, {steps.CENTRAL: {}, 'one': {}}) == []


def test_a_server_that_is_deleted_takes_its_own_port_along() -> None:
    server = steps.Step(steps.CREATE, steps.SERVER, 'vm', 'one', on=('net1',))
    found = world(NETWORK, SUBNET, server)
    name = presence.own_port('vm')
    found.things[name] = presence.Thing(
        steps.PORT, name, 'id', ('net1',), 'one'
    )

    found.taken(steps.Step(steps.DELETE, steps.SERVER, 'vm', 'one'))

    assert found[name].deleted
    assert found['net1'].regions == set()


def test_a_network_must_stay_in_its_scope() -> None:
    found = world(
        steps.Step(steps.CREATE, steps.NETWORK, 'net1', value='one,three')
    )

    assert wrong(found, shown(found, steps.CENTRAL, 'one', 'two')) == [
        'two: network net1 id-net1 is outside of its scope'
    ]


def test_a_new_name_arrives_where_the_thing_must_be() -> None:
    rename = steps.Step(steps.RENAME, steps.PORT, 'port1', value='amber')
    found = world(NETWORK, SUBNET, PORT, rename)

    view = shown(found, steps.CENTRAL, 'one', 'two', name='old')
    assert wrong(found, view) == [
        f"{place}: port port1 id-port1 is named 'old', not 'x-port1'"
        for place in (steps.CENTRAL, 'one')
    ]


def test_a_group_has_its_rules_and_tags_and_no_others() -> None:
    def rule(name: str, protocol: str) -> steps.Step:
        return steps.Step(
            steps.CREATE, steps.RULE, name, on=('group1',), value=protocol
        )

    found = world(
        steps.Step(steps.CREATE, steps.GROUP, 'group1'),
        rule('rule1', 'tcp'),
        rule('rule2', 'udp'),
        steps.Step(steps.DELETE, steps.RULE, 'rule1', on=('group1',)),
        steps.Step(steps.TAG, steps.GROUP, 'group1', value='amber'),
    )
    seen = presence.Seen('', frozenset(['tcp', 'udp']), frozenset())

    told = wrong(found, {steps.CENTRAL: {steps.GROUP: {'id-group1': seen}}})

    assert "lets in ['tcp', 'udp'], not ['udp']" in told[0]
    assert "has the tags [], not ['amber']" in told[1]
