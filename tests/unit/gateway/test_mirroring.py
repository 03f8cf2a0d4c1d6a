# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What regions get that were away, or join later."""

import dataclasses
from typing import Any

import pytest
import sqlalchemy as sa

from tests.unit.gateway import faulty
from tests.unit.gateway import mirrored
from tests.unit.gateway import novas
from tests.unit.gateway import stand_in
from tricircle.db import session as sessions
from tricircle.db.central import models
from tricircle.gateway import regions
from tricircle.gateway.mirroring import worker as workers

FLAVORS = '/v2.1/flavors'
KEYPAIRS = '/v2.1/os-keypairs'
SEVEN = {
    'flavor': {'name': 'tiny', 'ram': 64, 'vcpus': 1, 'disk': 1, 'id': '7'}
}
PRIVATE = {'flavor': {**SEVEN['flavor'], 'os-flavor-access:is_public': False}}
SPECS = {'extra_specs': {'hw:cpu_policy': 'dedicated'}}
MISSING = 'X-Tricircle-Regions-Missing'


@pytest.fixture
def there(database: None) -> novas.Regions:
    return novas.Regions('One', 'Two', 'Three')


@pytest.fixture
def client(there: novas.Regions) -> stand_in.Client:
    return stand_in.Client(novas.cloud(there))


def states() -> dict[str, mirrored.State]:
    """Return why jobs failed and whether they wait, by region."""
    return {name: found.pop() for name, found in mirrored.states().items()}


def work(there: novas.Regions, *names: str) -> None:
    mirrored.work(novas.cloud(there), there, *names)


def test_a_region_that_is_away_gets_it_later(
    client: stand_in.Client, there: novas.Regions
) -> None:
    there.away('Two')
    made = client.ask('POST', FLAVORS, PRIVATE)
    assert (made.status_int, made.headers[MISSING]) == (200, 'Two')
    client.ask('POST', f'{FLAVORS}/7/os-extra_specs', SPECS)
    client.ask(
        'POST', f'{FLAVORS}/7/action', {'addTenantAccess': {'tenant': 'p'}}
    )
    assert states()['Two'][1] is True

    there.back('Two')
    work(there)

    two = there.there['Two']
    assert two.flavors == there.there['One'].flavors
    assert two.access['7'] == {'p'}
    assert states() == dict.fromkeys(('One', 'Two', 'Three'), (None, False))


def test_one_that_answers_again_gets_at_once_what_it_lacks(
    client: stand_in.Client, there: novas.Regions
) -> None:
    there.away('Two')
    client.ask('POST', FLAVORS, PRIVATE)
    with sessions.writer() as session:
        # As it is after some tries.
        session.execute(
            sa.update(models.JournalEntry).values(
                attempts=9, next_try_at=sa.text("'2999-01-01 00:00:00.000000'")
            )
        )
    worker = workers.Worker(novas.cloud(there), 1.0)
    (silent,) = [one for one in there.pods() if one.away]

    worker.turn(silent)
    assert there.there['Two'].flavors == {}

    there.back('Two')
    worker.turn(dataclasses.replace(silent, away='is lost'))
    assert there.there['Two'].flavors == {}

    worker.turn(silent)
    assert there.there['Two'].flavors == there.there['One'].flavors


def test_it_is_brought_as_the_gateway_itself(
    client: stand_in.Client, there: novas.Regions
) -> None:
    there.away('Two')
    client.ask('POST', FLAVORS, SEVEN)
    there.back('Two')
    work(there)

    tokens = {one.headers['X-Auth-Token'] for one in there.there['Two'].asked}
    assert tokens == {'the gateway'}


def test_what_was_deleted_meanwhile_is_deleted(
    client: stand_in.Client, there: novas.Regions
) -> None:
    client.ask('POST', FLAVORS, SEVEN)
    there.away('Two')
    assert client.ask('DELETE', f'{FLAVORS}/7').status_int == 202
    assert there.has() == [set(), {'7'}, set()]

    there.back('Two')
    work(there)

    assert there.has() == [set()] * 3
    assert (states(), mirrored.count()) == ({}, (0, 0))


def test_what_came_and_went_meanwhile_was_never_there(
    client: stand_in.Client, there: novas.Regions
) -> None:
    there.away('Two')
    client.ask('POST', FLAVORS, SEVEN)
    client.ask('DELETE', f'{FLAVORS}/7')
    there.back('Two')
    # Its own, of the same ID.
    there.there['Two']._make(SEVEN['flavor'])
    work(there)

    assert there.has() == [set(), {'7'}, set()]
    assert (states(), mirrored.count()) == ({}, (0, 0))


