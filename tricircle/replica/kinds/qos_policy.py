# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""QoS policies, with their rules."""

from typing import Any, Final

from tricircle.replica import fields
from tricircle.replica import types
from tricircle.replica.fields import Field

POLICY: Final = fields.Table(
    resource='policy',
    collection='policies',
    fields=(*fields.OWNED, fields.TAGS),
    stays={
        # Central puts the default on the networks that are made there. A
        # region has a default of its own, for networks of its own.
        'is_default': fields.NAMED,
        'rules': fields.IN_DOCUMENT,
        'shared': fields.IN_DOCUMENT,
        'tenant_id': fields.SAID_BY_PROJECT,
    },
)
_DIRECTION: Final = Field('direction', fields.STRING, mutable=True)


def _number(name: str) -> Field:
    return Field(name, fields.NULLABLE_INTEGER, mutable=True)


def _rules(rule_type: str, *values: Field) -> fields.Table:
    return fields.Table(
        resource=f'{rule_type}_rule',
        collection=f'{rule_type}_rules',
        fields=(Field('id', fields.ID), *values),
        stays={},
    )


#: By the type of the rules.
RULES: Final = {
    rule_type: _rules(rule_type, *values)
    for rule_type, values in {
        'bandwidth_limit': (
            _number('max_kbps'),
            _number('max_burst_kbps'),
            _DIRECTION,
        ),
        'dscp_marking': (_number('dscp_mark'),),
        'minimum_bandwidth': (_number('min_kbps'), _DIRECTION),
        'packet_rate_limit': (
            _number('max_kpps'),
            _number('max_burst_kpps'),
            _DIRECTION,
        ),
        'minimum_packet_rate': (_number('min_kpps'), _DIRECTION),
    }.items()
}


def _rule(rule_type: str, table: fields.Table) -> dict[str, Any]:
    return fields.record(
        type={'const': rule_type},
        **{one.name: one.schema for one in table.fields},
    )


KIND: Final = fields.Kind(
    type=types.QOS_POLICY,
    collection='qos/policies',
    not_found='QosPolicyNotFound',
    tables=(POLICY,),
    schema=fields.record(
        policy=POLICY.schema,
        rules=fields.listed(
            {'anyOf': [_rule(name, table) for name, table in RULES.items()]}
        ),
        rbac=fields.RBAC,
    ),
)
