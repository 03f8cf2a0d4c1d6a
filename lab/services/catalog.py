# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""All daemons of a lab."""

from lab import openvswitch
from lab.rendering import Renderer
from lab.service import Service
from lab.services import cinder
from lab.services import haproxy
from lab.services import keystone
from lab.services import mariadb
from lab.services import neutron
from lab.services import nova
from lab.services import rabbitmq
from lab.services import tricircle


def services(renderer: Renderer) -> dict[str, Service]:
    """Return all daemons by name; the renderer has their files then."""
    found = [
        *mariadb.services(renderer),
        *rabbitmq.services(renderer),
        *keystone.services(renderer),
        *openvswitch.services(renderer),
        *neutron.services(renderer),
        *tricircle.services(renderer),
        *nova.services(renderer),
        *cinder.services(renderer),
    ]
    if renderer.topology.tls:
        found = haproxy.services(renderer, found)
    return {one.name: one for one in found}
