# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Cinder of each region, where a topology asks for it."""

from lab import addresses
from lab import bootstrap
from lab import layout as layouts
from lab import links
from lab import topology as topologies
from lab.rendering import Renderer
from lab.service import LogProbe
from lab.service import Service
from lab.services import mariadb
from lab.services import rabbitmq
from lab.services import wsgi

#: Threads, as everything else in the laboratory.
_THREADS = {'OS_CINDER_DISABLE_EVENTLET_PATCHING': 'true'}


def api(region: topologies.Region) -> str:
    """Return the name of a region's Block Storage API."""
    return f'cinder-api-{region.name}'


def scheduler(region: topologies.Region) -> str:
    """Return the name of what finds a place for volumes in a region."""
    return f'cinder-scheduler-{region.name}'


def volume(region: topologies.Region) -> str:
    """Return the name of what makes a region's volumes."""
    return f'cinder-volume-{region.name}'


def services(renderer: Renderer) -> list[Service]:
    """Return the services of all regions."""
    if not renderer.topology.volumes:
        return []
    return [
        one
        for region in renderer.topology.regions
        for one in _of_region(renderer, region)
    ]


def _of_region(renderer: Renderer, region: topologies.Region) -> list[Service]:
    layout = renderer.layout
    name = f'cinder-{region.name}'
    etc, var = layout.etc(name), layout.var(name)
    conf = renderer.write(
        'cinder.conf.j2',
        etc / 'cinder.conf',
        region=region,
        var=var,
        etc=etc,
        images=bootstrap.image_url(renderer.topology, region.number - 1),
    )
    for file in ('api-paste.ini', 'resource_filters.json'):
        renderer.put(
            etc / file,
            (layouts.VENV / 'etc' / 'cinder' / file).read_text(),
        )
    volumes = renderer.folder(layout.var(name, 'volumes'))
    for folder in ('lock', 'conversion'):
        renderer.folder(layout.var(name, folder))
    return [
        wsgi.service(
            renderer,
            api(region),
            'lab.agents.cinder_api',
            addresses.port(region, 'cinder'),
            {**_THREADS, 'LAB_CINDER_CONF': str(conf)},
        ),
        *(
            Service(
                one,
                links.CONTROL,
                (
                    str(layouts.BIN / 'python'),
                    '-m',
                    'lab.agents.cinder',
                    kind,
                    '--config-file',
                    str(conf),
                ),
                environment={**_THREADS, 'LAB_VOLUMES': str(volumes)},
                ready=LogProbe(layout.log(one), pattern),
                after=frozenset([mariadb.NAME, rabbitmq.NAME]),
            )
            for kind, one, pattern in (
                (
                    'scheduler',
                    scheduler(region),
                    'Starting cinder-scheduler node',
                ),
                ('volume', volume(region), 'Driver initialization completed'),
            )
        ),
    ]
