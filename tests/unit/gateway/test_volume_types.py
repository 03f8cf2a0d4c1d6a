# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Types of volumes, which all regions have alike under IDs of their own."""

from typing import Any

import pytest

from tests.unit.gateway import cinder_types
from tests.unit.gateway import mirrored
from tests.unit.gateway import stand_in

TYPES = '/v3/types'
QOS = '/v3/qos-specs'
GROUPS = '/v3/group_types'
DEFAULTS = '/v3/default-types'
FAST = {
    'volume_type': {
        'name': 'fast',
        'description': 'of flash',
        'extra_specs': {'volume_backend_name': 'flash'},
    }
}
GOLD = {'qos_specs': {'name': 'gold', 'consumer': 'front-end', 'iops': '1000'}}
ENCRYPTION = {
    'provider': 'luks',
    'control_location': 'front-end',
    'key_size': 256,
    'cipher': 'aes-xts-plain64',
}
VERSION = {'OpenStack-API-Version': 'volume 3.70'}


@pytest.fixture
def there(database: None) -> cinder_types.Regions:
    return cinder_types.Regions('One', 'Two', 'Three')


@pytest.fixture
def client(there: cinder_types.Regions) -> stand_in.Client:
    return stand_in.Client(cinder_types.cloud(there))


def make(client: stand_in.Client, **more: Any) -> str:
    wish = {'volume_type': {**FAST['volume_type'], **more}}
    answer = client.ask('POST', TYPES, wish)
    assert answer.status_int == 200, answer.text
    return str(answer.json['volume_type']['id'])


def make_qos(client: stand_in.Client) -> str:
    return str(client.ask('POST', QOS, GOLD).json['qos_specs']['id'])


def work(there: cinder_types.Regions) -> None:
    mirrored.work(cinder_types.cloud(there), there)
    there.ids_changed()


def of_types(there: cinder_types.Regions, field: str) -> list[Any]:
    return [
        one.types[one.id_of('fast')][field] for one in there.there.values()
    ]


def qos_of(there: cinder_types.Regions) -> list[str | None]:
    """Return the name of the QoS that the type has, by region."""
    return [
        region.qos[qos_id]['name'] if qos_id else None
        for region, qos_id in zip(
            there.there.values(), of_types(there, 'qos_specs_id'), strict=True
        )
    ]


