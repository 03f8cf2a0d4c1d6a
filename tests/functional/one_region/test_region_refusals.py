# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What a region refuses on central's resources, and what it leaves alone."""

import functools
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud.client import Json


@pytest.fixture
def network(cloud: clouds.Cloud, fresh_project: str) -> Json:
    """A network of central that RegionOne has, with its subnet's ID."""
    return regions.met_network(cloud, fresh_project)


@pytest.mark.parametrize('admin', [False, True])
def test_networks_subnets_and_groups_are_changed_in_central_only(
    cloud: clouds.Cloud, fresh_project: str, network: Json, admin: bool
) -> None:
    port = cloud.one.client(fresh_project).create_port(network['id'])
    [group] = port['security_groups']
    caller = cloud.one.admin if admin else cloud.one.client(fresh_project)
    rule = caller.show('security_group', group)['security_group_rules'][0]
    before = caller.show('network', network['id'])
    for call in (
        lambda: caller.update('network', network['id'], name='other'),
        lambda: caller.remove('network', network['id']),
        lambda: caller.create_subnet(network['id'], '10.2.0.0/24'),
        lambda: caller.create_bulk(
            'subnet',
            [
                {
                    'network_id': network['id'],
                    'cidr': '10.3.0.0/24',
                    'ip_version': 4,
                }
            ],
        ),
        lambda: caller.update('subnet', network['subnet_id'], name='other'),
        lambda: caller.remove('subnet', network['subnet_id']),
        lambda: caller.update('security_group', group, description='other'),
        lambda: caller.remove('security_group_rule', rule['id']),
        lambda: caller.create(
            'security_group_rule',
            security_group_id=group,
            direction='ingress',
            protocol='tcp',
        ),
        lambda: caller.create_bulk(
            'security_group_rule',
            [{'security_group_id': group, 'direction': 'ingress'}],
        ),
        lambda: caller.create(
            'rbac_policy',
            object_type='network',
            object_id=network['id'],
            action='access_as_shared',
            target_tenant=uuid.uuid4().hex,
        ),
    ):
        regions.assert_central(clouds.refused(call))
    assert caller.show('network', network['id']) == before
    assert caller.show('security_group', group)['security_group_rules']


