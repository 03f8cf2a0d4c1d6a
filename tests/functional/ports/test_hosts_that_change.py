# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A host gets another address or name, or its agent is removed."""

import functools
import itertools
from typing import Any
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional import views
from tests.functional.cloud import eventually
from tests.functional.cloud import hosts
from tests.functional.jobs import sweeps
from tests.functional.routers.routed import Routed
from tests.functional.routers.router_pieces import come_to
from tests.functional.stretched import await_shadow
from tests.functional.stretched import stretched

_NUMBERS = itertools.count(1)


def new_address() -> str:
    """Return a tunnel address that no other host has."""
    return f'172.30.90.{next(_NUMBERS)}'


def new_host(region: clouds.Region, address: str) -> str:
    """Add a host that no other test uses; return its name."""
    name = f'host-{uuid.uuid4().hex[:8]}'
    region.agent_reports_state(name, address)
    return name


def reached_at(region: clouds.Region, host: str) -> tuple[str, list[str]]:
    """Return the addresses of a host: its agent's and its tunnels' end."""
    return (
        str(region.hosts.configurations(host)['tunneling_ip']),
        [
            str(row['ip_address'])
            for row in region.database.query(
                'SELECT ip_address FROM ml2_vxlan_endpoints WHERE host = %s',
                host,
            )
        ],
    )


def nothing_of(region: clouds.Region, *words: str) -> None:
    """Assert that a region has no agent and no tunnel of hosts.

    :param words: the hosts' names or addresses
    """
    for word in words:
        for query in (
            'SELECT host FROM agents WHERE host = %s'
            ' OR configurations LIKE %s',
            'SELECT host FROM ml2_vxlan_endpoints WHERE host = %s'
            ' OR ip_address LIKE %s',
            'SELECT resource_id FROM tricircle_replicas'
            ' WHERE resource_id = %s OR detail LIKE %s'
            " AND resource_type LIKE 'shadow%%'",
        ):
            like = f'%"{word}"%' if 'LIKE' in query else word
            rows = list(region.database.query(query, word, like))
            assert not rows, (word, query, rows)


def heard(cloud: clouds.Cloud) -> None:
    """Wait until central has heard all, and has told all regions."""

    def quiet() -> None:
        regions.outbox_empty(cloud.one)
        regions.outbox_empty(cloud.two)
        assert not cloud.central.database.query(
            'SELECT id FROM journal WHERE pending'
            " AND resource_type = 'shadow-ports'"
        )

    eventually(quiet, 30)


def shown_in_two(
    cloud: clouds.Cloud, project: str, address: str
) -> tuple[Any, str, str]:
    """Have RegionTwo know of a port on a new host of RegionOne.

    :param address: of the host
    :returns: the network, which both have, the host's name, the port's ID
    """
    network = stretched(cloud, project)
    host = new_host(cloud.one, address)
    nova = cloud.one.nova(project)
    port_id = nova.boot(network_id=network['id'], host=host).port_id
    cloud.two.nova(project).boot(network_id=network['id'])
    await_shadow(cloud.two, network['id'], port_id)
    heard(cloud)
    return network, host, port_id


@pytest.mark.parametrize('is_away', [False, True])
def test_a_hosts_new_address_is_the_only_one_that_is_left(
    cloud: clouds.Cloud, fresh_project: str, is_away: bool
) -> None:
    network = stretched(cloud, fresh_project)
    old, new = new_address(), new_address()
    host = new_host(cloud.one, old)
    nova = cloud.one.nova(fresh_project)
    ports = [
        nova.boot(network_id=network['id'], host=host).port_id
        for _ in range(2)
    ]
    cloud.two.nova(fresh_project).boot(network_id=network['id'])
    for port in ports:
        await_shadow(cloud.two, network['id'], port)

    if is_away:
        with cloud.two.from_xjob.away():
            cloud.one.change_tunnel_ip(host, new)
            eventually(functools.partial(regions.outbox_empty, cloud.one))
    else:
        cloud.one.change_tunnel_ip(host, new)

    def followed() -> None:
        assert reached_at(cloud.two, host) == (new, [new])
        assert views.active_shadows(cloud.two, network['id']) == set(ports)
        nothing_of(cloud.two, old)

    eventually(followed, 30)


