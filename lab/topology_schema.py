# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The keys of a topology file, as JSON schema."""

from typing import Any, Final

#: What VXLAN adds to a packet, in bytes.
TUNNEL_OVERHEAD: Final = 50

#: A machine's name is also that of network interfaces, which are short.
#: What fits into VXLAN's field.
_LARGEST_VNI = (1 << 24) - 1
_NAME = {'type': 'string', 'pattern': '^[A-Za-z][A-Za-z0-9]{0,7}$'}
SCHEMA: Final[dict[str, Any]] = {
    'type': 'object',
    'required': ['regions', 'physical_networks'],
    'additionalProperties': False,
    'properties': {
        'regions': {
            'type': 'array',
            'minItems': 1,
            'maxItems': 5,
            'items': {
                'type': 'object',
                'required': ['name', 'availability_zone', 'hosts'],
                'additionalProperties': False,
                'properties': {
                    'name': {
                        'type': 'string',
                        'pattern': '^[A-Za-z][A-Za-z0-9]{0,30}$',
                    },
                    'availability_zone': {'type': 'string', 'minLength': 1},
                    'hosts': {'type': 'array', 'minItems': 1, 'items': _NAME},
                    'distributed_routers': {'type': 'boolean'},
                },
            },
        },
        'physical_networks': {
            'type': 'object',
            'minProperties': 1,
            'propertyNames': _NAME,
            'additionalProperties': {
                'type': 'object',
                'required': ['vlans'],
                'additionalProperties': False,
                'properties': {
                    'vlans': {
                        'type': 'array',
                        'minItems': 2,
                        'maxItems': 2,
                        'items': {
                            'type': 'integer',
                            'minimum': 1,
                            'maximum': 4094,
                        },
                    },
                    'seen_by': {
                        'type': 'array',
                        'minItems': 1,
                        'uniqueItems': True,
                        'items': {'type': 'string'},
                    },
                },
            },
        },
        'tunnels': {
            'type': 'object',
            'required': ['vnis'],
            'additionalProperties': False,
            'properties': {
                'vnis': {
                    'type': 'array',
                    'minItems': 2,
                    'maxItems': 2,
                    'items': {
                        'type': 'integer',
                        'minimum': 1,
                        'maximum': _LARGEST_VNI,
                    },
                },
            },
        },
        'mtu': {
            'type': 'integer',
            # IPv6 needs 1280 bytes, in a tunnel too.
            'minimum': 1280 + TUNNEL_OVERHEAD,
            'maximum': 9000,
        },
        'tls': {'type': 'boolean'},
        'gateway': {'type': 'boolean'},
        'cells': {'type': 'boolean'},
        'volumes': {'type': 'boolean'},
        'external_hosts': {
            'type': 'array',
            'items': {
                'type': 'object',
                'required': ['name', 'physical_network', 'address'],
                'additionalProperties': False,
                'properties': {
                    'name': _NAME,
                    'physical_network': {'type': 'string'},
                    'address': {'type': 'string'},
                },
            },
        },
    },
}
