# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Flavors, which all regions have alike."""

import json
from typing import Any

import pytest

from tests.unit.gateway import stand_in
from tricircle.gateway import asked as asking
from tricircle.gateway import compute
from tricircle.gateway import exchange
from tricircle.gateway import homes
from tricircle.gateway import regions

FLAVORS = '/v2.1/flavors'
TINY = {'flavor': {'name': 'tiny', 'ram': 64, 'vcpus': 1, 'disk': 1}}


class Region(stand_in.Region):
    """A Nova of flavors with extra specs."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.flavors: dict[str, Any] = {}
        #: how many answers come before it goes away
        self.goes_after: int | None = None

    def answer(self, question: exchange.Question) -> exchange.Answer:
        """Answer as Nova does."""
        if self.goes_after == 0:
            raise regions.RegionAway(self.name, 'no connection')
        if self.goes_after is not None:
            self.goes_after -= 1
        if self.refuses:
            return asking.answer({'error': self.name}, self.refuses)
        match question.method, question.path.split('/')[1:]:
            case 'POST', ['flavors']:
                wish = json.loads(question.body)['flavor']
                found = wish.get('id', f'made-in-{self.name}')
                if found in self.flavors:
                    return asking.answer({'conflictingRequest': {}}, 409)
                self.flavors[found] = {**wish, 'id': found}
                return asking.answer({'flavor': self.flavors[found]})
            case 'POST', ['flavors', one, 'os-extra_specs']:
                if one not in self.flavors:
                    return asking.answer({'itemNotFound': {}}, 404)
                said = json.loads(question.body)
                self.flavors[one].update(said)
                return asking.answer(said)
            case 'DELETE', ['flavors', one]:
                there = self.flavors.pop(one, None)
                return asking.answer({}, 404 if there is None else 202)
        return super().answer(question)


@pytest.fixture
def there(database: None) -> stand_in.Regions:
    return stand_in.Regions('One', 'Two', 'Three', make=Region)


@pytest.fixture
def client(there: Any) -> stand_in.Client:
    return stand_in.Client(
        asking.Cloud(
            service=compute.SERVICE,
            regions=there,
            homes=homes.Homes(compute.SERVICE, there, 1.0),
            scopes=lambda networks, ports: {},
            list_timeout=1.0,
            max_limit=1000,
        )
    )


def has(there: stand_in.Regions) -> list[set[str]]:
    return [set(one.flavors) for one in there.there.values()]


def test_one_has_the_same_id_in_all_regions(
    client: stand_in.Client, there: stand_in.Regions
) -> None:
    made = client.ask('POST', FLAVORS, TINY)

    assert made.json['flavor']['id'] == 'made-in-One'
    assert has(there) == [{'made-in-One'}] * 3


def test_one_that_a_region_refuses_is_in_none(
    client: stand_in.Client, there: stand_in.Regions
) -> None:
    there.there['Two'].flavors['7'] = {}
    wish = {'flavor': {**TINY['flavor'], 'id': '7'}}

    assert client.ask('POST', FLAVORS, wish).status_int == 409
    assert has(there) == [set(), {'7'}, set()]


def test_one_is_in_none_when_a_region_goes_away_meanwhile(
    client: stand_in.Client, there: stand_in.Regions
) -> None:
    there.there['Two'].goes_after = 0

    answer = client.ask('POST', FLAVORS, TINY)

    assert answer.status_int == 503
    assert 'Two does not answer' in answer.text
    assert has(there) == [set()] * 3


def test_extra_specs_are_set_in_all_regions(
    client: stand_in.Client, there: stand_in.Regions
) -> None:
    client.ask('POST', FLAVORS, TINY)

    path = f'{FLAVORS}/made-in-One/os-extra_specs'
    answer = client.ask('POST', path, {'hw:cpu_policy': 'dedicated'})

    assert answer.status_int == 200
    assert [
        one.flavors['made-in-One'].get('hw:cpu_policy')
        for one in there.there.values()
    ] == ['dedicated'] * 3


def test_a_refusal_of_one_region_is_told(
    client: stand_in.Client, there: stand_in.Regions
) -> None:
    client.ask('POST', FLAVORS, TINY)
    there.there['Three'].refuses = 403

    answer = client.ask('DELETE', f'{FLAVORS}/made-in-One')

    assert (answer.status_int, answer.json) == (403, {'error': 'Three'})


def test_a_removal_that_failed_half_way_can_be_made_again(
    client: stand_in.Client, there: stand_in.Regions
) -> None:
    client.ask('POST', FLAVORS, TINY)
    there.there['Two'].goes_after = 0
    assert client.ask('DELETE', f'{FLAVORS}/made-in-One').status_int == 503
    there.there['Two'].goes_after = None

    answer = client.ask('DELETE', f'{FLAVORS}/made-in-One')

    assert answer.status_int == 202
    assert has(there) == [set()] * 3
    again = client.ask('DELETE', f'{FLAVORS}/made-in-One')
    assert again.status_int == 404


def test_nothing_is_changed_while_a_region_is_away(
    client: stand_in.Client, there: stand_in.Regions
) -> None:
    client.ask('POST', FLAVORS, TINY)
    there.there['Two'].fails = regions.RegionAway('Two', 'no connection')

    answer = client.ask('DELETE', f'{FLAVORS}/made-in-One')

    assert answer.status_int == 503
    assert has(there) == [{'made-in-One'}] * 3
