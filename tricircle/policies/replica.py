# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Policies of replicas: where a resource is, and how far it got there."""

from collections.abc import Iterable

from oslo_policy import policy

from tricircle.policies import port
from tricircle.replica import kinds

#: What Neutron calls service-to-service APIs.
SERVICE = 'rule:service_api'
READER = (
    'rule:admin_only or rule:service_api or '
    '(role:reader and project_id:%(project_id)s)'
)


def _rules(member: str, collection: str) -> list[policy.RuleDefault]:
    path = f'/{collection}/{{{member}_id}}/replicas'
    return [
        policy.DocumentedRuleDefault(
            name=f'get_{member}_replica',
            check_str=READER,
            scope_types=['project'],
            description='See in which regions a resource is',
            operations=[
                {'method': 'GET', 'path': path},
                {'method': 'GET', 'path': f'{path}/{{region}}'},
            ],
        ),
        policy.DocumentedRuleDefault(
            name=f'update_{member}_replica',
            check_str=f'{SERVICE} or {port.USER_THROUGH_SERVICE}',
            scope_types=['project'],
            description='Ask for a resource on behalf of a region, or '
            'report on it',
            operations=[{'method': 'PUT', 'path': f'{path}/{{region}}'}],
        ),
    ]


def list_rules() -> Iterable[policy.RuleDefault]:
    """Return the rules of this module."""
    rules = [
        rule
        for kind in kinds.KINDS
        if kind.collection
        for rule in _rules(kind.member, kind.collection)
    ]
    rules.append(
        policy.DocumentedRuleDefault(
            name='delete_port_replica',
            check_str=SERVICE,
            scope_types=['project'],
            description='Report that a region has deleted a port',
            operations=[
                {
                    'method': 'DELETE',
                    'path': '/ports/{port_id}/replicas/{region}',
                }
            ],
        )
    )
    return rules
