# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Sums of what regions answer."""

from tricircle.gateway.answer import adding


def test_numbers_are_added() -> None:
    assert adding.added(
        [{'limits': {'absolute': {'maxTotalCores': 20}}}] * 3
    ) == {'limits': {'absolute': {'maxTotalCores': 60}}}


def test_unlimited_somewhere_is_unlimited() -> None:
    assert adding.added([{'a': 5}, {'a': -1}, {'a': 7}]) == {'a': -1}


def test_lists_follow_one_another() -> None:
    assert adding.added([{'a': [1]}, {'a': [2]}]) == {'a': [1, 2]}


def test_texts_and_truths_are_those_of_the_first() -> None:
    assert adding.added([{'a': 'x', 'b': True}, {'a': 'y', 'b': False}]) == {
        'a': 'x',
        'b': True,
    }


def test_what_only_one_says_counts() -> None:
    assert adding.added([{'a': 1}, {'b': 2}]) == {'a': 1, 'b': 2}
