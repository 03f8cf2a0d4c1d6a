# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Security groups, with their rules."""

from typing import Final

from tricircle.replica import fields
from tricircle.replica import types
from tricircle.replica.fields import Field

GROUP: Final = fields.Table(
    resource='security_group',
    collection='security_groups',
    fields=(
        *fields.OWNED,
        Field('stateful', fields.BOOLEAN, mutable=True),
        # Not of the API: whether it is its project's default.
        Field('default', fields.BOOLEAN),
        fields.TAGS,
    ),
    stays={
        'security_group_rules': fields.IN_DOCUMENT,
        'shared': fields.IN_DOCUMENT,
        'tenant_id': fields.SAID_BY_PROJECT,
    },
)
RULE: Final = fields.Table(
    resource='security_group_rule',
    collection='security_group_rules',
    fields=(
        Field('id', fields.ID),
        Field('direction', {'enum': ['ingress', 'egress']}),
        Field('ethertype', fields.STRING),
        Field('protocol', fields.NULLABLE_STRING),
        Field('port_range_min', fields.NULLABLE_INTEGER),
        Field('port_range_max', fields.NULLABLE_INTEGER),
        Field('remote_ip_prefix', fields.NULLABLE_CIDR),
        Field('remote_group_id', fields.NULLABLE_STRING),
        Field('description', fields.STRING),
        # Left out where there is none.
        Field('remote_address_group_id', fields.ID, required=False),
    ),
    stays={
        'belongs_to_default_sg': fields.DERIVED,
        'normalized_cidr': fields.DERIVED,
        'security_group_id': fields.IN_DOCUMENT,
        'tenant_id': 'that of the group',
    },
)
KIND: Final = fields.Kind(
    type=types.SECURITY_GROUP,
    collection='security-groups',
    not_found='SecurityGroupNotFound',
    tables=(GROUP, RULE),
    schema=fields.record(
        security_group=GROUP.schema,
        rules=fields.listed(RULE.schema),
        rbac=fields.RBAC,
    ),
)
