# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The Admin API and XJob, and the gateways where there are any."""

from lab import addresses
from lab import layout as layouts
from lab import links
from lab.rendering import Renderer
from lab.service import HttpProbe
from lab.service import LogProbe
from lab.service import Service
from lab.services import mariadb
from lab.services import rabbitmq

API = 'tricircle-api'
XJOB = 'tricircle-xjob'
COMPUTE_GATEWAY = 'tricircle-compute-gateway'
VOLUME_GATEWAY = 'tricircle-volume-gateway'


def services(renderer: Renderer) -> list[Service]:
    """Return all of them."""
    layout = renderer.layout
    etc = layout.etc('tricircle')
    api = renderer.write(
        'api.conf.j2', etc / 'api.conf', port=addresses.TRICIRCLE_API
    )
    xjob = renderer.write('xjob.conf.j2', etc / 'xjob.conf')
    found = [
        Service(
            API,
            links.CONTROL,
            (str(layouts.BIN / API), '--config-file', str(api)),
            ready=HttpProbe(
                addresses.url(renderer.topology, addresses.TRICIRCLE_API),
                renderer.cafile,
            ),
            after=frozenset([mariadb.NAME]),
        ),
        Service(
            XJOB,
            links.CONTROL,
            (str(layouts.BIN / XJOB), '--config-file', str(xjob)),
            ready=LogProbe(layout.log(XJOB), r'XJob \S+ works'),
            after=frozenset([mariadb.NAME, rabbitmq.NAME]),
        ),
    ]
    if renderer.topology.gateway:
        found += _gateways(renderer)
    return found


def _gateways(renderer: Renderer) -> list[Service]:
    topology = renderer.topology
    conf = renderer.write(
        'gateway.conf.j2',
        renderer.layout.etc('tricircle') / 'gateway.conf',
        port=addresses.COMPUTE_GATEWAY,
        volume_port=addresses.VOLUME_GATEWAY,
    )
    there = [(COMPUTE_GATEWAY, addresses.COMPUTE_GATEWAY)]
    if topology.volumes:
        there.append((VOLUME_GATEWAY, addresses.VOLUME_GATEWAY))
    return [
        Service(
            name,
            links.CONTROL,
            (str(layouts.BIN / name), '--config-file', str(conf)),
            ready=HttpProbe(
                addresses.url(topology, port, '/healthcheck'), renderer.cafile
            ),
            after=frozenset([mariadb.NAME]),
        )
        for name, port in there
    ]
