# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Hints, zones and external networks of central."""

import concurrent.futures
from typing import Any
import uuid

import pytest

from tests.functional.central_alone import CentralAlone


def error(answer: Any, status: int) -> tuple[str, str]:
    assert answer.status_code == status, answer.text
    found = answer.json()['NeutronError']
    return found['type'], found['message']


def test_zones_of_the_pods_are_listed(central: CentralAlone) -> None:
    user = central.user('p')
    rows = user.list('availability_zone')

    assert {(row['name'], row['resource'], row['state']) for row in rows} == {
        (name, resource, 'available')
        for name in ('az1', 'az2', 'az3')
        for resource in ('network', 'router')
    }
    assert {
        row['name']
        for row in user.list(
            'availability_zone', resource='router', name=['az1', 'az2']
        )
    } == {'az1', 'az2'}
    assert user.list('availability_zone', state='unavailable') == []


@pytest.mark.parametrize('kind', ['network', 'router'])
@pytest.mark.parametrize(
    'hints', [['az1'], ['RegionTwo'], ['RegionOne', 'az3']]
)
def test_names_of_zones_and_regions_are_hints(
    central: CentralAlone, kind: str, hints: list[str]
) -> None:
    made = central.user('p').create(kind, availability_zone_hints=hints)

    assert sorted(made['availability_zone_hints']) == sorted(hints)
    assert made['availability_zones'] == []
    shown = central.user('p').show(kind, made['id'])
    assert sorted(shown['availability_zone_hints']) == sorted(hints)


@pytest.mark.parametrize('kind', ['network', 'router'])
@pytest.mark.parametrize('unknown', ['nowhere', 'CentralRegion'])
def test_hint_that_names_no_region_is_refused(
    central: CentralAlone, kind: str, unknown: str
) -> None:
    user = central.user(uuid.uuid4().hex)

    answer = user.post(
        f'/{kind}s', {kind: {'availability_zone_hints': ['az1', unknown]}}
    )

    assert error(answer, 404) == (
        'AvailabilityZoneNotFound',
        f'AvailabilityZone {unknown} could not be found.',
    )
    assert user.list(kind) == []


def test_hints_do_not_change(central: CentralAlone) -> None:
    network = central.user('p').create_network()

    answer = central.user('p').put(
        f'/networks/{network["id"]}',
        {'network': {'availability_zone_hints': ['az1']}},
    )

    assert answer.status_code == 400


def test_zones_of_a_network_are_those_it_is_present_in(
    central: CentralAlone,
) -> None:
    project = uuid.uuid4().hex
    user = central.user(project)
    ids = [central.network(project) for _ in range(3)]
    for region in ('RegionTwo', 'RegionOne'):
        answer = central.pull('network', ids[0], region, project)
        assert answer.status_code == 200, answer.text
    central.pull('network', ids[1], 'RegionThree', project)

    shown = user.show('network', ids[0])
    listed = {
        one['id']: one['availability_zones'] for one in user.list('network')
    }
    updated = user.update('network', ids[0], name='new')

    assert shown['availability_zones'] == ['az1', 'az2']
    assert updated['availability_zones'] == ['az1', 'az2']
    assert listed == {ids[0]: ['az1', 'az2'], ids[1]: ['az3'], ids[2]: []}
    assert user.list('network', id=ids[0], fields='availability_zones') == [
        {'availability_zones': ['az1', 'az2']}
    ]


