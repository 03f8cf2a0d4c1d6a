# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Subnet pools: what of them travels.

Only central gives prefixes of its pools out. A region has them to be looked
at, and for the address scopes that routers go by.
"""

from typing import Final

from tricircle.replica import fields
from tricircle.replica import types
from tricircle.replica.fields import Field

SUBNET_POOL: Final = fields.Table(
    resource='subnetpool',
    collection='subnetpools',
    fields=(
        *fields.OWNED,
        Field('ip_version', fields.IP_VERSION),
        Field('prefixes', fields.CIDRS, mutable=True),
        Field('default_prefixlen', fields.INTEGER, mutable=True),
        Field('min_prefixlen', fields.INTEGER, mutable=True),
        Field('max_prefixlen', fields.INTEGER, mutable=True),
        Field('default_quota', fields.NULLABLE_INTEGER, mutable=True),
        # Left out where a pool has none.
        Field('address_scope_id', fields.ID, mutable=True, required=False),
        fields.TAGS,
    ),
    stays={
        # A region has one default for each IP version, and takes subnets of
        # its own networks from it: that is for the region to choose, and
        # nothing there may come out of central's.
        'is_default': fields.NAMED,
        'shared': fields.IN_DOCUMENT,
        'tenant_id': fields.SAID_BY_PROJECT,
    },
)
KIND: Final = fields.Kind(
    type=types.SUBNET_POOL,
    collection='subnetpools',
    not_found='SubnetPoolNotFound',
    tables=(SUBNET_POOL,),
    schema=fields.record(
        subnetpool=SUBNET_POOL.schema,
        rbac=fields.RBAC,
    ),
)
