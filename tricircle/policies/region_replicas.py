# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Who may use a region's replica API.

Services, of which the region's options say which, and admins to look.
"""

from oslo_policy import policy

SERVICE = 'role:service'
ADMIN = 'role:admin'
ADMIN_OR_SERVICE = f'{ADMIN} or {SERVICE}'
_PATH = '/replicas/{type}'


def list_rules() -> list[policy.DocumentedRuleDefault]:
    """Return the rules."""
    return [
        policy.DocumentedRuleDefault(
            name='get_replica',
            check_str=ADMIN_OR_SERVICE,
            scope_types=['project'],
            description='See what central made this region have',
            operations=[
                {'method': 'GET', 'path': _PATH},
                {'method': 'GET', 'path': f'{_PATH}/{{id}}'},
            ],
        ),
        policy.DocumentedRuleDefault(
            name='update_replica',
            check_str=SERVICE,
            scope_types=['project'],
            description='Make this region have what a document says',
            operations=[{'method': 'PUT', 'path': f'{_PATH}/{{id}}'}],
        ),
        policy.DocumentedRuleDefault(
            name='delete_replica',
            check_str=SERVICE,
            scope_types=['project'],
            description='Remove a replica from this region',
            operations=[{'method': 'DELETE', 'path': f'{_PATH}/{{id}}'}],
        ),
        policy.DocumentedRuleDefault(
            name='update_port_probes',
            check_str=ADMIN,
            scope_types=['project'],
            description='Say what a port that is for probes sends',
            operations=[{'method': 'PUT', 'path': '/replicas/probes/{id}'}],
        ),
    ]