def test_one_is_in_all_regions_each_with_an_id_of_its_own(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    make(client)

    assert (
        of_types(there, 'extra_specs')
        == [FAST['volume_type']['extra_specs']] * 3
    )
    assert len({one.id_of('fast') for one in there.there.values()}) == 3


def test_clients_see_one_id_whichever_region_answers(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    key = make(client)
    for gone in ([], ['One'], ['One', 'Two']):
        for name in gone:
            there.away(name)
        shown = client.ask('GET', f'{TYPES}/{key}')
        assert shown.json['volume_type']['id'] == key
        listed = client.ask('GET', TYPES).json['volume_types']
        assert [one['id'] for one in listed] == [key]


def test_a_region_is_asked_by_its_own_id(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    key = make(client)
    there.away('One')
    client.ask('GET', f'{TYPES}/{key}/extra_specs')
    three = there.there['Three']
    found = f'/types/{three.id_of("fast")}/extra_specs'
    assert three.asked[-1].path == found


def test_a_volume_is_of_the_type_by_its_name_and_tells_the_one_id(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    key = make(client)
    there.away('One')
    two = there.there['Two']
    wish = {'size': 1, 'volume_type': key, 'availability_zone': 'az-Two'}
    client.ask('POST', '/v3/volumes', {'volume': wish})
    assert b'"volume_type": "fast"' in two.asked[-1].body

    volume = two.volume(1, 't1', volume_type_id=two.id_of('fast'))
    found = client.ask('GET', f'/v3/volumes/{volume}', headers=VERSION)
    assert found.json['volume']['volume_type_id'] == key


def test_retyping_is_done_with_the_regions_own_id(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    key = make(client)
    two = there.there['Two']
    volume = two.volume(1, 't1')
    body = {'os-retype': {'new_type': key, 'migration_policy': 'never'}}
    client.ask('POST', f'/v3/volumes/{volume}/action', body)
    assert two.id_of('fast').encode() in two.asked[-1].body


def test_the_id_of_another_region_means_the_same(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    make(client)
    two = there.there['Two'].id_of('fast')
    answer = client.ask(
        'PUT', f'{TYPES}/{two}', {'volume_type': {'description': 'new'}}
    )
    assert answer.status_int == 200
    assert of_types(there, 'description') == ['new'] * 3


def test_it_is_renamed_also_where_it_was_away(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    key = make(client)
    there.away('Two')
    body = {'volume_type': {'name': 'faster'}}
    client.ask('PUT', f'{TYPES}/{key}', body)
    there.back('Two')
    work(there)
    names = [
        [one['name'] for one in region.types.values()]
        for region in there.there.values()
    ]
    assert names == [['faster']] * 3


def test_specs_and_access_are_alike(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    key = make(client, **{'os-volume-type-access:is_public': False})
    specs = {'extra_specs': {'a': 'b'}}
    client.ask('POST', f'{TYPES}/{key}/extra_specs', specs)
    client.ask('DELETE', f'{TYPES}/{key}/extra_specs/volume_backend_name')
    access = {'addProjectAccess': {'project': 'p'}}
    client.ask('POST', f'{TYPES}/{key}/action', access)

    assert of_types(there, 'extra_specs') == [{'a': 'b'}] * 3
    assert [one.access[one.id_of('fast')] for one in there.there.values()] == [
        {'p'}
    ] * 3
    access = {'removeProjectAccess': {'project': 'p'}}
    client.ask('POST', f'{TYPES}/{key}/action', access)
    assert [one.access[one.id_of('fast')] for one in there.there.values()] == [
        set()
    ] * 3


def encryption(there: cinder_types.Regions) -> list[Any]:
    return [
        {name: one.encryption[one.id_of('fast')][name] for name in ENCRYPTION}
        if one.encryption
        else None
        for one in there.there.values()
    ]


def test_encryption_is_alike(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    path = f'{TYPES}/{make(client)}/encryption'
    client.ask('POST', path, {'encryption': ENCRYPTION})
    assert encryption(there) == [ENCRYPTION] * 3
    found = client.ask('GET', path).json['encryption_id']
    body = {'encryption': {'key_size': 512}}
    client.ask('PUT', f'{path}/{found}', body)
    assert encryption(there) == [{**ENCRYPTION, 'key_size': 512}] * 3
    client.ask('DELETE', f'{path}/{found}')
    assert encryption(there) == [None] * 3


def test_a_type_has_its_qos_in_all_regions_until_it_is_taken(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    key, qos = make(client), make_qos(client)

    client.ask('GET', f'{QOS}/{qos}/associate?vol_type_id={key}')
    assert qos_of(there) == ['gold'] * 3

    client.ask('GET', f'{QOS}/{qos}/disassociate?vol_type_id={key}')
    assert qos_of(there) == [None] * 3

    client.ask('GET', f'{QOS}/{qos}/associate?vol_type_id={key}')
    client.ask('GET', f'{QOS}/{qos}/disassociate_all')
    assert qos_of(there) == [None] * 3


def test_a_region_that_joins_gets_types_with_their_qos_and_encryption(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    key, qos = make(client), make_qos(client)
    client.ask('GET', f'{QOS}/{qos}/associate?vol_type_id={key}')
    body = {'encryption': ENCRYPTION}
    client.ask('POST', f'{TYPES}/{key}/encryption', body)
    group = {'group_type': {'name': 'g', 'group_specs': {'a': 'b'}}}
    client.ask('POST', GROUPS, group)
    default = {'default_type': {'volume_type': key}}
    client.ask('PUT', f'{DEFAULTS}/a-project', default)

    four = there.join('Four')
    # What a type needs may come after it.
    for _time in range(3):
        work(there)

    assert qos_of(there) == ['gold'] * 4
    assert encryption(there) == [ENCRYPTION] * 4
    assert four.group_types[four.id_of('g', 'group_types')]['group_specs'] == {
        'a': 'b'
    }
    assert four.defaults == {'a-project': four.id_of('fast')}
    assert {one for one, _waits in mirrored.states()['Four']} == {None}


def test_qos_that_is_deleted_is_of_no_type_in_any_region(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    key, qos = make(client), make_qos(client)
    client.ask('GET', f'{QOS}/{qos}/associate?vol_type_id={key}')
    there.away('Three')

    answer = client.ask('DELETE', f'{QOS}/{qos}?force=True')
    assert answer.status_int == 202
    there.back('Three')
    for _time in range(2):
        work(there)

    assert qos_of(there) == [None] * 3
    assert [one.qos for one in there.there.values()] == [{}] * 3
    four = there.join('Four')
    work(there)
    assert four.qos == {}
    assert four.types[four.id_of('fast')]['qos_specs_id'] is None


def test_qos_is_changed_in_all_regions(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    qos = make_qos(client)
    client.ask('PUT', f'{QOS}/{qos}', {'qos_specs': {'more': '1'}})
    client.ask('PUT', f'{QOS}/{qos}/delete_keys', {'keys': ['iops']})
    assert [
        one.qos[one.id_of('gold', 'qos')]['specs']
        for one in there.there.values()
    ] == [{'more': '1'}] * 3


def test_a_default_is_set_changed_and_unset_in_all_regions(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    key = make(client)
    other = make(client, name='slow')
    path = f'{DEFAULTS}/a-project'
    for wish, name in ((key, 'fast'), ('slow', 'slow')):
        answer = client.ask(
            'PUT', path, {'default_type': {'volume_type': wish}}
        )
        assert answer.status_int == 200
        assert [one.defaults for one in there.there.values()] == [
            {'a-project': one.id_of(name)} for one in there.there.values()
        ]
    there.away('One')
    shown = client.ask('GET', path).json['default_type']
    assert shown['volume_type_id'] == other
    there.back('One')
    assert client.ask('DELETE', path).status_int == 204
    assert [one.defaults for one in there.there.values()] == [{}] * 3


def test_a_type_that_is_in_use_in_a_region_goes_when_it_is_not(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    key = make(client)
    two = there.there['Two']
    two.in_use.add(two.id_of('fast'))

    answer = client.ask('DELETE', f'{TYPES}/{key}')
    assert answer.status_int == 400
    assert [len(one.types) for one in there.there.values()] == [0, 1, 0]

    two.in_use.clear()
    work(there)
    assert two.types == {}


def test_one_of_the_name_that_differs_is_left_alone(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    there.there['Two']._types(
        'POST', [], {'volume_type': {'name': 'fast', 'extra_specs': {}}}
    )
    answer = client.ask('POST', TYPES, FAST)
    assert answer.status_int == 409
    assert 'differs in description, extra_specs' in answer.text
    assert [len(one.types) for one in there.there.values()] == [0, 1, 0]


def test_what_regions_have_alike_is_taken_up_by_a_change(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    for one in there.there.values():
        one._types('POST', [], {'volume_type': {'name': 'fast'}})
    listed = client.ask('GET', TYPES).json['volume_types']
    assert len(listed) == 1
    key = listed[0]['id']
    specs = {'extra_specs': {'a': 'b'}}
    answer = client.ask('POST', f'{TYPES}/{key}/extra_specs', specs)
    assert answer.status_int == 200
    assert of_types(there, 'extra_specs') == [{'a': 'b'}] * 3
    assert mirrored.count() == (1, 3)


def test_nothing_is_taken_up_for_who_may_not(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    for one in there.there.values():
        one._types('POST', [], {'volume_type': {'name': 'fast'}})
    one = there.there['One']
    before = one._types

    def guarded(method: str, parts: list[str], said: Any, query: Any) -> Any:
        if method != 'GET':
            return cinder_types.asking.answer({'forbidden': {}}, 403)
        return before(method, parts, said, query)

    one._types = guarded  # type: ignore[method-assign]
    answer = client.ask('DELETE', f'{TYPES}/{one.id_of("fast")}')
    assert answer.status_int == 403
    assert mirrored.count() == (0, 0)
    assert mirrored.states() == {}


def test_group_types_are_made_and_changed_in_all_regions(
    client: stand_in.Client, there: cinder_types.Regions
) -> None:
    group = {'group_type': {'name': 'g'}}
    key = client.ask('POST', GROUPS, group).json['group_type']['id']
    specs = {'group_specs': {'a': 'b'}}
    client.ask('POST', f'{GROUPS}/{key}/group_specs', specs)
    assert [
        next(iter(one.group_types.values()))['group_specs']
        for one in there.there.values()
    ] == [{'a': 'b'}] * 3
    client.ask('DELETE', f'{GROUPS}/{key}')
    assert [one.group_types for one in there.there.values()] == [{}] * 3
