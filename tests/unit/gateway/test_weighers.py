# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What orders the regions that fit."""

import datetime
from typing import Any

import hypothesis
from hypothesis import strategies
from oslo_config import cfg
import pytest

from tricircle.conf import gateway as gateway_conf
from tricircle.conf import reading
from tricircle.gateway import deploy
from tricircle.gateway import placing
from tricircle.gateway.placing import filters
from tricircle.gateway.placing import weighers

OLD = datetime.datetime(2026, 1, 1)
YOUNG = datetime.datetime(2026, 6, 1)
PODS = tuple(
    placing.Pod(name, 'az', pod_id=name, created_at=created)
    for name, created in (('A', YOUNG), ('B', OLD), ('C', YOUNG))
)


def order(
    wish: placing.Wish, *those: weighers.Weigher, pods: Any = PODS
) -> str:
    rules = placing.Rules(weighers=those)
    found = placing.choose(pods, wish, rules).pods
    return ''.join(pod.region_name for pod in found)


def test_without_any_the_name_decides() -> None:
    assert order(placing.Wish()) == 'ABC'


def test_a_project_goes_where_it_is_bound_to() -> None:
    wish = placing.Wish(standing=frozenset({'C'}))
    assert order(wish, weighers.binding) == 'CAB'


def test_a_project_stays_where_it_has_its_newest() -> None:
    wish = placing.Wish(bound=['C', 'B'])
    assert order(wish, weighers.presence) == 'CBA'


def test_more_room_is_better_and_unknown_is_none() -> None:
    wish = placing.Wish(room={'B': 2, 'C': 7})
    assert order(wish, weighers.room) == 'CBA'


def test_the_oldest_pod_comes_first() -> None:
    assert order(placing.Wish(), weighers.age) == 'BAC'


def test_one_whose_age_is_not_noted_is_older() -> None:
    pods = (*PODS, placing.Pod('D', 'az'))
    assert order(placing.Wish(), weighers.age, pods=pods) == 'DBAC'


def test_the_first_decides_and_the_next_where_it_does_not() -> None:
    wish = placing.Wish(room={'A': 1, 'B': 1, 'C': 1})
    assert order(wish, weighers.room, weighers.age) == 'BAC'
    wish = placing.Wish(room={'A': 3, 'B': 1, 'C': 1})
    assert order(wish, weighers.room, weighers.age) == 'ABC'


def test_several_pods_of_one_zone_are_told_apart() -> None:
    wish = placing.Wish(zone='az', standing=frozenset({'B'}))
    assert order(wish, weighers.binding) == 'BAC'


def test_those_that_are_configured_are_loaded_in_order() -> None:
    assert weighers.load(['age', 'binding']) == (
        weighers.age,
        weighers.binding,
    )


def test_those_that_come_with_this_are_installed() -> None:
    assert [one.__name__ for one in weighers.load(weighers.USUAL)] == list(
        weighers.USUAL
    )


def test_the_usual_ones_are_the_default() -> None:
    conf = cfg.ConfigOpts()
    gateway_conf.register(conf)
    assert conf.gateway.weighers == list(weighers.USUAL)
    assert deploy.rules(conf).weighers == placing.Rules().weighers


def test_one_that_is_not_installed_is_named_with_those_that_are() -> None:
    conf = cfg.ConfigOpts()
    gateway_conf.register(conf)
    conf.set_override('weighers', ['luck'], 'gateway')
    with pytest.raises(
        reading.ConfigurationError,
        match='no luck; installed are age, binding, presence, room',
    ):
        deploy.rules(conf)


NAMES = strategies.sampled_from('ABCDEFGH')
SUBSETS = strategies.frozensets(NAMES)
REGIONS = strategies.lists(
    strategies.builds(
        placing.Pod,
        NAMES,
        strategies.sampled_from(['az1', 'az2']),
        pod_id=NAMES,
        away=strategies.sampled_from(['', '', 'does not answer']),
        created_at=strategies.one_of(
            strategies.none(), strategies.datetimes()
        ),
    ),
    unique_by=lambda pod: pod.region_name,
    min_size=1,
)
WISHES = strategies.builds(
    placing.Wish,
    zone=strategies.sampled_from(['', 'az1', 'az2']),
    scopes=strategies.dictionaries(strategies.just('network n'), SUBSETS),
    bound=strategies.lists(NAMES, unique=True),
    standing=SUBSETS,
    room=strategies.dictionaries(NAMES, strategies.integers(0, 20)),
)
#: Whatever a plug-in may return, no number and infinity included.
LUCK = strategies.dictionaries(NAMES, strategies.floats())
RULES = strategies.lists(
    strategies.one_of(
        strategies.sampled_from(
            [
                weighers.binding,
                weighers.presence,
                weighers.room,
                weighers.age,
            ]
        ),
        LUCK.map(lambda luck: lambda pod, wish: luck.get(pod.region_name, 0)),
    ),
    max_size=4,
).map(lambda those: placing.Rules(weighers=tuple(those)))


def chosen(pods: Any, wish: placing.Wish, rules: placing.Rules) -> list[str]:
    try:
        found = placing.choose(pods, wish, rules).pods
    except placing.NoRegion:
        return []
    return [pod.region_name for pod in found]


@hypothesis.given(REGIONS, WISHES, RULES, strategies.randoms())
def test_the_order_of_the_pods_makes_no_difference(
    pods: list[placing.Pod],
    wish: placing.Wish,
    rules: placing.Rules,
    random: Any,
) -> None:
    others = list(pods)
    random.shuffle(others)
    assert chosen(pods, wish, rules) == chosen(others, wish, rules)


@hypothesis.given(REGIONS, WISHES, RULES)
def test_no_weigher_brings_back_what_a_filter_left_out(
    pods: list[placing.Pod], wish: placing.Wish, rules: placing.Rules
) -> None:
    fits = {
        pod.region_name
        for pod in pods
        if not any(one.why(pod, wish) for one in filters.ALWAYS)
    }
    found = chosen(pods, wish, rules)
    assert (set(found), len(found)) == (fits, len(fits))


@hypothesis.given(REGIONS, WISHES, RULES)
def test_the_order_is_total_without_one_of_them_as_well(
    pods: list[placing.Pod], wish: placing.Wish, rules: placing.Rules
) -> None:
    whole = chosen(pods, wish, rules)
    for gone in whole:
        rest = [pod for pod in pods if pod.region_name != gone]
        assert chosen(rest, wish, rules) == [
            name for name in whole if name != gone
        ]
