# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Address groups: what of them travels."""

from typing import Final

from tricircle.replica import fields
from tricircle.replica import types
from tricircle.replica.fields import Field

ADDRESS_GROUP: Final = fields.Table(
    resource='address_group',
    collection='address_groups',
    fields=(
        *fields.OWNED,
        # Not mutable: Neutron changes them by calls of their own.
        Field('addresses', fields.CIDRS),
    ),
    stays={
        'shared': fields.IN_DOCUMENT,
    },
)
KIND: Final = fields.Kind(
    type=types.ADDRESS_GROUP,
    collection='address-groups',
    not_found='AddressGroupNotFound',
    tables=(ADDRESS_GROUP,),
    schema=fields.record(
        address_group=ADDRESS_GROUP.schema,
        rbac=fields.RBAC,
    ),
)
