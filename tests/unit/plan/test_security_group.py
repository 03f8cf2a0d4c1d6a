# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import dataclasses

from hypothesis import given
from hypothesis import strategies as st
import pytest

from tests.unit.plan import states
from tricircle.plan import security_group as plan
from tricircle.replica.body import digest


def test_address_group_of_a_rule_is_kept():
    body = plan.body(
        states.group(
            states.rule(1), states.rule(2, remote_address_group_id='ag')
        )
    )
    assert [
        rule.get('remote_address_group_id', 'left out')
        for rule in body['rules']
    ] == ['left out', 'ag']
    assert plan.named_by_rules(body['rules']) == {('address-group', 'ag')}


def test_remote_group_of_a_rule_is_kept():
    body = plan.body(
        states.group(states.rule(remote_group_id='group-1'), default=True)
    )
    assert body['rules'][0]['remote_group_id'] == 'group-1'
    assert body['security_group']['default'] is True


@pytest.mark.parametrize(
    ('start', 'remotes', 'expected'),
    [
        ([], {}, set()),
        (['a'], {}, {'a'}),
        (['a'], {'a': ['a']}, {'a'}),
        (['a'], {'a': ['b'], 'b': ['c'], 'x': ['y']}, {'a', 'b', 'c'}),
        (['a'], {'a': ['b'], 'b': ['a']}, {'a', 'b'}),
        (['a', 'x'], {'x': ['y']}, {'a', 'x', 'y'}),
    ],
)
def test_groups_bring_along_the_groups_of_their_rules(
    start, remotes, expected
):
    assert plan.closure(start, remotes) == expected


@given(
    st.sets(st.integers(0, 9)),
    st.dictionaries(st.integers(0, 9), st.sets(st.integers(0, 9))),
)
def test_closure_is_closed_and_no_larger_than_needed(start, remotes):
    found = plan.closure(start, remotes)
    assert start <= found
    for group in found:
        assert remotes.get(group, set()) <= found
    for group in found - start:
        assert any(group in remotes.get(other, ()) for other in found)


@given(states.groups, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_show(group, random):
    other = dataclasses.replace(
        group,
        **{
            name: tuple(
                random.sample(getattr(group, name), len(getattr(group, name)))
            )
            for name in ('rules', 'rbac', 'tags')
        },
    )
    body, body_of_other = plan.body(group), plan.body(other)
    assert digest.canonical(body) == digest.canonical(body_of_other)
