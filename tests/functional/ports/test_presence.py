# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Regions get networks, ports and groups from central, all at once."""

from collections.abc import Callable
import functools
import time
import uuid

import pytest
import requests

from tests.functional.central_alone import CentralAlone
from tests.functional.central_alone import REGIONS
from tests.functional.regions import all_at_once


def _answers(
    results: list[requests.Response | Exception],
) -> list[requests.Response]:
    answers = []
    for result in results:
        if isinstance(result, Exception):
            raise result
        answers.append(result)
    return answers


def _statuses(answers: list[requests.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def _type(answer: requests.Response) -> str:
    return str(answer.json()['NeutronError']['type'])


def test_three_regions_at_once_have_addresses_of_their_own(
    central: CentralAlone, fresh_project: str
) -> None:
    network_id = central.network(fresh_project)
    answers = _answers(
        all_at_once(
            [
                functools.partial(
                    central.pull,
                    'network',
                    network_id,
                    region,
                    fresh_project,
                    dhcp_agents=2,
                )
                for region in REGIONS * 2
            ]
        )
    )
    assert _statuses(answers) == [200] * 6, [one.text for one in answers]
    assert central.presence(network_id) == sorted(REGIONS)
    held = central.reserved(network_id)
    assert {
        region: {kind: len(ips) for kind, ips in kinds.items()}
        for region, kinds in held.items()
    } == {region: {'gateway': 1, 'dhcp': 2} for region in REGIONS}
    gateways = {
        answer.json()['replica']['document']['body']['subnets'][0][
            'gateway_ip'
        ]
        for answer in answers
    }
    assert len(gateways) == 3


def test_two_regions_at_once_on_a_local_network_one_wins(
    central: CentralAlone, fresh_project: str
) -> None:
    network_id = central.network(
        fresh_project, **{'provider:network_type': 'local'}
    )
    answers = _answers(
        all_at_once(
            [
                functools.partial(
                    central.pull, 'network', network_id, region, fresh_project
                )
                for region in ('RegionOne', 'RegionTwo')
            ]
        )
    )
    assert _statuses(answers) == [200, 404]
    (winner,) = central.presence(network_id)
    refused = next(one for one in answers if one.status_code == 404)
    assert _type(refused) == 'NetworkNotFound'
    assert winner in refused.text
    assert list(central.reserved(network_id)) == [winner]


def test_two_regions_at_once_on_a_port_one_has_it(
    central: CentralAlone, fresh_project: str
) -> None:
    network_id = central.network(fresh_project)
    port = central.user(fresh_project).create_port(network_id)
    answers = _answers(
        all_at_once(
            [
                functools.partial(
                    central.pull, 'port', port['id'], region, fresh_project
                )
                for region in ('RegionOne', 'RegionTwo')
            ]
        )
    )
    assert _statuses(answers) == [200, 409], [one.text for one in answers]
    (winner,) = central.presence(port['id'])
    refused = next(one for one in answers if one.status_code == 409)
    # Users of the region read PortInUse.
    assert _type(refused) == 'PortBeingReleased'
    assert f'{winner} is being asked to release it' in refused.text
    assert central.intents(port['id']) == {winner: 2}


def test_networks_of_one_project_at_once_share_its_groups(
    central: CentralAlone, fresh_project: str
) -> None:
    networks = [central.network(fresh_project) for _number in range(6)]
    answers = _answers(
        all_at_once(
            [
                functools.partial(
                    central.pull, 'network', network_id, region, fresh_project
                )
                for network_id in networks
                for region in ('RegionOne', 'RegionTwo')
            ]
        )
    )
    assert _statuses(answers) == [200] * 12, [one.text for one in answers]
    group = central.user(fresh_project).list('security_group', name='default')[
        0
    ]
    assert central.presence(group['id']) == ['RegionOne', 'RegionTwo']


@pytest.mark.parametrize('kind', ['network', 'port', 'security-group'])
def test_foreign_resource_materialises_nothing(
    central: CentralAlone, fresh_project: str, kind: str
) -> None:
    network_id = central.network(fresh_project)
    user = central.user(fresh_project)
    port = user.create_port(network_id)
    id_ = {
        'network': network_id,
        'port': port['id'],
        'security-group': port['security_groups'][0],
    }[kind]
    before = central.rows('SELECT COUNT(*) AS n FROM resource_routings')
    answer = central.pull(kind, id_, 'RegionOne', f'not-{fresh_project}')
    assert answer.status_code == 404
    assert _type(answer).endswith('NotFound')
    assert central.presence(id_) == []
    assert central.reserved(network_id) == {}
    assert central.intents(id_) == {}
    assert before == central.rows(
        'SELECT COUNT(*) AS n FROM resource_routings'
    )


def test_change_during_the_first_pull_is_in_it_or_follows_it(
    central: CentralAlone, fresh_project: str
) -> None:
    # Either the region got the new name, or the journal tells it.
    for number in range(8):
        network_id = central.network(fresh_project, name='old')
        user = central.user(fresh_project)
        pulled, renamed = all_at_once(
            [
                functools.partial(
                    central.pull,
                    'network',
                    network_id,
                    'RegionOne',
                    fresh_project,
                ),
                functools.partial(
                    user.put,
                    f'/networks/{network_id}',
                    {'network': {'name': 'new'}},
                ),
            ]
        )
        assert isinstance(pulled, requests.Response), pulled
        assert isinstance(renamed, requests.Response), renamed
        assert (pulled.status_code, renamed.status_code) == (200, 200)
        document = pulled.json()['replica']['document']
        counter = central.intents(network_id)['RegionOne']
        if document['body']['network']['name'] == 'old':
            assert counter > document['generation']['counter'], number


def test_subnet_made_during_the_first_pull_has_its_gateway(
    central: CentralAlone, fresh_project: str
) -> None:
    for number in range(3):
        network_id = central.network(fresh_project)
        user = central.user(fresh_project)
        answers = _answers(
            all_at_once(
                [
                    *(
                        functools.partial(
                            central.pull,
                            'network',
                            network_id,
                            one,
                            fresh_project,
                        )
                        for one in ('RegionOne', 'RegionTwo')
                    ),
                    functools.partial(
                        user.post,
                        '/subnets',
                        {
                            'subnet': {
                                'network_id': network_id,
                                'cidr': '10.2.0.0/24',
                                'ip_version': 4,
                            }
                        },
                    ),
                ]
            )
        )
        assert _statuses(answers) == [200, 200, 201], number
        for answer in answers[:2]:
            document = answer.json()['replica']['document']
            region = document['region']
            counter = central.intents(network_id)[region]
            if len(document['body']['subnets']) == 1:
                assert counter > document['generation']['counter']
            held = central.reserved(network_id)[region]
            # Of the later subnet at the latest when XJob looks after it.
            if len(held['gateway']) == 1:
                central.pull('network', network_id, region, fresh_project)
                held = central.reserved(network_id)[region]
            assert len(held['gateway']) == 2
            assert len(held['dhcp']) == 2


def test_network_deleted_during_a_pull_leaves_nothing(
    central: CentralAlone, fresh_project: str
) -> None:
    for _number in range(3):
        network_id = central.network(fresh_project)
        user = central.user(fresh_project)
        pulled, deleted = _answers(
            all_at_once(
                [
                    functools.partial(
                        central.pull,
                        'network',
                        network_id,
                        'RegionOne',
                        fresh_project,
                    ),
                    functools.partial(user.delete, f'/networks/{network_id}'),
                ]
            )
        )
        assert deleted.status_code == 204, deleted.text
        assert pulled.status_code in (200, 404), pulled.text
        assert central.reserved(network_id) == {}
        assert (
            central.rows(
                'SELECT id FROM ports WHERE network_id = %s', network_id
            )
            == []
        )
        # A region that got it is told that it is gone.
        if pulled.status_code == 200:
            counter = pulled.json()['replica']['document']['generation'][
                'counter'
            ]
            assert central.intents(network_id)['RegionOne'] > counter
        again = central.pull('network', network_id, 'RegionOne', fresh_project)
        assert again.status_code == 404


def test_full_network_leaves_nothing_behind(
    central: CentralAlone, fresh_project: str
) -> None:
    user = central.user(fresh_project)
    network_id = user.create_network()['id']
    user.create_subnet(
        network_id,
        '10.3.0.0/24',
        allocation_pools=[{'start': '10.3.0.9', 'end': '10.3.0.10'}],
    )
    answers = _answers(
        all_at_once(
            [
                functools.partial(
                    central.pull, 'network', network_id, region, fresh_project
                )
                for region in REGIONS
            ]
        )
    )
    assert _statuses(answers) == [200, 409, 409]
    for answer in answers:
        if answer.status_code == 409:
            assert _type(answer) == 'IpAddressGenerationFailure'
    (winner,) = central.presence(network_id)
    assert list(central.reserved(network_id)) == [winner]
    assert list(central.intents(network_id)) == [winner]


@pytest.mark.parametrize('kind', ['network', 'port'])
def test_central_killed_after_the_grant_answers_when_asked_again(
    central: CentralAlone, fresh_project: str, kind: str
) -> None:
    network_id = central.network(fresh_project)
    id_ = network_id
    if kind == 'port':
        id_ = central.user(fresh_project).create_port(network_id)['id']
    central.doomed.start('central.presence.granted')
    with pytest.raises(requests.ConnectionError):
        central.pull(
            kind, id_, 'RegionOne', fresh_project, process=central.doomed
        )
    central.doomed.wait_death()
    assert central.presence(id_) == ['RegionOne']
    held = central.reserved(network_id)
    intents = central.intents(id_)
    answer = central.pull(kind, id_, 'RegionOne', fresh_project)
    assert answer.status_code == 200, answer.text
    assert central.reserved(network_id) == held
    assert central.intents(id_) == intents == {'RegionOne': 1}


@pytest.mark.parametrize('delay', [0.01, 0.03])
def test_central_killed_during_a_grant_leaves_all_or_nothing(
    central: CentralAlone, fresh_project: str, delay: float
) -> None:
    network_id = central.network(fresh_project)
    central.doomed.start()

    def kill() -> None:
        time.sleep(delay)
        central.doomed.kill9()

    pull = functools.partial(
        central.pull, 'network', network_id, 'RegionOne', fresh_project
    )
    calls: list[Callable[[], object]] = [
        functools.partial(pull, process=central.doomed),
        kill,
    ]
    all_at_once(calls)
    held = central.reserved(network_id)
    intents = central.intents(network_id)
    if central.presence(network_id):
        assert held['RegionOne'].keys() == {'gateway', 'dhcp'}
        assert intents == {'RegionOne': 1}
    else:
        assert (held, intents) == ({}, {})
    central.check_addresses()
    answer = pull()
    assert answer.status_code == 200, answer.text


def test_unknown_things_are_not_found(
    central: CentralAlone, fresh_project: str
) -> None:
    network_id = central.network(fresh_project)
    for answer, expected in (
        (central.pull('network', network_id, 'Nowhere', fresh_project), 'Pod'),
        (
            central.pull(
                'network', network_id, 'CentralRegion', fresh_project
            ),
            'Pod',
        ),
        (
            central.pull(
                'network', str(uuid.uuid4()), 'RegionOne', fresh_project
            ),
            'Network',
        ),
    ):
        assert answer.status_code == 404
        assert _type(answer) == f'{expected}NotFound'
    assert central.presence(network_id) == []


def test_hints_are_the_scope_of_admins_as_well(
    central: CentralAlone, fresh_project: str
) -> None:
    network_id = central.network(
        fresh_project, availability_zone_hints=['az2']
    )
    answer = central.pull(
        'network', network_id, 'RegionOne', fresh_project, is_admin=True
    )
    assert answer.status_code == 404
    assert _type(answer) == 'NetworkNotFound'
    assert 'az2' in answer.text
    assert central.presence(network_id) == []
    answer = central.pull('network', network_id, 'RegionTwo', fresh_project)
    assert answer.status_code == 200
