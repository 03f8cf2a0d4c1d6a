# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Requests with much in them: their time follows their size."""

import time

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud.client import Json
from tests.functional.cloud.client import refused

#: Seconds that a client waits for the largest of these.
_PATIENCE = 240.0
_PORTS = r'/ports$'


@pytest.fixture
def user(cloud: clouds.Cloud, fresh_project: str) -> clouds.NeutronClient:
    """A user of RegionOne with room for many ports."""
    cloud.central.admin.put(
        f'/quotas/{fresh_project}', {'quota': {'port': 1000}}
    )
    client = cloud.one.client(fresh_project)
    client.timeout = _PATIENCE
    return client


def _ports(network: Json, count: int) -> list[Json]:
    return [
        {'network_id': network['id'], 'name': f'p-{number:03}'}
        for number in range(count)
    ]


def _seconds(cloud: clouds.Cloud, path: str) -> list[float]:
    """Return how long central took for what RegionOne asked last."""
    return [call.seconds for call in cloud.central_calls.since(path=path)][-2:]


def _nothing_is_left(cloud: clouds.Cloud, network: Json) -> None:
    regions.outbox_empty(cloud.one)
    assert regions.ports_of(cloud.central.admin, network['id']) == {}
    assert regions.ports_of(cloud.one.admin, network['id']) == {}
    assert not regions.ledger(
        cloud.one, parent_id=network['id'], state='allocating'
    )


@pytest.mark.parametrize(
    'count', [60, pytest.param(200, marks=pytest.mark.thorough)]
)
def test_many_ports_of_one_request_are_made(
    cloud: clouds.Cloud,
    user: clouds.NeutronClient,
    fresh_project: str,
    count: int,
) -> None:
    owner = cloud.central.client(fresh_project)
    network = owner.create_network(name='large')
    owner.create_subnet(network['id'], '10.7.0.0/22')
    started = time.monotonic()
    made = user.create_bulk('port', _ports(network, count))
    print(f'\n{count} ports in {time.monotonic() - started:.1f} s')
    assert [port['name'] for port in made] == [
        one['name'] for one in _ports(network, count)
    ]
    there = clouds.eventually(
        lambda: regions.same_ports(cloud, network['id'], [cloud.one]), 60
    )
    assert set(there) == {port['id'] for port in made}


@pytest.mark.thorough
def test_a_central_that_is_slow_but_answers_is_waited_for(
    cloud: clouds.Cloud, user: clouds.NeutronClient, network: Json
) -> None:
    user.show('network', network['id'])
    slow = cloud.one.to_central.delay(4.5, path=_PORTS, times=None)
    made = user.create_bulk('port', _ports(network, 15))
    slow.cancel()
    assert len(made) == 15
    clouds.eventually(
        lambda: regions.same_ports(cloud, network['id'], [cloud.one]), 30
    )


def test_a_central_too_slow_for_a_part_is_called_slow_and_gets_all_back(
    cloud: clouds.Cloud, user: clouds.NeutronClient, network: Json
) -> None:
    user.show('network', network['id'])
    held = cloud.one.to_central.hold_answer(
        path=_PORTS, body='p-017', times=None
    )
    error = refused(lambda: user.create_bulk('port', _ports(network, 20)))
    assert held.hits
    held.release()
    assert (error.status, error.type) == (503, 'CentralUnavailable')
    assert 'slow' in error.message, error.message
    # Six seconds for one port, and half of that for each beside it.
    assert 'within 18.0 s' in error.message, error.message
    clouds.eventually(lambda: _nothing_is_left(cloud, network), 40)


@pytest.mark.thorough
def test_what_central_makes_after_it_was_given_up_is_given_back(
    cloud: clouds.Cloud, user: clouds.NeutronClient, network: Json
) -> None:
    user.show('network', network['id'])
    late = cloud.one.to_central.hold(path=_PORTS, body='p-017', times=None)
    refused(lambda: user.create_bulk('port', _ports(network, 20)))
    # Central hears that they are not wanted before it hears of them.
    clouds.eventually(lambda: _nothing_is_left(cloud, network), 40)
    late.release()
    cloud.central_calls.wait_quiet()

    clouds.eventually(lambda: _nothing_is_left(cloud, network), 40)


