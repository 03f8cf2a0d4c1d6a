# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Shadow ports: one chunk of a network's, with the agents they are on."""

import re
from typing import Final

from tricircle.replica import fields
from tricircle.replica import types
from tricircle.replica.fields import Field

#: Not of Neutron's API: a port of another region, as this one must know it.
SHADOW_PORT: Final = fields.Table(
    resource='shadow_port',
    collection='',
    fields=(
        Field('id', fields.ID),
        Field('name', fields.STRING, mutable=True),
        Field('mac_address', fields.MAC, mutable=True),
        Field('fixed_ips', fields.FIXED_IPS, mutable=True),
        Field('security_groups', fields.IDS, mutable=True),
        Field('allowed_address_pairs', fields.ADDRESS_PAIRS, mutable=True),
        Field('port_security_enabled', fields.BOOLEAN, mutable=True),
        # By which instances of this region find it.
        Field(
            'dns_name',
            fields.STRING,
            mutable=True,
            required=False,
            sparse=True,
            unset='',
        ),
        Field('region', fields.STRING),
        Field('host', fields.STRING),
    ),
    stays={},
)
KIND: Final = fields.Kind(
    type=types.SHADOW_PORTS,
    id=re.compile(rf'{fields.UUID}_[0-9]{{1,9}}'),
    named=lambda body: types.shadow_id(body['network_id'], body['chunk']),
    schema=fields.record(
        network_id=fields.ID,
        chunk=fields.INTEGER,
        ports=fields.listed(SHADOW_PORT.schema),
        agents=fields.listed(
            fields.record(
                region=fields.STRING,
                host=fields.STRING,
                agent_type=fields.STRING,
                tunnel_ip=fields.ADDRESS,
            )
        ),
    ),
)
