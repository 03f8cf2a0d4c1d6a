# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How central starts, what it refuses to start with, and what it lists."""

from collections.abc import Iterator
import concurrent.futures

import pytest

from tests.functional import cloud as clouds
from tests.functional.cloud import configuration
from tricircle.db.migration import central

#: All service plugins of Neutron that a plain ML2 starts without agents.
SERVICE_PLUGINS = [
    'router',
    'auto_allocate',
    'conntrack_helper',
    'evpn',
    'flavors',
    'local_ip',
    'log',
    'metering',
    'ndp_proxy',
    'network_ip_availability',
    'network_segment_range',
    'ovn-bgp',
    'placement',
    'port_forwarding',
    'pvlan',
    'qos',
    'revisions',
    'segments',
    'tag',
    'timestamp',
    'trunk',
]
EXTENSION_DRIVERS = [
    'data_plane_status',
    'dns_domain_keywords',
    'port_device_profile',
    'port_hardware_offload_type',
    'port_hint_ovs_tx_steering',
    'port_hints',
    'port_numa_affinity_policy',
    'port_security',
    'port_trusted',
    'qos',
    'subnet_dns_publish_fixed_ip',
    'tag_ports_during_bulk_creation',
    'uplink_status_propagation',
    'uplink_status_propagation_updatable',
]
OURS = {'tricircle-replicas', 'tricircle-region-port'}


@pytest.fixture(scope='module')
def cloud() -> Iterator[clouds.Cloud]:
    """A central and a plain Neutron, each to be started anew."""
    with clouds.Cloud.start(
        regions=(),
        xjobs=0,
        admin_api=False,
        vanilla=True,
        central={'DEFAULT': {'service_plugins': ''}},
    ) as cloud:
        yield cloud


def aliases(neutron: clouds.NeutronProcess) -> set[str]:
    answer = neutron.admin.get('/extensions').json()
    return {str(one['alias']) for one in answer['extensions']}


def restart(
    neutrons: list[clouds.NeutronProcess], options: configuration.Options
) -> None:
    def once(neutron: clouds.NeutronProcess) -> None:
        neutron.kill9()
        neutron.configure(options)
        neutron.start()

    with concurrent.futures.ThreadPoolExecutor() as pool:
        for done in [pool.submit(once, one) for one in neutrons]:
            done.result()


def why_not(cloud: clouds.Cloud, options: configuration.Options) -> str:
    """Return what central says when it does not start."""
    central = cloud.central
    before = central.options
    try:
        central.kill9()
        central.configure(options)
        with pytest.raises(clouds.ProcessFailedError):
            central.start()
        return central.log_of_this_run()
    finally:
        central.configure(before)


def test_routers_are_served_with_service_plugins_empty(
    cloud: clouds.Cloud,
) -> None:
    central = cloud.central
    restart([central], {'DEFAULT': {'service_plugins': ''}})

    router = central.client('p1').create_router(name='r')

    assert central.client('p1').show('router', router['id'])['name'] == 'r'


@pytest.mark.parametrize(
    ('service_plugins', 'of_plain', 'extension_drivers'),
    [
        # Central has routers in any case.
        ([], ['router'], []),
        (['router'], ['router'], EXTENSION_DRIVERS),
        # These two ask for `router` by themselves.
        (['port_forwarding', 'conntrack_helper'],) * 2 + ([],),
        (SERVICE_PLUGINS, SERVICE_PLUGINS, ['port_security', 'qos']),
    ],
    ids=['none', 'router', 'those that require router', 'all'],
)
def test_extensions_are_those_of_plain_ml2(
    cloud: clouds.Cloud,
    service_plugins: list[str],
    of_plain: list[str],
    extension_drivers: list[str],
) -> None:
    drivers = {'ml2': {'extension_drivers': extension_drivers}}

    restart(
        [cloud.vanilla], {'DEFAULT': {'service_plugins': of_plain}, **drivers}
    )
    restart(
        [cloud.central],
        {'DEFAULT': {'service_plugins': service_plugins}, **drivers},
    )

    assert aliases(cloud.central) == aliases(cloud.vanilla) | OURS


def test_database_of_its_own_is_refused(cloud: clouds.Cloud) -> None:
    other = cloud.central.database.url.replace('/central', '/elsewhere')
    assert other != cloud.central.database.url

    said = why_not(cloud, {'DEFAULT': {'tricircle_db_connection': other}})

    assert 'tricircle_db_connection names another database' in said
    assert 'Give both the same URL' in said
    assert other not in said.split('tricircle_db_connection names')[1]


@pytest.mark.parametrize(
    ('version', 'remedy'),
    [('0001', 'tricircle-db-manage db_sync'), ('9999', 'Install the release')],
)
def test_tables_of_another_release_are_refused(
    cloud: clouds.Cloud, version: str, remedy: str
) -> None:
    database = cloud.central.database
    change = f'UPDATE {central.VERSION_TABLE} SET version_num = %s'  # noqa: S608
    database.execute(change, version)
    try:
        said = why_not(cloud, {})
    finally:
        database.execute(change, central.head())

    assert f'the tables of Tricircle at version {version}' in said
    assert remedy in said


def test_database_need_not_be_named(cloud: clouds.Cloud) -> None:
    restart([cloud.central], {'DEFAULT': {'tricircle_db_connection': None}})

    made = cloud.central.client('p1').create_network(name='n')

    assert cloud.central.client('p1').exists('network', made['id'])


@pytest.mark.parametrize('wanted', ['local', 'flat'])
def test_bridge_network_type_is_checked(
    cloud: clouds.Cloud, wanted: str
) -> None:
    said = why_not(
        cloud,
        {
            'tricircle': {
                'bridge_network_type': wanted,
                'tenant_network_types': ['vxlan', 'vlan', 'local'],
            }
        },
    )

    assert f'[tricircle] bridge_network_type is {wanted}' in said
    assert 'Set it to vxlan, vlan' in said


def test_drivers_of_agents_are_left_out(cloud: clouds.Cloud) -> None:
    restart(
        [cloud.central],
        {'ml2': {'mechanism_drivers': ['openvswitch', 'l2population']}},
    )

    assert 'Mechanism drivers openvswitch, l2population are not loaded' in (
        cloud.central.log_of_this_run()
    )
    assert cloud.central.client('p1').create_network()['id']
