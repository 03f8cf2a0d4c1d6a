# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Address scopes: what of them travels."""

from typing import Final

from tricircle.replica import fields
from tricircle.replica import types
from tricircle.replica.fields import Field

ADDRESS_SCOPE: Final = fields.Table(
    resource='address_scope',
    collection='address_scopes',
    fields=(
        Field('id', fields.ID),
        Field('project_id', fields.STRING),
        Field('name', fields.STRING, mutable=True),
        Field('ip_version', fields.IP_VERSION),
    ),
    stays={
        'shared': fields.IN_DOCUMENT,
        'tenant_id': fields.SAID_BY_PROJECT,
    },
)
KIND: Final = fields.Kind(
    type=types.ADDRESS_SCOPE,
    collection='address-scopes',
    not_found='AddressScopeNotFound',
    tables=(ADDRESS_SCOPE,),
    schema=fields.record(
        address_scope=ADDRESS_SCOPE.schema,
        rbac=fields.RBAC,
    ),
)
