# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Nova, Placement and Glance: of each region, or one for all regions."""

from collections.abc import Iterator
import dataclasses

from lab import addresses
from lab import cells
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


def metadata(region: topologies.Region) -> str:
    """Return the name of what answers a region's servers about themselves."""
    return f'nova-metadata-{region.name}'


def conductor(region: topologies.Region) -> str:
    """Return the name of a region's conductor.

    With cells that of CentralRegion is the super conductor.
    """
    return f'nova-conductor-{region.name}'


def scheduler(region: topologies.Region) -> str:
    """Return the name of a region's scheduler."""
    return f'nova-scheduler-{region.name}'


def compute(host: str) -> str:
    """Return the name of what runs a host's servers."""
    return f'nova-compute-{host}'


def services(renderer: Renderer) -> list[Service]:
    """Return the services of all regions."""
    return [
        *(
            one
            for region in cells.computing(renderer.topology)
            for one in (
                _placement(renderer, region),
                _glance(renderer, region),
                *_control(renderer, region),
            )
        ),
        *(
            one
            for region in renderer.topology.regions
            for one in _cell(renderer, region)
        ),
    ]


def placement(region: topologies.Region) -> str:
    """Return the name of a region's Placement."""
    return f'placement-{region.name}'


def _placement(renderer: Renderer, region: topologies.Region) -> Service:
    etc = renderer.layout.etc(f'placement-{region.name}')
    renderer.write('placement.conf.j2', etc / 'placement.conf', region=region)
    return wsgi.service(
        renderer,
        placement(region),
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
        'nova.conf.j2',
        etc / 'nova.conf',
        region=region,
        host=host,
        var=var,
        **_databases(renderer, region, host),
    )
    renderer.put(
        etc / 'api-paste.ini',
        (layouts.VENV / 'etc' / 'nova' / 'api-paste.ini').read_text(),
    )
    return str(etc)


def _databases(
    renderer: Renderer, region: topologies.Region, host: str
) -> dict[str, str]:
    """Return the databases of a program: a compute has none.

    With cells, what has the API's has that of cell0 beside it, and finds
    those of the cells in its table of cells.
    """
    api_database = cell_database = ''
    if not host:
        own = f'nova_{region.name}'
        if region in cells.computing(renderer.topology):
            api_database = renderer.database(f'nova_api_{region.name}')
            if renderer.topology.cells:
                own += '_cell0'
            cell_database = renderer.database(own)
        else:
            cell_database = renderer.database(
                own,
                cells.database_user(region),
                addresses.port(region, 'cell-database'),
            )
    return {'api_database': api_database, 'cell_database': cell_database}


def _control(
    renderer: Renderer, region: topologies.Region
) -> Iterator[Service]:
    """Return what there is beside each Compute API."""
    etc = _configure(renderer, region)
    yield wsgi.service(
        renderer,
        api(region),
        'nova.wsgi.osapi_compute',
        addresses.port(region, 'nova'),
        {'OS_NOVA_CONFIG_DIR': etc},
    )
    yield _daemon(renderer, 'scheduler', scheduler(region), etc)
    if renderer.topology.cells:
        yield _daemon(renderer, 'conductor', conductor(region), etc)


def _cell(renderer: Renderer, region: topologies.Region) -> Iterator[Service]:
    etc = _configure(renderer, region)
    yield wsgi.service(
        renderer,
        metadata(region),
        'nova.wsgi.metadata',
        addresses.port(region, 'nova-metadata'),
        {'OS_NOVA_CONFIG_DIR': etc},
        threads=2,
    )
    one = _daemon(renderer, 'conductor', conductor(region), etc)
    if renderer.topology.cells:
        way = frozenset([mariadb.of_cell(region)])
        one = dataclasses.replace(one, after=one.after | way)
    yield one
    for host in region.hosts:
        yield _compute(renderer, region, host)


def _daemon(renderer: Renderer, kind: str, name: str, etc: str) -> Service:
    return Service(
        name,
        links.CONTROL,
        (
            str(layouts.BIN / 'python'),
            '-m',
            'lab.agents.nova',
            kind,
            '--config-file',
            f'{etc}/nova.conf',
        ),
        ready=LogProbe(renderer.layout.log(name), 'Starting|started'),
        after=frozenset([mariadb.NAME, rabbitmq.NAME]),
    )


def _compute(
    renderer: Renderer, region: topologies.Region, host: str
) -> Service:
    layout = renderer.layout
    name = compute(host)
    renderer.folder(layout.var(host, 'instances'))
    return Service(
        name,
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
        # Whether it can take instances: computing.await_hosts().
        ready=LogProbe(layout.log(name), 'Starting compute node'),
        after=frozenset(
            [
                conductor(region),
                placement(cells.asked(renderer.topology, region)),
                f'openvswitch-agent-{host}',
                neutron.server(region),
            ]
        ),
    )
