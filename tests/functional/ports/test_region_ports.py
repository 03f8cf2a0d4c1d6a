# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Regions make ports in central, and report and delete them."""

from collections.abc import Callable
import functools
import time
import uuid

import pytest
import requests

from tests.functional.central_alone import CentralAlone
from tests.functional.central_alone import REGIONS
from tests.functional.cloud.client import Json
from tests.functional.regions import all_at_once


def _made(results: list[requests.Response | Exception]) -> list[Json]:
    """Return the ports of answers that must all be 201."""
    ports = []
    for result in results:
        if isinstance(result, Exception):
            raise result
        assert result.status_code == 201, result.text
        ports.append(result.json()['port'])
    return ports


def _type(answer: requests.Response) -> str:
    return str(answer.json()['NeutronError']['type'])


def _addresses(ports: list[Json]) -> list[str]:
    return [port['fixed_ips'][0]['ip_address'] for port in ports]


def test_forty_ports_at_once_of_two_regions_on_a_fresh_network(
    central: CentralAlone, fresh_project: str
) -> None:
    network_id = central.network(fresh_project)
    started = time.monotonic()
    ports = _made(
        all_at_once(
            [
                functools.partial(
                    central.allocate, network_id, region, fresh_project
                )
                for region in ('RegionOne', 'RegionTwo')
                for _number in range(20)
            ]
        )
    )
    print(f'\n40 ports in {time.monotonic() - started:.1f} s')
    assert len({port['id'] for port in ports}) == 40
    assert len({port['mac_address'] for port in ports}) == 40
    held = central.reserved(network_id)
    ips = _addresses(ports) + [
        ip
        for kinds in held.values()
        for addresses in kinds.values()
        for ip in addresses
    ]
    assert len(ips) == len(set(ips)) == 44
    assert central.presence(network_id) == ['RegionOne', 'RegionTwo']
    for port in ports:
        document = port['tricircle:document']
        assert central.presence(port['id']) == [document['region']]
        assert document['body']['port']['fixed_ips'] == port['fixed_ips']


def test_same_port_asked_for_at_once_is_made_once(
    central: CentralAlone, fresh_project: str
) -> None:
    network_id = central.network(fresh_project)
    port_id = str(uuid.uuid4())
    ports = _made(
        all_at_once(
            [
                functools.partial(
                    central.allocate,
                    network_id,
                    'RegionOne',
                    fresh_project,
                    port_id,
                )
                for _number in range(6)
            ]
        )
    )
    assert {port['id'] for port in ports} == {port_id}
    assert len(set(_addresses(ports))) == 1
    assert len({port['tricircle:document']['digest'] for port in ports}) == 1
    assert central.intents(port_id) == {'RegionOne': 1}


def test_same_port_asked_for_by_two_regions_at_once_is_in_one(
    central: CentralAlone, fresh_project: str
) -> None:
    network_id = central.network(fresh_project)
    port_id = str(uuid.uuid4())
    results = all_at_once(
        [
            functools.partial(
                central.allocate, network_id, region, fresh_project, port_id
            )
            for region in REGIONS
        ]
    )
    answers = [one for one in results if isinstance(one, requests.Response)]
    assert sorted(one.status_code for one in answers) == [201, 409, 409]
    assert {_type(one) for one in answers if one.status_code == 409} == {
        'PortInUse'
    }
    (winner,) = central.presence(port_id)
    assert central.intents(port_id) == {winner: 1}


def test_bulk_is_made_whole_and_answered_again(
    central: CentralAlone, fresh_project: str
) -> None:
    network_id = central.network(fresh_project)
    client = central.process.client(fresh_project, service=True)
    bodies = [
        {
            'id': str(uuid.uuid4()),
            'network_id': network_id,
            'tricircle:region': 'RegionOne',
        }
        for _number in range(5)
    ]
    first = client.create_bulk('port', bodies)
    again = client.create_bulk('port', bodies)
    assert [port['id'] for port in first] == [one['id'] for one in bodies]
    assert _addresses(first) == _addresses(again)
    other = central.network(fresh_project)
    answer = client.post(
        '/ports',
        {
            'ports': [
                {**bodies[0], 'id': str(uuid.uuid4())},
                {**bodies[0], 'network_id': other},
            ]
        },
    )
    assert answer.status_code == 409
    assert len(central.user(fresh_project).list('port')) == 5