def test_listing_takes_no_query_per_network(central: CentralAlone) -> None:
    def statements(count: int) -> int:
        project = uuid.uuid4().hex
        user = central.user(project)
        ids = [
            one['id']
            for one in user.create_bulk(
                'network', [{'name': f'n{n}'} for n in range(count)]
            )
        ]
        for network_id in ids[: count // 2]:
            central.pull('network', network_id, 'RegionOne', project)
        user.list('network')
        with central.process.count_statements() as counted:
            assert len(user.list('network')) == count
        return counted.count.selects

    assert statements(12) == statements(3)


def test_external_network_is_in_the_default_region(
    central: CentralAlone,
) -> None:
    admin = central.process.admin

    made = admin.create_network(**{'router:external': True})

    assert made['availability_zone_hints'] == ['RegionOne']
    refused = central.pull('network', made['id'], 'RegionTwo', 'p')
    assert error(refused, 404)[0] == 'NetworkNotFound'
    assert (
        central.pull('network', made['id'], 'RegionOne', 'p').status_code
        == 200
    )
    admin.remove('network', made['id'])


def test_external_networks_made_in_bulk(central: CentralAlone) -> None:
    made = central.process.admin.create_bulk(
        'network',
        [
            {'router:external': True},
            {'router:external': True, 'availability_zone_hints': ['az2']},
            {'name': 'inner'},
        ],
    )

    assert [one['availability_zone_hints'] for one in made] == [
        ['RegionOne'],
        ['az2'],
        [],
    ]


def test_external_network_in_several_regions_is_refused(
    central: CentralAlone,
) -> None:
    answer = central.process.admin.post(
        '/networks',
        {
            'network': {
                'router:external': True,
                'availability_zone_hints': ['RegionOne', 'az2'],
            }
        },
    )

    kind, message = error(answer, 400)
    assert kind == 'InvalidInput'
    assert 'RegionOne, RegionTwo' in message


def test_external_network_in_an_unknown_region_is_refused(
    central: CentralAlone,
) -> None:
    answer = central.process.admin.post(
        '/networks',
        {
            'network': {
                'router:external': True,
                'availability_zone_hints': ['nowhere'],
            }
        },
    )

    assert error(answer, 404)[0] == 'AvailabilityZoneNotFound'


def test_unknown_default_region_is_named(central: CentralAlone) -> None:
    with central.process.configured(
        {'tricircle': {'default_region_for_external_network': 'RegionNine'}}
    ) as process:
        answer = process.admin.post(
            '/networks', {'network': {'router:external': True}}
        )
        elsewhere = process.admin.create_network(
            **{
                'router:external': True,
                'availability_zone_hints': ['RegionTwo'],
            }
        )

    kind, message = error(answer, 400)
    assert kind == 'InvalidInput'
    assert (
        '[tricircle] default_region_for_external_network is RegionNine'
        in message
    )
    assert elsewhere['availability_zone_hints'] == ['RegionTwo']


def test_network_becomes_external(central: CentralAlone) -> None:
    admin = central.process.admin
    network = admin.create_network()

    updated = admin.update(
        'network', network['id'], **{'router:external': True}
    )

    assert updated['availability_zone_hints'] == ['RegionOne']
    assert admin.show('network', network['id'])['availability_zone_hints'] == [
        'RegionOne'
    ]


def test_network_of_another_region_does_not_become_external(
    central: CentralAlone,
) -> None:
    admin = central.process.admin
    network_id = central.network('p')
    central.pull('network', network_id, 'RegionTwo', 'p')

    answer = admin.put(
        f'/networks/{network_id}', {'network': {'router:external': True}}
    )

    kind, message = error(answer, 409)
    assert kind == 'NetworkInOtherRegions'
    assert 'RegionTwo' in message
    shown = admin.show('network', network_id)
    assert shown['router:external'] is False
    assert shown['availability_zone_hints'] == []


def flat(physical_network: str, **attributes: Any) -> dict[str, Any]:
    return {
        'network': {
            'provider:network_type': 'flat',
            'provider:physical_network': physical_network,
            **attributes,
        }
    }


def external(physical_network: str, region: str) -> dict[str, Any]:
    return flat(
        physical_network,
        availability_zone_hints=[region],
        **{'router:external': True},
    )


def test_each_region_has_an_external_network_on_the_same_wire(
    central: CentralAlone,
) -> None:
    admin = central.process.admin
    made = [
        admin.post('/networks', external('extern', region)).json()['network']
        for region in ('RegionOne', 'RegionTwo')
    ]

    again = admin.post('/networks', external('extern', 'az1'))
    inner = admin.post('/networks', flat('extern'))

    assert {one['provider:physical_network'] for one in made} == {'extern'}
    assert error(again, 409)[0] == 'FlatNetworkInUse'
    assert error(inner, 409)[0] == 'FlatNetworkInUse'
    # The wire is free when the last of them has gone, and not before.
    admin.remove('network', made[0]['id'])
    assert error(admin.post('/networks', flat('extern')), 409)
    again = admin.post('/networks', external('extern', 'RegionOne'))
    admin.remove('network', made[1]['id'])
    admin.remove('network', again.json()['network']['id'])
    inner = admin.post('/networks', flat('extern'))
    assert inner.status_code == 201, inner.text
    third = admin.post('/networks', external('extern', 'RegionTwo'))
    assert error(third, 409)[0] == 'FlatNetworkInUse'
    admin.remove('network', inner.json()['network']['id'])


def test_regions_take_a_wire_at_the_same_time(central: CentralAlone) -> None:
    admin = central.process.admin
    regions = ['RegionOne', 'RegionTwo', 'RegionThree', 'RegionOne']

    def make(region: str) -> Any:
        return central.process.admin.post(
            '/networks', external('extern', region)
        )

    for _attempt in range(5):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            answers = list(pool.map(make, regions))
        statuses = [answer.status_code for answer in answers]
        assert sorted(statuses) == [201, 201, 201, 409], statuses
        made = [one.json() for one in answers if one.status_code == 201]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(
                pool.map(
                    lambda one: admin.remove('network', one['network']['id']),
                    made,
                )
            )
        assert central.rows('SELECT * FROM ml2_flat_allocations') == []


def test_mtu_is_what_ml2_computes(central: CentralAlone) -> None:
    admin = central.process.admin
    with central.process.configured(
        {
            'DEFAULT': {'global_physnet_mtu': 9000},
            'ml2': {'path_mtu': 4000, 'physical_network_mtus': 'bridge:3000'},
        }
    ):
        mtus = {
            kind: admin.create_network(
                **{'provider:network_type': kind, **more}
            )['mtu']
            for kind, more in (
                ('vxlan', {}),
                ('local', {}),
                ('vlan', {'provider:physical_network': 'bridge'}),
            )
        }

    assert mtus == {'vxlan': 3950, 'local': 9000, 'vlan': 3000}