def test_hosts_exchange_their_addresses(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    first, second = new_address(), new_address()
    names = [new_host(cloud.one, one) for one in (first, second)]
    nova = cloud.one.nova(fresh_project)
    ports = [
        nova.boot(network_id=network['id'], host=host).port_id
        for host in names
    ]
    cloud.two.nova(fresh_project).boot(network_id=network['id'])
    for port in ports:
        await_shadow(cloud.two, network['id'], port)

    for host, address in zip(names, (second, first), strict=True):
        cloud.one.change_tunnel_ip(host, address)

    def followed() -> None:
        assert reached_at(cloud.two, names[0]) == (second, [second])
        assert reached_at(cloud.two, names[1]) == (first, [first])
        assert views.active_shadows(cloud.two, network['id']) == set(ports)

    eventually(followed, 30)


def test_a_routers_port_is_reached_at_its_hosts_new_address(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Routed.make(
        cloud, fresh_project, availability_zone_hints=['RegionOne']
    )
    made.add_network('net1', '10.0.1.0/24')
    made.boot('net1', 'RegionOne')
    made.boot('net1', 'RegionTwo')
    made.attach('net1')
    # No instance is there.
    host, new = new_host(cloud.one, new_address()), new_address()
    cloud.one.hosts.add(host, agent_type=hosts.L3_AGENT)
    network_id = made.networks['net1']['id']

    def shown() -> None:
        come_to(cloud.one, host, made.router['id'])
        assert host in cloud.two.hosts.names()
        assert len(views.active_shadows(cloud.two, network_id)) == 2

    eventually(shown, 60)
    heard(cloud)

    cloud.one.change_tunnel_ip(host, new)

    def followed() -> None:
        assert reached_at(cloud.two, host) == (new, [new])

    eventually(followed, 30)
    cloud.one.hosts.remove(host, hosts.L3_AGENT)
    made.delete()
    eventually(made.assert_nothing_left, 60)


def test_nothing_stays_of_a_hosts_old_name_after_its_last_port(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    address = new_address()
    old = new_host(cloud.one, address)
    nova = cloud.one.nova(fresh_project)
    instances = [
        nova.boot(network_id=network['id'], host=old) for _ in range(2)
    ]
    cloud.two.nova(fresh_project).boot(network_id=network['id'])
    for one in instances:
        await_shadow(cloud.two, network['id'], one.port_id)

    cloud.one.hosts.die(old)
    new = new_host(cloud.one, address)
    for count, one in enumerate(instances, 1):
        nova.migrate(one, new)

        def followed(moved: int = count) -> None:
            shadows = views.shadows(cloud.two, network['id'])
            assert {one['status'] for one in shadows.values()} == {'ACTIVE'}
            assert sorted(
                one['binding:host_id'] for one in shadows.values()
            ) == sorted([new] * moved + [old] * (2 - moved))

        eventually(followed, 30)

    def only_the_new() -> None:
        nothing_of(cloud.two, old)
        assert reached_at(cloud.two, new) == (address, [address])

    eventually(only_the_new, 30)


@pytest.mark.parametrize('comes_back_at', ['the same', 'another'])
def test_shadows_stay_when_the_agent_of_their_host_is_deleted(
    cloud: clouds.Cloud, fresh_project: str, comes_back_at: str
) -> None:
    address, other = new_address(), new_address()
    network, host, port_id = shown_in_two(cloud, fresh_project, address)
    agent_id = cloud.one.hosts.row(host)['id']

    assert cloud.one.admin.delete(f'/agents/{agent_id}').status_code == 204
    # What is heard of the port from now on is not of its host.
    cloud.one.admin.update('port', port_id, description='looked at')
    cloud.one.agent_reports_up(port_id, host)
    cloud.one.agent_reports_down(port_id, host)
    heard(cloud)

    assert views.active_shadows(cloud.two, network['id']) == {port_id}
    assert reached_at(cloud.two, host) == (address, [address])
    assert cloud.central.admin.show('port', port_id)['status'] == 'DOWN'

    new = address if comes_back_at == 'the same' else other
    cloud.one.agent_reports_state(host, new)

    def followed() -> None:
        assert reached_at(cloud.two, host) == (new, [new])
        assert views.active_shadows(cloud.two, network['id']) == {port_id}

    eventually(followed, 30)


def test_the_sweep_brings_back_a_shadow_agent_that_was_deleted(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    address = new_address()
    network, host, port_id = shown_in_two(cloud, fresh_project, address)
    agent_id = cloud.two.hosts.row(host)['id']

    assert cloud.two.admin.delete(f'/agents/{agent_id}').status_code == 204
    assert host not in cloud.two.hosts.names()
    sweeps.sweep_once(cloud)

    def back() -> None:
        assert reached_at(cloud.two, host) == (address, [address])
        assert views.active_shadows(cloud.two, network['id']) == {port_id}
        assert cloud.two.admin.show(
            'agent', str(cloud.two.hosts.row(host)['id'])
        )['alive']

    eventually(back, 30)
