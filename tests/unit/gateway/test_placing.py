# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Where something new goes, and why it goes nowhere."""

import pytest

from tricircle.gateway import placing

ONE = placing.Pod('RegionOne', 'az1')
TWO = placing.Pod('RegionTwo', 'az2')
THREE = placing.Pod('RegionThree', 'az2')
PODS = (THREE, TWO, ONE)


def names(wish: placing.Wish, *pods: placing.Pod) -> list[str]:
    found = placing.choose(pods or PODS, wish).pods
    return [pod.region_name for pod in found]


def refusal(wish: placing.Wish, *pods: placing.Pod) -> str:
    with pytest.raises(placing.NoRegion) as caught:
        placing.choose(pods or PODS, wish)
    return str(caught.value)


def test_a_request_without_wishes_fits_all_regions_by_name() -> None:
    assert names(placing.Wish()) == ['RegionOne', 'RegionThree', 'RegionTwo']


def test_a_zone_stands_for_all_its_regions() -> None:
    assert names(placing.Wish(zone='az2')) == ['RegionThree', 'RegionTwo']


def test_the_name_of_a_region_stands_for_it() -> None:
    assert names(placing.Wish(zone='RegionTwo')) == ['RegionTwo']


def test_a_project_stays_where_it_has_something() -> None:
    wish = placing.Wish(zone='az2', bound=['RegionTwo', 'RegionOne'])
    assert names(wish) == ['RegionTwo', 'RegionThree']


def test_all_networks_must_be_for_the_region() -> None:
    wish = placing.Wish(
        scopes={
            'network n': frozenset({'RegionOne', 'RegionTwo'}),
            'network m': frozenset({'RegionTwo', 'RegionThree'}),
        }
    )
    assert names(wish) == ['RegionTwo']


def test_what_is_needed_is_in_one_region() -> None:
    wish = placing.Wish(homes={'server group g': 'RegionThree'})
    assert names(wish) == ['RegionThree']


def test_a_region_that_is_away_takes_nothing() -> None:
    away = placing.Pod('RegionOne', 'az1', away='does not answer')
    assert names(placing.Wish(), away, TWO) == ['RegionTwo']


def test_a_refusal_names_what_left_out_which_region() -> None:
    said = refusal(
        placing.Wish(
            zone='az1', scopes={'network n': frozenset({'RegionTwo'})}
        ),
        ONE,
        TWO,
    )
    assert said == (
        'No region fits: RegionTwo by availability zone (is in zone az2); '
        'RegionOne by networks (network n is not for it)'
    )


def test_a_refusal_says_that_the_region_is_away() -> None:
    away = placing.Pod('RegionOne', 'az1', away='does not answer')
    assert 'RegionOne by state (does not answer)' in refusal(
        placing.Wish(zone='az1'), away, TWO
    )


def test_without_pods_there_is_nowhere_to_go() -> None:
    with pytest.raises(placing.NoRegion, match='No region serves'):
        placing.choose([], placing.Wish())
