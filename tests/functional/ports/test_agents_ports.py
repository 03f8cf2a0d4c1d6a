# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Ports that central reserves for a region's agents: theirs and no user's."""

import functools
from typing import Any

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud.client import Json
from tricircle.db import device_owners
from tricircle.replica import held_ports
from tricircle.replica import types


@pytest.fixture
def network(cloud: clouds.Cloud, fresh_project: str) -> Json:
    """A network of central that RegionOne has, with its subnet's ID."""
    return regions.met_network(cloud, fresh_project)


def test_a_dhcp_agent_gets_its_address_from_central(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    host = cloud.one.default_host
    [reserved] = cloud.one.admin.list(
        'port', network_id=network['id'], device_owner='network:dhcp'
    )
    # An agent released its port, as it does when a network leaves it.
    cloud.one.admin.remove('port', reserved['id'])
    log_start = cloud.one.agent_rpc.log_size()
    with pytest.raises(Exception, match='NetworkNotFound'):
        cloud.one.agent_rpc.call(
            'dhcp',
            method='create_dhcp_port',
            host=host,
            arguments={
                'port': {
                    'port': {
                        'name': '',
                        'admin_state_up': True,
                        'network_id': network['id'],
                        'tenant_id': fresh_project,
                        'device_id': f'dhcp-{network["id"]}',
                        'fixed_ips': [{'subnet_id': network['subnet_id']}],
                    }
                }
            },
        )

    # It is told to synchronise again; nothing was wrong.
    said = cloud.one.agent_rpc.log(log_start)
    assert 'Exception during message handling' not in said
    assert 'Traceback' not in said

    def adopted() -> None:
        found = cloud.one.admin.list(
            'port', network_id=network['id'], device_owner='network:dhcp'
        )
        assert len(found) == 1
        [again] = found
        assert again['id'] == reserved['id']
        assert again['fixed_ips'] == reserved['fixed_ips']
        assert again['device_id'] == 'reserved_dhcp_port'

    clouds.eventually(adopted)


def test_a_dhcp_agent_that_asks_too_early_gets_the_reserved_port(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    [reserved] = cloud.one.admin.list(
        'port', network_id=network['id'], device_owner='network:dhcp'
    )

    def ask(number: int) -> Any:
        # Two servers of one network, as with dhcp_agents_per_network = 2.
        try:
            return cloud.one.agent_rpc.call(
                'dhcp',
                method='create_dhcp_port',
                host=cloud.one.default_host,
                arguments={
                    'port': {
                        'port': {
                            'name': '',
                            'admin_state_up': True,
                            'network_id': network['id'],
                            'tenant_id': fresh_project,
                            'device_id': f'dhcp{number}-{network["id"]}',
                            'fixed_ips': [{'subnet_id': network['subnet_id']}],
                        }
                    }
                },
            )
        except Exception as exc:
            return str(exc)

    first, second = ask(1), ask(2)

    assert 'NetworkNotFound' in str(second)
    assert reserved['id'] in str(first)
    here = cloud.one.admin.show('port', reserved['id'])
    assert here['device_id'] == f'dhcp1-{network["id"]}'
    assert here['fixed_ips'] == reserved['fixed_ips']
    assert here['binding:host_id'] == cloud.one.default_host


def test_no_tenant_touches_the_ports_of_a_network_that_are_for_agents(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.one.client(fresh_project)
    [reserved] = cloud.one.admin.list(
        'port', network_id=network['id'], device_owner='network:dhcp'
    )
    for client in (user, cloud.one.admin):
        regions.assert_central(
            clouds.refused(
                functools.partial(
                    client.create_port,
                    network['id'],
                    device_owner='network:dhcp',
                    device_id=f'dhcp-{network["id"]}',
                    fixed_ips=[{'subnet_id': network['subnet_id']}],
                )
            )
        )
        for said in ({'device_id': 'mine'}, {'device_owner': ''}):
            assert client.put(
                f'/ports/{reserved["id"]}', {'port': said}
            ).status_code in (404, 409)
    assert cloud.one.admin.show('port', reserved['id']) == reserved


#: What no user says of a port: as the product's own tables have it.
_RESERVED = [
    *(
        {'device_owner': owner}
        for owner in sorted(
            {*device_owners.MADE_BY_NEUTRON, types.SHADOW_DEVICE_OWNER}
        )
    ),
    *({'device_id': one} for one in sorted(held_ports.DEVICE_IDS)),
]


@pytest.mark.parametrize('admin', [False, True])
def test_no_port_of_a_user_is_or_becomes_a_reserved_one(
    cloud: clouds.Cloud, fresh_project: str, network: Json, admin: bool
) -> None:
    """Neither one by one, nor among others, nor by a change."""
    user = cloud.one.client(fresh_project)
    caller = cloud.one.admin if admin else user
    port = user.create_port(network['id'])
    before = _ports(cloud, network['id'])
    plain = {'network_id': network['id'], 'project_id': fresh_project}
    for said in _RESERVED:
        refused = caller.put(f'/ports/{port["id"]}', {'port': said})
        assert refused.status_code in (403, 409), (said, refused.text)
        for body in (
            {'port': {**plain, **said}},
            {'ports': [{**plain, **said}]},
            {'ports': [plain, {**plain, **said}]},
        ):
            made = caller.post('/ports', body)
            assert made.status_code in (403, 409), (body, made.text)

    shown = user.show('port', port['id'])
    assert (shown['device_owner'], shown['device_id']) == ('', '')
    # Not even what was among the refused has been made, on either side.
    assert _ports(cloud, network['id']) == before


def _ports(cloud: clouds.Cloud, network_id: str) -> set[tuple[str, str]]:
    """Return the ports of a network, in RegionOne and in central."""
    return {
        (side.name, one['id'])
        for side in (cloud.one, cloud.central)
        for one in side.admin.list('port', network_id=network_id)
    }