def test_shared_networks_are_shared_in_central_only(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    owner = cloud.central.client(fresh_project)
    other = uuid.uuid4().hex
    network, _subnet = regions.make_network(cloud, fresh_project)
    owner.create(
        'rbac_policy',
        object_type='network',
        object_id=network['id'],
        action='access_as_shared',
        target_tenant=other,
    )
    user = cloud.one.client(other)
    assert user.create_port(network['id'])['project_id'] == other
    here = cloud.one.client(fresh_project)
    [policy] = here.list('rbac_policy', object_id=network['id'])
    regions.assert_central(
        clouds.refused(lambda: here.remove('rbac_policy', policy['id']))
    )
    regions.assert_central(
        clouds.refused(
            lambda: here.update(
                'rbac_policy', policy['id'], target_tenant=uuid.uuid4().hex
            )
        )
    )


def test_routers_of_the_region_stay_off_central_networks(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.one.client(fresh_project)
    router = user.create_router(name='own')
    port = user.create_port(network['id'])
    regions.assert_central(
        clouds.refused(
            lambda: user.add_router_interface(
                router['id'], subnet_id=network['subnet_id']
            )
        )
    )
    regions.assert_central(
        clouds.refused(
            lambda: user.add_router_interface(router['id'], port_id=port['id'])
        )
    )
    assert user.list('port', device_id=router['id']) == []
    assert user.show('port', port['id'])['device_owner'] == ''
    external = cloud.central.admin.create_network(
        **{'name': 'ext', 'router:external': True}
    )
    cloud.central.admin.create_subnet(
        external['id'], '203.0.113.0/24', enable_dhcp=False
    )
    cloud.one.admin.show('network', external['id'])
    regions.assert_central(
        clouds.refused(
            lambda: user.update(
                'router',
                router['id'],
                external_gateway_info={'network_id': external['id']},
            )
        )
    )
    assert not cloud.one.admin.list('port', network_id=external['id'])
    cloud.central.admin.remove('network', external['id'])


def test_addresses_of_a_central_port_stay(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.one.client(fresh_project)
    port = user.create_port(network['id'])
    there = cloud.central.client(fresh_project)
    other_mac = {'mac_address': 'fa:16:3e:12:34:56'}
    # Neutron's own policy lets only admins change a MAC address.
    error = clouds.refused(
        lambda: user.update('port', port['id'], **other_mac)
    )
    assert (error.status, error.type) == (403, 'PolicyNotAuthorized')
    regions.assert_central(
        clouds.refused(
            lambda: cloud.one.admin.update('port', port['id'], **other_mac)
        )
    )
    for caller in (user, cloud.one.admin):
        for fixed_ips in (
            [{'ip_address': '10.1.0.200'}],
            [{'subnet_id': network['subnet_id']}],
            [],
        ):
            regions.assert_central(
                clouds.refused(
                    functools.partial(
                        caller.update, 'port', port['id'], fixed_ips=fixed_ips
                    )
                )
            )
    for found in (
        user.show('port', port['id']),
        there.show('port', port['id']),
    ):
        assert found['mac_address'] == port['mac_address']
        assert found['fixed_ips'] == port['fixed_ips']
    # What repeats them changes nothing, and Nova does it.
    same = cloud.one.service.update(
        'port',
        port['id'],
        mac_address=port['mac_address'].upper(),
        fixed_ips=port['fixed_ips'],
        **{'binding:host_id': 'regionone-host1', 'device_id': 'x'},
    )
    assert same['binding:vif_type'] == 'ovs'


def test_what_central_owns_of_a_port_is_changed_in_central(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.one.client(fresh_project)
    there = cloud.central.client(fresh_project)
    port = user.create_port(network['id'])
    group = there.create_security_group(name='late')
    change = {
        'name': 'new',
        'description': 'words',
        'admin_state_up': False,
        'security_groups': [group['id']],
        'allowed_address_pairs': [{'ip_address': '10.8.8.8'}],
        'extra_dhcp_opts': [
            {'opt_name': 'server-ip-address', 'opt_value': '10.1.0.1'}
        ],
    }
    mark = cloud.central_calls.mark()
    changed = user.update('port', port['id'], **change)
    asked = cloud.central_calls.since(mark, path=f'/ports/{port["id"]}$')
    assert [str(one) for one in asked] == [
        f'PUT /v2.0/ports/{port["id"]} -> 200'
    ]
    shown = there.show('port', port['id'])
    for key in change:
        assert changed[key] == shown[key], key
    assert changed['security_groups'] == [group['id']]
    assert user.exists('security_group', group['id'])

    # What changes nothing is not asked for.
    mark = cloud.central_calls.mark()
    user.update('port', port['id'], name='new', admin_state_up=False)
    assert not cloud.central_calls.since(mark, path=f'/{port["id"]}$')


def test_what_central_refuses_is_not_changed_here(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.one.client(fresh_project)
    port = user.create_port(network['id'])
    own = user.create_security_group(name='of the region')
    error = clouds.refused(
        lambda: user.update(
            'port', port['id'], name='new', security_groups=[own['id']]
        )
    )
    assert (error.status, error.type) == (404, 'SecurityGroupNotFound')
    assert user.show('port', port['id'])['name'] == ''
    with cloud.one.to_central.away():
        error = clouds.refused(
            lambda: user.update('port', port['id'], name='new')
        )
    assert (error.status, error.type) == (503, 'CentralUnavailable')


def test_no_address_is_taken_but_from_central(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    admin = cloud.one.admin
    before = regions.ports_of(cloud.one.admin, network['id'])
    for owner in (
        'network:dhcp',
        'network:router_gateway',
        'network:floatingip',
        'network:local_ip',
        'network:router_centralized_snat',
    ):
        for fixed_ips in ([], [{'ip_address': '10.1.0.99'}], None):
            body: Json = {'device_owner': owner}
            if fixed_ips is not None:
                body['fixed_ips'] = fixed_ips
            error = clouds.refused(
                functools.partial(admin.create_port, network['id'], **body)
            )
            assert error.status == 409
            error = clouds.refused(
                functools.partial(
                    admin.create_bulk,
                    'port',
                    [{'network_id': network['id'], **body}],
                )
            )
            assert error.status == 409
    assert regions.ports_of(cloud.one.admin, network['id']) == before
