# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Central Neutron, and the Neutron of each region with its agents."""

from lab import addresses
from lab import layout as layouts
from lab import links
from lab import openvswitch
from lab import topology as topologies
from lab.rendering import Renderer
from lab.service import LogProbe
from lab.service import Service
from lab.services import mariadb
from lab.services import rabbitmq
from lab.services import wsgi

CENTRAL = 'neutron-server-central'
#: What keeps DHCP and router advertisements in their region.
REGION_GUARD = 'tricircle_region_guard'
#: Where Neutron looks for extensions of agents.
EXTENSIONS = 'neutron.agent.l2.extensions'


def server(region: topologies.Region) -> str:
    """Return the name of a region's API service."""
    return f'neutron-server-{region.name}'


def rpc_server(region: topologies.Region) -> str:
    """Return the name of the service that a region's agents talk to."""
    return f'neutron-rpc-server-{region.name}'


def services(renderer: Renderer) -> list[Service]:
    """Return the services of central and of all regions."""
    return [
        _central(renderer),
        *(
            one
            for region in renderer.topology.regions
            for one in _region(renderer, region)
        ),
    ]


def _central(renderer: Renderer) -> Service:
    layout = renderer.layout
    etc = layout.etc('neutron-central')
    renderer.write(
        'central-neutron.conf.j2',
        etc / 'neutron.conf',
        var=renderer.folder(layout.var('neutron-central')),
    )
    return wsgi.service(
        renderer,
        CENTRAL,
        'neutron.wsgi.api',
        addresses.CENTRAL_NEUTRON,
        {
            'OS_NEUTRON_CONFIG_DIR': str(etc),
            'OS_NEUTRON_CONFIG_FILES': 'neutron.conf',
        },
    )


def _region(renderer: Renderer, region: topologies.Region) -> list[Service]:
    layout = renderer.layout
    etc = layout.etc(f'neutron-{region.name}')
    renderer.write(
        'region-neutron.conf.j2',
        etc / 'neutron.conf',
        region=region,
        var=renderer.folder(layout.var(f'neutron-{region.name}')),
    )
    renderer.write(
        'ml2_conf.ini.j2',
        etc / 'ml2_conf.ini',
        region=region,
        # What its hosts cannot reach, a region must refuse.
        seen=','.join(one.name for one in renderer.topology.seen_in(region)),
    )
    rpc = rpc_server(region)
    before = frozenset([mariadb.NAME, rabbitmq.NAME])
    return [
        wsgi.service(
            renderer,
            server(region),
            'neutron.wsgi.api',
            addresses.port(region, 'neutron'),
            {
                'OS_NEUTRON_CONFIG_DIR': str(etc),
                'OS_NEUTRON_CONFIG_FILES': (
                    f'neutron.conf;ml2_conf.ini;{layout.xjob_user}'
                ),
            },
        ),
        Service(
            rpc,
            links.CONTROL,
            (
                str(layouts.BIN / 'python'),
                '-m',
                'lab.agents.neutron_rpc',
                '--config-file',
                str(etc / 'neutron.conf'),
                '--config-file',
                str(etc / 'ml2_conf.ini'),
            ),
            ready=LogProbe(layout.log(rpc), 'RPC server ready'),
            after=before,
        ),
        *(
            one
            for host in region.hosts
            for one in _agents(renderer, region, host)
        ),
    ]


def _mode(region: topologies.Region, host: str) -> str:
    """Return how a host's L3 agent works."""
    if not region.distributed_routers:
        return 'legacy'
    return 'dvr_snat' if host == region.hosts[0] else 'dvr'


def _agents(
    renderer: Renderer, region: topologies.Region, host: str
) -> list[Service]:
    layout, topology = renderer.layout, renderer.topology
    etc = layout.etc(f'host-{host}')
    var = renderer.folder(layout.var(host, 'neutron'))
    renderer.write(
        'host-neutron.conf.j2',
        etc / 'neutron.conf',
        region=region,
        host=host,
        var=var,
    )
    renderer.write(
        'openvswitch_agent.ini.j2',
        etc / 'openvswitch_agent.ini',
        local_ip=addresses.host_address(topology, host),
        bridge_mappings=','.join(
            f'{one.name}:{openvswitch.bridge(one.name)}'
            for one in topology.seen_from(host)
        ),
        extensions=REGION_GUARD,
        local_vteps=','.join(
            addresses.host_address(topology, one) for one in region.hosts
        ),
        distributed_routers=region.distributed_routers,
    )
    renderer.write(
        'l3_agent.ini.j2', etc / 'l3_agent.ini', mode=_mode(region, host)
    )
    renderer.write('dnsmasq.conf.j2', etc / 'dnsmasq.conf')
    renderer.write('dhcp_agent.ini.j2', etc / 'dhcp_agent.ini', etc=etc)
    renderer.write(
        'metadata_agent.ini.j2',
        etc / 'metadata_agent.ini',
        metadata_port=addresses.port(region, 'nova-metadata'),
    )
    switch_agent = f'openvswitch-agent-{host}'
    return [
        Service(
            f'{kind}-agent-{host}',
            host,
            (
                str(layouts.BIN / 'python'),
                '-m',
                'lab.agents',
                kind,
                '--config-file',
                str(etc / 'neutron.conf'),
                '--config-file',
                str(etc / f'{kind}_agent.ini'),
            ),
            ready=LogProbe(layout.log(f'{kind}-agent-{host}'), pattern),
            # An agent whose first call nobody hears waits a minute.
            after=frozenset([rpc_server(region), *before]),
            # It does not end on SIGTERM, and would keep its port.
            stop_seconds=1 if kind == 'openvswitch' else 10,
        )
        for kind, pattern, before in (
            (
                'openvswitch',
                'Agent initialized successfully|iteration',
                [f'ovs-vswitchd-{host}'],
            ),
            # Their ports are bound only where an Open vSwitch agent lives.
            ('l3', 'L3 agent started', [switch_agent]),
            ('dhcp', 'DHCP agent started', [switch_agent]),
            (
                'metadata',
                'neutron-metadata-agent version',
                [f'ovs-vswitchd-{host}'],
            ),
        )
    ]