@pytest.mark.parametrize(
    ('point', 'call'),
    [
        ('central.port.allocated', 'allocate'),
        ('central.presence.granted', 'allocate'),
        ('central.report.stored', 'report'),
    ],
)
def test_central_killed_behind_a_step_answers_when_asked_again(
    central: CentralAlone, fresh_project: str, point: str, call: str
) -> None:
    network_id = central.network(fresh_project)
    port_id = str(uuid.uuid4())
    ask = functools.partial(
        central.allocate, network_id, 'RegionOne', fresh_project, port_id
    )
    if call == 'report':
        assert ask().status_code == 201
        ask = functools.partial(central.report, port_id, 'RegionOne')
    central.doomed.start(point)
    with pytest.raises(requests.ConnectionError):
        ask(process=central.doomed)
    central.doomed.wait_death()
    answer = ask()
    assert answer.status_code in (200, 201), answer.text
    assert central.presence(port_id) == ['RegionOne']
    assert central.intents(port_id) == {'RegionOne': 1}
    assert len(central.user(fresh_project).list('port')) == 1
    if call == 'report':
        port = central.process.admin.show('port', port_id)
        assert port['binding:host_id'] == 'RegionOne-host1'
        assert port['status'] == 'ACTIVE'


def test_forty_reports_at_once_fill_chunks_to_their_size(
    central: CentralAlone, fresh_project: str
) -> None:
    network_id = central.network(fresh_project)
    client = central.process.client(fresh_project, service=True)
    ports = client.create_bulk(
        'port',
        [
            {
                'id': str(uuid.uuid4()),
                'network_id': network_id,
                'tricircle:region': 'RegionOne',
            }
            for _number in range(40)
        ],
    )
    central.pull('network', network_id, 'RegionTwo', fresh_project)
    results = all_at_once(
        [
            functools.partial(central.report, port['id'], 'RegionOne')
            for port in ports
        ]
    )
    assert [
        one.json()['replica']['accepted']
        for one in results
        if isinstance(one, requests.Response)
    ] == [True] * 40
    chunks = central.rows(
        'SELECT shadow_chunk AS chunk, COUNT(*) AS ports FROM port_locations'
        ' WHERE network_id = %s GROUP BY shadow_chunk',
        network_id,
    )
    # [client] max_shadow_port_bulk_size of central_alone is 16.
    assert sorted(
        (int(one['chunk']), int(one['ports'])) for one in chunks
    ) == [(0, 16), (1, 16), (2, 8)]
    for number in range(3):
        assert 'RegionTwo' in central.intents(f'{network_id}_{number}')
        assert 'RegionOne' not in central.intents(f'{network_id}_{number}')


def test_reports_that_come_in_any_order_end_with_the_last(
    central: CentralAlone, fresh_project: str
) -> None:
    network_id = central.network(fresh_project)
    port_id = str(uuid.uuid4())
    central.allocate(network_id, 'RegionOne', fresh_project, port_id)
    results = all_at_once(
        [
            functools.partial(
                central.report,
                port_id,
                'RegionOne',
                revision=number // 2,
                host=f'host-{number // 2}',
            )
            for number in range(20)
        ]
    )
    assert all(
        one.status_code == 200
        for one in results
        if isinstance(one, requests.Response)
    )
    port = central.process.admin.show('port', port_id)
    assert port['binding:host_id'] == 'host-9'