def test_an_absent_central_is_called_absent_at_once(
    cloud: clouds.Cloud, user: clouds.NeutronClient, network: Json
) -> None:
    user.show('network', network['id'])
    with cloud.one.to_central.away():
        started = time.monotonic()
        error = refused(lambda: user.create_bulk('port', _ports(network, 20)))
        assert time.monotonic() - started < 8
    assert (error.status, error.type) == (503, 'CentralUnavailable')
    assert 'no connection' in error.message, error.message
    clouds.eventually(lambda: _nothing_is_left(cloud, network), 20)


def test_a_central_that_dies_amid_a_request_gets_all_back(
    cloud: clouds.Cloud, user: clouds.NeutronClient, network: Json
) -> None:
    user.show('network', network['id'])
    cloud.one.to_central.drop_request(path=_PORTS, body='p-017', times=None)
    error = refused(lambda: user.create_bulk('port', _ports(network, 20)))
    assert (error.status, error.type) == (503, 'CentralUnavailable')
    clouds.eventually(lambda: _nothing_is_left(cloud, network), 20)


def test_more_ports_than_the_quota_are_refused_and_none_is_left(
    cloud: clouds.Cloud,
    user: clouds.NeutronClient,
    fresh_project: str,
    network: Json,
) -> None:
    user.show('network', network['id'])
    cloud.central.admin.put(
        f'/quotas/{fresh_project}', {'quota': {'port': 12}}
    )
    error = refused(lambda: user.create_bulk('port', _ports(network, 20)))
    assert (error.status, error.type) == (409, 'OverQuota')
    clouds.eventually(lambda: _nothing_is_left(cloud, network), 20)
    # What was given back can be had.
    assert len(user.create_bulk('port', _ports(network, 12))) == 12


def test_a_lost_answer_amid_a_request_is_made_good(
    cloud: clouds.Cloud, user: clouds.NeutronClient, network: Json
) -> None:
    user.show('network', network['id'])
    lost = cloud.one.to_central.drop_answer(path=_PORTS, body='p-017')
    made = user.create_bulk('port', _ports(network, 20))
    assert lost.hits == 1
    assert len(made) == 20
    clouds.eventually(
        lambda: regions.same_ports(cloud, network['id'], [cloud.one]), 30
    )


@pytest.mark.thorough
def test_a_network_with_many_subnets_is_had_at_the_first_try(
    cloud: clouds.Cloud, user: clouds.NeutronClient, fresh_project: str
) -> None:
    owner = cloud.central.client(fresh_project)
    cloud.central.admin.put(
        f'/quotas/{fresh_project}', {'quota': {'subnet': 200}}
    )
    network = owner.create_network(name='many')
    owner.create_bulk(
        'subnet',
        [
            {
                'network_id': network['id'],
                'ip_version': 4,
                'cidr': f'10.8.{number}.0/24',
            }
            for number in range(60)
        ],
    )
    started = time.monotonic()
    shown = user.show('network', network['id'])
    print(
        f'\n60 subnets in {time.monotonic() - started:.1f} s, of which '
        f'central {max(_seconds(cloud, network["id"])):.1f} s'
    )
    assert len(shown['subnets']) == 60


@pytest.mark.thorough
def test_a_group_with_many_rules_is_had_at_the_first_try(
    cloud: clouds.Cloud,
    user: clouds.NeutronClient,
    fresh_project: str,
    network: Json,
) -> None:
    owner = cloud.central.client(fresh_project)
    cloud.central.admin.put(
        f'/quotas/{fresh_project}', {'quota': {'security_group_rule': 1000}}
    )
    group = owner.create('security_group', name='many')
    owner.create_bulk(
        'security_group_rule',
        [
            {
                'security_group_id': group['id'],
                'direction': 'ingress',
                'ethertype': 'IPv4',
                'protocol': 'tcp',
                'port_range_min': number,
                'port_range_max': number,
            }
            for number in range(1, 501)
        ],
    )
    started = time.monotonic()
    owner.create_bulk(
        'port',
        [
            {**one, 'security_groups': [group['id']]}
            for one in _ports(network, 5)
        ],
    )
    print(f'\nthe same in central: {time.monotonic() - started:.1f} s')
    started = time.monotonic()
    made = user.create_bulk(
        'port',
        [
            {**one, 'security_groups': [group['id']]}
            for one in _ports(network, 5)
        ],
    )
    print(
        f'\n5 ports, 500 rules in {time.monotonic() - started:.1f} s, of '
        f'which central {sum(_seconds(cloud, _PORTS)):.1f} s'
    )
    shown = user.show('security_group', group['id'])
    assert len(shown['security_group_rules']) == 502
    assert len(made) == 5