def test_one_that_was_made_again_replaces_the_old(
    client: stand_in.Client, there: novas.Regions
) -> None:
    client.ask('POST', FLAVORS, SEVEN)
    there.away('Two')
    client.ask('DELETE', f'{FLAVORS}/7')
    client.ask('POST', FLAVORS, {'flavor': {**SEVEN['flavor'], 'ram': 128}})
    there.back('Two')
    work(there)

    assert there.there['Two'].flavors['7']['ram'] == 128


def test_a_region_that_joins_gets_all(
    client: stand_in.Client, there: novas.Regions
) -> None:
    client.ask('POST', FLAVORS, SEVEN)
    client.ask('POST', f'{FLAVORS}/7/os-extra_specs', SPECS)
    client.ask('POST', KEYPAIRS, {'keypair': {'name': 'k'}})

    four = there.join('Four')
    work(there)

    assert four.flavors == there.there['One'].flavors
    assert four.keypairs == {'k': 'made in One'}


def test_a_region_that_joins_loses_nothing_of_its_own(
    client: stand_in.Client, there: novas.Regions
) -> None:
    client.ask('POST', FLAVORS, SEVEN)
    client.ask('POST', FLAVORS, {'flavor': {**SEVEN['flavor'], 'id': '8'}})
    client.ask('DELETE', f'{FLAVORS}/8')
    four = there.join('Four')
    four._make({**SEVEN['flavor'], 'ram': 128})
    four._make({**SEVEN['flavor'], 'id': '8'})

    work(there)

    reason, waits = states()['Four']
    assert waits
    assert reason is not None
    assert 'Four has another flavor 7 (7), which differs in ram' in reason
    assert four.flavors['7']['ram'] == 128
    assert '8' in four.flavors
    # When the operator has removed it there, it comes.
    del four.flavors['7']
    work(there)
    assert four.flavors['7']['ram'] == 64


def test_a_region_that_has_it_alike_keeps_it(
    client: stand_in.Client, there: novas.Regions
) -> None:
    client.ask('POST', FLAVORS, SEVEN)
    four = there.join('Four')
    four._make(SEVEN['flavor'])
    work(there)
    assert states()['Four'] == (None, False)
    client.ask('DELETE', f'{FLAVORS}/7')
    assert four.flavors == {}


def test_the_gateway_that_may_not_says_what_it_needs(
    client: stand_in.Client, there: novas.Regions
) -> None:
    there.away('Two')
    client.ask('POST', FLAVORS, SEVEN)
    there.back('Two')
    there.there['Two'].refuses = 403
    work(there)

    assert 'the user of [client], who needs the role admin' in str(
        states()['Two'][0]
    )


@pytest.mark.parametrize('answers', range(7))
def test_what_was_left_off_anywhere_is_finished(
    client: stand_in.Client, there: novas.Regions, answers: int
) -> None:
    there.away('Two')
    client.ask('POST', FLAVORS, PRIVATE)
    client.ask('POST', f'{FLAVORS}/7/os-extra_specs', SPECS)
    client.ask(
        'POST', f'{FLAVORS}/7/action', {'addTenantAccess': {'tenant': 'p'}}
    )
    there.back('Two')
    there.there['Two'].goes_after = answers
    work(there, 'Two')
    assert states()['Two'][1] is True

    there.there['Two'].goes_after = None
    work(there, 'Two')

    assert there.there['Two'].flavors == there.there['One'].flavors
    assert there.there['Two'].access['7'] == {'p'}
    assert states()['Two'] == (None, False)


@pytest.mark.parametrize(
    'point',
    [
        'gateway.mirror.claimed',
        'gateway.mirror.done',
    ],
)
def test_what_a_gateway_left_that_died_another_does(
    client: stand_in.Client,
    there: novas.Regions,
    kill: Any,
    point: str,
) -> None:
    kill(point)
    with pytest.raises(faulty.Killed):
        client.ask('POST', FLAVORS, SEVEN)
    kill('nowhere')
    with sessions.writer() as session:
        session.execute(
            sa.update(models.JournalEntry).values(
                lease_owner=None, lease_until=None
            )
        )
    work(there)

    assert there.has() == [{'7'}] * 3
    assert states() == dict.fromkeys(('One', 'Two', 'Three'), (None, False))


