# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Whose turn it is: each priority has its share, the projects take turns."""

import collections

import pytest

from tricircle.plan import turns
from tricircle.plan.turns import Priority
from tricircle.replica import types


def test_access_goes_first_then_changes_then_repairs() -> None:
    assert turns.Turns().order() == list(Priority)


@pytest.mark.parametrize('priority', Priority)
def test_each_priority_has_a_share_and_access_the_most(
    priority: Priority,
) -> None:
    taken = turns.Turns()
    first: collections.Counter[Priority] = collections.Counter()

    for _ in range(80):
        first[taken.order()[0]] += 1
        # Whoever it was.
        taken.took(priority, 'project')

    assert first == {
        Priority.ACCESS: 60,
        Priority.CHANGE: 10,
        Priority.REPAIR: 10,
    }


def test_every_priority_is_looked_at() -> None:
    taken = turns.Turns()
    for _ in range(8):
        assert sorted(taken.order()) == list(Priority)
        taken.took(Priority.ACCESS, None)


def test_who_had_a_turn_is_known_by_priority() -> None:
    taken = turns.Turns()
    assert taken.last(Priority.ACCESS) is None

    taken.took(Priority.ACCESS, 'project')
    taken.took(Priority.CHANGE, None)

    assert taken.last(Priority.ACCESS) == 'project'
    assert taken.last(Priority.CHANGE) == ''


def test_traffic_waits_for_ports_and_groups_and_not_for_networks() -> None:
    assert turns.priority_of(types.SECURITY_GROUP) == Priority.ACCESS
    assert turns.priority_of(types.PORT) == Priority.ACCESS
    assert turns.priority_of(types.NETWORK) == Priority.CHANGE