def test_port_deleted_by_region_and_tenant_at_once_is_gone_once(
    central: CentralAlone, fresh_project: str
) -> None:
    network_id = central.network(fresh_project)
    for _number in range(4):
        port_id = str(uuid.uuid4())
        central.allocate(network_id, 'RegionOne', fresh_project, port_id)
        results = all_at_once(
            [
                functools.partial(central.deleted, port_id, 'RegionOne'),
                functools.partial(central.deleted, port_id, 'RegionOne'),
                functools.partial(
                    central.user(fresh_project).delete, f'/ports/{port_id}'
                ),
            ]
        )
        statuses = [
            one.status_code
            for one in results
            if isinstance(one, requests.Response)
        ]
        assert statuses[:2] == [204, 204]
        assert statuses[2] in (204, 404)
        assert central.process.admin.list('port', id=port_id) == []
        assert (
            central.rows(
                'SELECT * FROM port_locations WHERE port_id = %s', port_id
            )
            == []
        )
        # It is forgotten, or the region is told once more what it knows.
        assert set(central.presence(port_id)) == set(central.intents(port_id))


def test_refusals_have_neutrons_own_types_and_leave_nothing(
    central: CentralAlone, fresh_project: str
) -> None:
    network_id = central.network(fresh_project)
    hinted = central.network(fresh_project, availability_zone_hints=['az2'])
    foreign = central.network(uuid.uuid4().hex)
    user = central.user(fresh_project)
    for answer, status, expected in (
        (
            central.allocate(hinted, 'RegionOne', fresh_project),
            404,
            'NetworkNotFound',
        ),
        (
            central.allocate(foreign, 'RegionOne', fresh_project),
            404,
            'NetworkNotFound',
        ),
        (
            central.allocate(network_id, 'Nowhere', fresh_project),
            404,
            'PodNotFound',
        ),
        (
            central.allocate(
                network_id, 'RegionOne', fresh_project, port_id='not-a-uuid'
            ),
            400,
            'HTTPBadRequest',
        ),
        (
            user.post(
                '/ports',
                {'port': {'network_id': network_id, 'id': str(uuid.uuid4())}},
            ),
            403,
            'PolicyNotAuthorized',
        ),
        (
            central.allocate(
                network_id,
                'RegionOne',
                fresh_project,
                fixed_ips=[{'ip_address': '10.99.0.1'}],
            ),
            400,
            'InvalidIpForNetwork',
        ),
    ):
        assert (answer.status_code, _type(answer)) == (status, expected), (
            answer.text
        )
    assert user.list('port') == []
    assert central.presence(hinted) == central.presence(foreign) == []


def test_quota_of_the_project_counts_and_reservations_do_not(
    central: CentralAlone, fresh_project: str
) -> None:
    network_id = central.network(fresh_project)
    central.process.admin.put(
        f'/quotas/{fresh_project}', {'quota': {'port': 1}}
    )
    for region in REGIONS:
        central.pull('network', network_id, region, fresh_project)
    first = central.allocate(network_id, 'RegionOne', fresh_project)
    assert first.status_code == 201, first.text
    second = central.allocate(network_id, 'RegionOne', fresh_project)
    assert (second.status_code, _type(second)) == (409, 'OverQuota')
    assert len(central.user(fresh_project).list('port')) == 1


def _statements(
    central: CentralAlone, call: Callable[[], requests.Response]
) -> int:
    """Return how many statements a request takes."""
    with central.process.count_statements() as counter:
        assert call().status_code == 201
    return counter.count.total


def test_statements_of_a_port_for_a_region_beside_a_plain_one(
    central: CentralAlone, fresh_project: str
) -> None:
    network_id = central.network(fresh_project)
    user = central.user(fresh_project)
    ask = functools.partial(
        central.allocate, network_id, 'RegionOne', fresh_project
    )
    plain = functools.partial(
        user.post, '/ports', {'port': {'network_id': network_id}}
    )
    counts, times = {}, {}
    for name, call in (('plain', plain), ('region', ask)):
        for _number in range(4):
            assert call().status_code == 201
        # What runs beside a request, and a cache that ran out, only add.
        counts[name] = min(_statements(central, call) for _number in range(4))
        started = time.monotonic()
        for _number in range(10):
            call()
        times[name] = (time.monotonic() - started) / 10
    print(
        f'\nPOST port: {counts["plain"]} statements, '
        f'{times["plain"] * 1000:.0f} ms; for a region: '
        f'{counts["region"]}, {times["region"] * 1000:.0f} ms'
    )
    assert counts['region'] < 1.5 * counts['plain']