def test_a_change_goes_to_a_region_that_has_the_last_one(
    client: stand_in.Client, there: novas.Regions
) -> None:
    client.ask('POST', FLAVORS, SEVEN)
    there.away('One')
    client.ask('POST', f'{FLAVORS}/7/os-extra_specs', SPECS)
    there.back('One')

    # One answers again, and has not heard of it.
    more = {'extra_specs': {'more': 'x'}}
    client.ask('POST', f'{FLAVORS}/7/os-extra_specs', more)

    wanted = {**SPECS['extra_specs'], **more['extra_specs']}
    assert [
        one.flavors['7']['extra_specs'] for one in there.there.values()
    ] == [wanted] * 3


def test_nothing_is_changed_while_who_has_the_last_one_is_away(
    client: stand_in.Client, there: novas.Regions
) -> None:
    there.away('Two')
    there.away('Three')
    client.ask('POST', FLAVORS, SEVEN)
    there.away('One')
    there.back('Two')

    answer = client.ask('DELETE', f'{FLAVORS}/7')

    assert answer.status_int == 503
    assert 'as changed last' in answer.text


def test_a_change_whose_answer_is_lost_is_undone(
    client: stand_in.Client, there: novas.Regions
) -> None:
    client.ask('POST', FLAVORS, SEVEN)
    one = there.there['One']
    one.fails = regions.RegionAway('One', 'reset', may_be_done=True)
    answer = client.ask('POST', f'{FLAVORS}/7/os-extra_specs', SPECS)
    assert answer.status_int == 504
    assert one.flavors['7']['extra_specs'] != {}

    there.back('One')
    work(there)

    assert [
        one.flavors['7']['extra_specs'] for one in there.there.values()
    ] == [{}] * 3


class TestKeyPairs:
    def make(self, client: stand_in.Client) -> Any:
        return client.ask('POST', KEYPAIRS, {'keypair': {'name': 'k'}})

    def test_one_that_is_made_is_in_all_regions(
        self, client: stand_in.Client, there: novas.Regions
    ) -> None:
        self.make(client)
        assert [region.keypairs for region in there.there.values()] == [
            {'k': 'made in One'}
        ] * 3

    def test_where_one_region_refuses_none_has_it(
        self, client: stand_in.Client, there: novas.Regions
    ) -> None:
        there.there['Two'].refuses = 403
        assert self.make(client).status_int == 403
        assert there.there['One'].keypairs == {}

    def test_one_is_removed_from_all_though_it_is_gone_in_some(
        self, client: stand_in.Client, there: novas.Regions
    ) -> None:
        self.make(client)
        del there.there['One'].keypairs['k']
        answer = client.ask('DELETE', f'{KEYPAIRS}/k')
        assert answer.status_int == 202
        assert there.there['Two'].keypairs == {}
        assert there.there['Three'].keypairs == {}

    def test_a_server_gets_its_key_in_a_region_that_was_away(
        self, client: stand_in.Client, there: novas.Regions
    ) -> None:
        there.away('Two')
        self.make(client)
        there.back('Two')
        server = {'name': 's', 'key_name': 'k', 'availability_zone': 'az-Two'}

        answer = client.ask('POST', '/v2.1/servers', {'server': server})

        assert answer.status_int == 202
        assert there.there['Two'].keypairs == {'k': 'made in One'}
        assert states()['Two'] == (None, False)

    def test_a_server_does_not_get_another_key_of_the_name(
        self, client: stand_in.Client, there: novas.Regions
    ) -> None:
        there.away('Two')
        self.make(client)
        there.back('Two')
        there.there['Two'].keypairs['k'] = "somebody's"
        server = {'name': 's', 'key_name': 'k', 'availability_zone': 'az-Two'}

        answer = client.ask('POST', '/v2.1/servers', {'server': server})

        assert answer.status_int == 409
        assert 'Two has another key pair k' in answer.text
        assert there.there['Two'].servers == []


def test_a_region_that_lacks_something_is_not_asked_what_there_is(
    client: stand_in.Client, there: novas.Regions
) -> None:
    there.away('One')
    client.ask('POST', FLAVORS, SEVEN)
    there.back('One')

    assert client.ask('GET', f'{FLAVORS}/7').status_int == 200
