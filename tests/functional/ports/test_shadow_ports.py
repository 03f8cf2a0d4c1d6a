# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports of other regions, as a region's agents know them."""

import pytest

from tests.functional import cloud as clouds
from tests.functional import views
from tests.functional.cloud import eventually
from tests.functional.stretched import await_shadow
from tests.functional.stretched import boot_in_both
from tests.functional.stretched import stretched


def test_a_bound_port_gets_its_shadow_in_the_other_region(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)

    first, second = boot_in_both(cloud, fresh_project, network['id'])

    shadow = await_shadow(cloud.two, network['id'], first.port_id)
    assert shadow['binding:host_id'] == first.host
    assert shadow['binding:vif_type'] == 'ovs'
    assert shadow['mac_address'] == first.port['mac_address']
    assert shadow['fixed_ips'] == first.port['fixed_ips']
    assert shadow['security_groups'] == first.port['security_groups']
    await_shadow(cloud.one, network['id'], second.port_id)
    assert set(views.shadows(cloud.one, network['id'])) == {second.port_id}


def test_the_shadow_is_on_an_agent_with_the_hosts_tunnel_address(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    first, _second = boot_in_both(cloud, fresh_project, network['id'])
    await_shadow(cloud.two, network['id'], first.port_id)

    agent = cloud.two.hosts.configurations(first.host)
    real = cloud.one.hosts.configurations(first.host)

    assert agent['tunneling_ip'] == real['tunneling_ip']


def test_a_tenant_sees_no_shadow_in_lists_and_the_port_itself_by_id(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    first, second = boot_in_both(cloud, fresh_project, network['id'])
    await_shadow(cloud.two, network['id'], first.port_id)
    tenant = cloud.two.client(project=fresh_project)

    listed = {
        port['id']
        for port in tenant.list('port')
        if port['device_owner'] != 'network:dhcp'
    }
    answer = tenant.get(f'/ports/{first.port_id}')

    assert listed == {second.port_id}
    # The port is in the other region: it is shown as central has it.
    assert answer.status_code == 200
    assert answer.json()['port']['device_owner'] == 'compute:nova'


@pytest.mark.parametrize('live', [False, True])
def test_the_shadow_moves_with_an_instance_that_migrates(
    cloud: clouds.Cloud, fresh_project: str, live: bool
) -> None:
    network = stretched(cloud, fresh_project)
    first, _second = boot_in_both(cloud, fresh_project, network['id'])
    await_shadow(cloud.two, network['id'], first.port_id)
    host = f'regionone-{"live" if live else "cold"}'
    cloud.one.add_host(host, '172.30.1.98')
    nova = cloud.one.nova(fresh_project)

    moved = (nova.live_migrate if live else nova.migrate)(first, host)

    assert moved.port['binding:vif_type'] == 'ovs'

    def followed() -> None:
        shown = cloud.central.admin.show('port', first.port_id)
        assert shown['binding:host_id'] == host
        shadow = views.shadows(cloud.two, network['id'])[first.port_id]
        assert shadow['binding:host_id'] == host
        assert shadow['binding:vif_type'] == 'ovs'
        assert shadow['status'] == 'ACTIVE'
        agent = cloud.two.hosts.configurations(host)
        assert agent['tunneling_ip'] == '172.30.1.98'

    eventually(followed, 30)


def test_a_shadow_is_gone_with_its_port(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    # A host of its own: others are used by other tests too.
    cloud.one.add_host('lonely-host', '172.30.1.99')
    first = cloud.one.nova(fresh_project).boot(
        network_id=network['id'], host='lonely-host'
    )
    cloud.two.nova(fresh_project).boot(network_id=network['id'])
    await_shadow(cloud.two, network['id'], first.port_id)

    cloud.one.nova(fresh_project).delete(first)

    def gone() -> None:
        assert not views.shadows(cloud.two, network['id'])
        assert first.host not in cloud.two.hosts.names()

    eventually(gone, 20)


def test_a_port_comes_to_where_its_shadow_still_is(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    user = cloud.central.client(fresh_project)
    port = user.create_port(network['id'])
    first = cloud.one.nova(fresh_project).boot(port_id=port['id'])
    cloud.two.nova(fresh_project).boot(network_id=network['id'])
    await_shadow(cloud.two, network['id'], port['id'])

    # The news that there is no shadow any more is late.
    late = cloud.two.from_xjob.hold(path='replicas/shadow-ports', times=None)
    cloud.one.nova(fresh_project).delete(first)

    def given_up() -> None:
        answer = user.get(f'/ports/{port["id"]}/replicas')
        assert answer.json() == {'replicas': []}

    eventually(given_up, 30)
    assert port['id'] in views.shadows(cloud.two, network['id'])
    second = cloud.two.nova(fresh_project).boot(port_id=port['id'])
    assert late.hits
    assert port['id'] not in views.shadows(cloud.two, network['id'])
    late.release()

    def moved() -> None:
        shown = cloud.central.admin.show('port', port['id'])
        assert shown['binding:host_id'] == second.host
        assert port['id'] not in views.shadows(cloud.two, network['id'])
        here = cloud.two.admin.show('port', port['id'])
        assert here['device_id'] == second.id

    eventually(moved, 20)
    await_shadow(cloud.one, network['id'], port['id'])


def test_shadows_take_no_quota_of_the_project(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    first, _second = boot_in_both(cloud, fresh_project, network['id'])
    await_shadow(cloud.two, network['id'], first.port_id)

    quota = cloud.two.admin.get(f'/quotas/{fresh_project}/details').json()

    # One instance, and the DHCP port of the network.
    assert quota['quota']['port']['used'] == 2


def test_group_changes_follow_to_the_shadow(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    first, _second = boot_in_both(cloud, fresh_project, network['id'])
    await_shadow(cloud.two, network['id'], first.port_id)
    central = cloud.central.client(project=fresh_project)
    group = central.create_security_group(name='web')

    central.update('port', first.port_id, security_groups=[group['id']])

    def followed() -> None:
        shadow = views.shadows(cloud.two, network['id'])[first.port_id]
        assert shadow['security_groups'] == [group['id']]
        real = cloud.one.admin.show('port', first.port_id)
        assert real['security_groups'] == [group['id']]

    eventually(followed, 20)


def test_an_agents_new_address_follows(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    first, _second = boot_in_both(cloud, fresh_project, network['id'])
    await_shadow(cloud.two, network['id'], first.port_id)
    old = cloud.one.hosts.configurations(first.host)['tunneling_ip']

    try:
        cloud.one.change_tunnel_ip(first.host, '172.30.77.77')

        def followed() -> None:
            agent = cloud.two.hosts.configurations(first.host)
            assert agent['tunneling_ip'] == '172.30.77.77'

        eventually(followed, 30)
    finally:
        cloud.one.change_tunnel_ip(first.host, str(old))


def test_a_region_that_comes_later_gets_all_shadows(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    early = [
        cloud.one.nova(fresh_project).boot(network_id=network['id'])
        for _ in range(3)
    ]

    cloud.two.nova(fresh_project).boot(network_id=network['id'])

    def all_there() -> None:
        assert views.active_shadows(cloud.two, network['id']) == {
            one.port_id for one in early
        }

    eventually(all_there, 20)


def test_a_vlan_network_needs_no_shadows(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = cloud.central.admin.create_network(
        name='wired',
        project_id=fresh_project,
        **{
            'provider:network_type': 'vlan',
            'provider:physical_network': 'bridge',
        },
    )
    cloud.central.client(project=fresh_project).create_subnet(
        network['id'], cidr='10.21.0.0/24'
    )

    boot_in_both(cloud, fresh_project, network['id'])

    assert (
        cloud.one.admin.show('network', network['id'])[
            'provider:segmentation_id'
        ]
        == cloud.two.admin.show('network', network['id'])[
            'provider:segmentation_id'
        ]
        == network['provider:segmentation_id']
    )
    rows = cloud.central.database.query(
        "SELECT 1 FROM journal WHERE resource_type = 'shadow-ports' "
        'AND resource_id LIKE %s',
        f'{network["id"]}%',
    )
    assert not rows
