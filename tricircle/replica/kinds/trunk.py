# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Trunks: what travels of a port that carries others as VLANs.

A trunk is where its parent port is, and so are the ports that it carries.
"""

from typing import Final

from tricircle.replica import fields
from tricircle.replica import types
from tricircle.replica.fields import Field

SUB_PORT: Final = fields.record(
    port_id=fields.ID,
    segmentation_type=fields.STRING,
    segmentation_id=fields.INTEGER,
)
TRUNK: Final = fields.Table(
    resource='trunk',
    collection='trunks',
    fields=(
        *fields.OWNED,
        fields.ADMIN_STATE,
        Field('port_id', fields.ID),
        # Not mutable: Neutron changes them by calls of their own.
        Field('sub_ports', fields.listed(SUB_PORT)),
        fields.TAGS,
    ),
    stays={
        'status': fields.REGIONS_OWN,
        'tenant_id': fields.SAID_BY_PROJECT,
    },
)
KIND: Final = fields.Kind(
    type=types.TRUNK,
    collection='trunks',
    not_found='TrunkNotFound',
    tables=(TRUNK,),
    schema=fields.record(trunk=TRUNK.schema),
)
