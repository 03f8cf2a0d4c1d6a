# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Where two bodies of a document differ."""

import pytest

from tricircle.replica.body import differences


@pytest.mark.parametrize(
    ('wanted', 'found', 'places'),
    [
        ({'network': {'mtu': 1}}, {'network': {'mtu': 1}}, []),
        ({'network': {'mtu': 1}}, {'network': {'mtu': 2}}, ['network.mtu']),
        ({'a': 1, 'b': 2}, {'b': 2, 'c': 3}, ['a', 'c']),
        ({'tags': ['one']}, {'tags': []}, ['tags']),
        ({'gateway': {'id': 'x'}}, {'gateway': None}, ['gateway']),
        (
            {'subnets': [{'id': 'x', 'name': 'a'}, {'id': 'y', 'name': 'b'}]},
            {'subnets': [{'id': 'x', 'name': 'a'}, {'id': 'y', 'name': 'c'}]},
            ['subnets.name'],
        ),
        (
            {'subnets': [{'id': 'x'}, {'id': 'y'}]},
            {'subnets': [{'id': 'x'}]},
            ['subnets'],
        ),
        ({'rules': [{'port': 1}]}, {'rules': [{'port': 2}]}, ['rules']),
        (['one'], ['two'], ['body']),
    ],
)
def test_places_are_named_by_fields(wanted, found, places):
    assert differences.between(wanted, found) == places


def test_some_places_of_many_are_named():
    wanted = {f'field{number}': 1 for number in range(100)}
    assert len(differences.between(wanted, {})) == 5


def test_neither_ids_nor_values_are_named():
    wanted = {'ports': [{'id': 'secret-id', 'name': 'secret-name'}]}
    found = {'ports': [{'id': 'secret-id', 'name': 'another'}]}
    assert differences.between(wanted, found) == ['ports.name']


def test_for_operators_each_comes_with_its_item_and_values():
    wanted = {
        'network': {'mtu': 1450, 'name': 'net'},
        'subnets': [{'id': 'x', 'name': 'a'}, {'id': 'y', 'name': 'b'}],
    }
    found = {
        'network': {'mtu': 1500, 'name': 'net'},
        'subnets': [{'id': 'x', 'name': 'c'}, {'id': 'z', 'name': 'b'}],
    }
    assert differences.each(wanted, found) == [
        differences.Difference('network.mtu', None, 1450, 1500),
        differences.Difference(
            'subnets',
            None,
            [{'id': 'y', 'name': 'b'}],
            [{'id': 'z', 'name': 'b'}],
        ),
        differences.Difference('subnets.name', 'x', 'a', 'c'),
    ]


def test_for_operators_all_are_named():
    wanted = {f'field{number}': 1 for number in range(100)}
    assert len(differences.each(wanted, {})) == 100
