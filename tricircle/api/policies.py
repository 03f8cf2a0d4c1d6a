# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Who may use the Admin API: readers of projects read, admins write."""

from oslo_policy import policy

_READER = 'role:reader or role:admin'
_ADMIN = 'role:admin'


def list_rules() -> list[policy.DocumentedRuleDefault]:
    """Return the rules."""
    return [
        policy.DocumentedRuleDefault(
            name=f'admin_api:pods:{action}',
            check_str=check,
            scope_types=['project'],
            description=description,
            operations=[{'method': method, 'path': path}],
        )
        for action, check, description, method, path in (
            ('list', _READER, 'List pods', 'GET', '/v1.0/pods'),
            ('show', _READER, 'Show a pod', 'GET', '/v1.0/pods/{pod_id}'),
            (
                'identity',
                _ADMIN,
                'See who acts for the region of a pod, and where its hosts '
                'are',
                'GET',
                '/v1.0/pods/{pod_id}',
            ),
            ('create', _ADMIN, 'Create a pod', 'POST', '/v1.0/pods'),
            ('update', _ADMIN, 'Change a pod', 'PUT', '/v1.0/pods/{pod_id}'),
            (
                'delete',
                _ADMIN,
                'Delete a pod',
                'DELETE',
                '/v1.0/pods/{pod_id}',
            ),
        )
    ]
