# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Keystone, one for all regions."""

from lab import addresses
from lab.rendering import Renderer
from lab.service import Service
from lab.services import wsgi

NAME = 'keystone'


def services(renderer: Renderer) -> list[Service]:
    """Return Keystone."""
    etc = renderer.layout.etc(NAME)
    renderer.write('keystone.conf.j2', etc / 'keystone.conf', etc=etc)
    return [
        wsgi.service(
            renderer,
            NAME,
            'lab.keystone_api',
            addresses.KEYSTONE,
            {
                'OS_KEYSTONE_CONFIG_DIR': str(etc),
                'OS_KEYSTONE_CONFIG_FILES': 'keystone.conf',
            },
            threads=8,
            ends_last=True,
        )
    ]
