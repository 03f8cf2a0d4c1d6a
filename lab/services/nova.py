# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Nova, Placement and Glance of each region."""

from lab import addresses
from lab import layout as layouts
from lab import links
from lab import topology as topologies
from lab.rendering import Renderer
from lab.service import LogProbe
from lab.service import Service
from lab.services import mariadb
from lab.services import neutron
from lab.services import rabbitmq
from lab.services import wsgi


def api(region: topologies.Region) -> str:
    """Return the name of a region's Compute API."""
    return f'nova-api-{region.name}'


def images(region: topologies.Region) -> str:
    """Return the name of a region's Image API."""
    return f'glance-{region.name}'


def services(renderer: Renderer) -> list[Service]:
    """Return the services of all regions."""
    return [
        one
        for region in renderer.topology.regions
        for one in (
            _placement(renderer, region),
            _glance(renderer, region),
            *_nova(renderer, region),
        )
    ]


def _placement(renderer: Renderer, region: topologies.Region) -> Service:
    etc = renderer.layout.etc(f'placement-{region.name}')
    renderer.write('placement.conf.j2', etc / 'placement.conf', region=region)
    return wsgi.service(
        renderer,
        f'placement-{region.name}',
        'placement.wsgi.api',
        addresses.port(region, 'placement'),
        {'OS_PLACEMENT_CONFIG_DIR': str(etc)},
    )


def _glance(renderer: Renderer, region: topologies.Region) -> Service:
    layout = renderer.layout
    etc = layout.etc(f'glance-{region.name}')
    for name in ('images', 'staging', 'tasks'):
        renderer.folder(layout.var(f'glance-{region.name}', name))
    renderer.write(
        'glance-api.conf.j2',
        etc / 'glance-api.conf',
        region=region,
        var=layout.var(f'glance-{region.name}'),
    )
    return wsgi.service(
        renderer,
        images(region),
        'glance.wsgi.api',
        addresses.port(region, 'glance'),
        {
            'OS_GLANCE_CONFIG_DIR': str(etc),
            'OS_GLANCE_CONFIG_FILES': 'glance-api.conf',
        },
    )


def _configure(
    renderer: Renderer, region: topologies.Region, host: str = ''
) -> str:
    name = f'nova-{host}' if host else f'nova-{region.name}'
    etc = renderer.layout.etc(name)
    var = renderer.layout.var(name)
    renderer.folder(renderer.layout.var(name, 'instances'))
    renderer.write(
        'nova.conf.j2', etc / 'nova.conf', region=region, host=host, var=var
    )
    renderer.put(
        etc / 'api-paste.ini',
        (layouts.VENV / 'etc' / 'nova' / 'api-paste.ini').read_text(),
    )
    return str(etc)


def _nova(renderer: Renderer, region: topologies.Region) -> list[Service]:
    layout = renderer.layout
    etc = _configure(renderer, region)
    name = region.name
    before = frozenset([mariadb.NAME, rabbitmq.NAME])
    found = [
        wsgi.service(
            renderer,
            api(region),
            'nova.wsgi.osapi_compute',
            addresses.port(region, 'nova'),
            {'OS_NOVA_CONFIG_DIR': etc},
        ),
        wsgi.service(
            renderer,
            f'nova-metadata-{name}',
            'nova.wsgi.metadata',
            addresses.port(region, 'nova-metadata'),
            {'OS_NOVA_CONFIG_DIR': etc},
            threads=2,
        ),
    ]
    for kind in ('conductor', 'scheduler'):
        service = f'nova-{kind}-{name}'
        found.append(
            Service(
                service,
                links.CONTROL,
                (
                    str(layouts.BIN / 'python'),
                    '-m',
                    'lab.agents.nova',
                    kind,
                    '--config-file',
                    f'{etc}/nova.conf',
                ),
                ready=LogProbe(layout.log(service), 'Starting|started'),
                after=before,
            )
        )
    for host in region.hosts:
        compute = f'nova-compute-{host}'
        renderer.folder(layout.var(host, 'instances'))
        found.append(
            Service(
                compute,
                host,
                (
                    str(layouts.BIN / 'python'),
                    '-m',
                    'lab.nova_driver',
                    '--config-file',
                    f'{_configure(renderer, region, host)}/nova.conf',
                ),
                environment={
                    'LAB_INSTANCES': str(layout.var(host, 'instances')),
                    'LAB_CONSOLES': str(layout.log('x').parent),
                },
                # Whether it can take instances: bootstrap.await_hosts().
                ready=LogProbe(layout.log(compute), 'Starting compute node'),
                after=frozenset(
                    [
                        f'nova-conductor-{name}',
                        f'placement-{name}',
                        f'openvswitch-agent-{host}',
                        neutron.server(region),
                    ]
                ),
            )
        )
    return found
