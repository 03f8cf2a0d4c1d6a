# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Flavors and key pairs, which all regions have alike, if all answer."""

from typing import Any

import pytest

from tests.unit.gateway import novas
from tests.unit.gateway import stand_in

FLAVORS = '/v2.1/flavors'
TINY = {'flavor': {'name': 'tiny', 'ram': 64, 'vcpus': 1, 'disk': 1}}
SEVEN = {'flavor': {**TINY['flavor'], 'id': '7'}}
PRIVATE = {'flavor': {**SEVEN['flavor'], 'os-flavor-access:is_public': False}}
SPECS = {'extra_specs': {'hw:cpu_policy': 'dedicated', 'a': 'b'}}


@pytest.fixture
def there(database: None) -> novas.Regions:
    return novas.Regions('One', 'Two', 'Three')


@pytest.fixture
def client(there: novas.Regions) -> stand_in.Client:
    return stand_in.Client(novas.cloud(there))


def specs(there: novas.Regions, flavor: str = '7') -> list[Any]:
    return [one.flavors[flavor]['extra_specs'] for one in there.there.values()]


def test_one_has_the_same_id_in_all_regions(
    client: stand_in.Client, there: novas.Regions
) -> None:
    made = client.ask('POST', FLAVORS, TINY)

    assert made.json['flavor']['id'] == 'made-in-One'
    assert there.has() == [{'made-in-One'}] * 3


def test_one_that_a_region_has_otherwise_is_in_none(
    client: stand_in.Client, there: novas.Regions
) -> None:
    other = {'flavor': {**SEVEN['flavor'], 'ram': 128}}
    there.there['Two']._make(other['flavor'])

    answer = client.ask('POST', FLAVORS, SEVEN)

    assert answer.status_int == 409
    assert 'Two has another flavor 7 (7), which differs in ram' in answer.text
    assert there.has() == [set(), {'7'}, set()]
    assert there.there['Two'].flavors['7']['ram'] == 128


def test_one_that_a_region_refuses_is_in_none(
    client: stand_in.Client, there: novas.Regions
) -> None:
    there.there['Two'].refuses = 403

    answer = client.ask('POST', FLAVORS, SEVEN)

    assert (answer.status_int, answer.json) == (403, {'error': 'Two'})
    assert there.has() == [set()] * 3
    there.there['Two'].refuses = 0
    assert client.ask('POST', FLAVORS, SEVEN).status_int == 200
    assert there.has() == [{'7'}] * 3


def test_one_that_a_region_has_alike_is_taken_up(
    client: stand_in.Client, there: novas.Regions
) -> None:
    there.there['Two']._make(SEVEN['flavor'])

    assert client.ask('POST', FLAVORS, SEVEN).status_int == 200
    assert client.ask('DELETE', f'{FLAVORS}/7').status_int == 202
    assert there.has() == [set()] * 3


def test_extra_specs_are_set_and_removed_in_all_regions(
    client: stand_in.Client, there: novas.Regions
) -> None:
    client.ask('POST', FLAVORS, SEVEN)

    answer = client.ask('POST', f'{FLAVORS}/7/os-extra_specs', SPECS)

    assert answer.status_int == 200
    assert specs(there) == [SPECS['extra_specs']] * 3
    client.ask('DELETE', f'{FLAVORS}/7/os-extra_specs/hw%3Acpu_policy')
    assert specs(there) == [{'a': 'b'}] * 3


def test_access_is_given_and_taken_in_all_regions(
    client: stand_in.Client, there: novas.Regions
) -> None:
    client.ask('POST', FLAVORS, PRIVATE)

    def action(name: str) -> list[set[str]]:
        body = {name: {'tenant': 'p'}}
        client.ask('POST', f'{FLAVORS}/7/action', body)
        return [one.access['7'] for one in there.there.values()]

    assert action('addTenantAccess') == [{'p'}] * 3
    assert action('removeTenantAccess') == [set()] * 3


def test_a_refusal_of_one_region_is_told(
    client: stand_in.Client, there: novas.Regions
) -> None:
    client.ask('POST', FLAVORS, SEVEN)
    there.there['Three'].refuses = 403

    answer = client.ask('DELETE', f'{FLAVORS}/7')

    assert (answer.status_int, answer.json) == (403, {'error': 'Three'})


def test_what_is_nowhere_is_404_in_the_words_of_a_region(
    client: stand_in.Client, there: novas.Regions
) -> None:
    answer = client.ask('DELETE', f'{FLAVORS}/7')
    assert (answer.status_int, answer.json) == (404, {'itemNotFound': {}})


def test_what_was_made_without_the_gateway_is_changed_in_all_regions(
    client: stand_in.Client, there: novas.Regions
) -> None:
    for name in ('One', 'Three'):
        there.there[name]._make(SEVEN['flavor'])

    answer = client.ask('POST', f'{FLAVORS}/7/os-extra_specs', SPECS)

    assert answer.status_int == 200
    assert specs(there) == [SPECS['extra_specs']] * 3


def test_what_regions_have_otherwise_is_not_changed(
    client: stand_in.Client, there: novas.Regions
) -> None:
    there.there['One']._make(SEVEN['flavor'])
    there.there['Two']._make({**SEVEN['flavor'], 'ram': 128})

    answer = client.ask('DELETE', f'{FLAVORS}/7')

    assert answer.status_int == 409
    assert there.has() == [{'7'}, {'7'}, set()]


def test_a_flavor_is_made_again_under_its_id(
    client: stand_in.Client, there: novas.Regions
) -> None:
    client.ask('POST', FLAVORS, SEVEN)
    client.ask('DELETE', f'{FLAVORS}/7')

    more = {'flavor': {**SEVEN['flavor'], 'ram': 128}}
    assert client.ask('POST', FLAVORS, more).status_int == 200
    assert [one.flavors['7']['ram'] for one in there.there.values()] == [
        128
    ] * 3


def test_what_others_change_meanwhile_is_kept(
    client: stand_in.Client,
    there: novas.Regions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client.ask('POST', FLAVORS, SEVEN)
    one = there.there['One']
    before = one.answer
    path = f'{FLAVORS}/7/os-extra_specs'
    seen: list[str] = []

    def answer(question: Any) -> Any:
        found = before(question)
        # Another request comes between the change and what is read of it.
        if question.path.endswith('os-extra_specs') and not seen:
            seen.append('')
            client.ask('POST', path, {'extra_specs': {'other': 'x'}})
        return found

    monkeypatch.setattr(one, 'answer', answer)
    client.ask('POST', path, SPECS)

    assert specs(there) == [{**SPECS['extra_specs'], 'other': 'x'}] * 3
