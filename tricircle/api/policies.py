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

from typing import Final

from oslo_policy import policy

_READER = 'role:reader or role:admin'
_ADMIN = 'role:admin'

_CREATE, _READ, _CHANGE, _DELETE = 'POST', 'GET', 'PUT', 'DELETE'

#: Action, who may, what it is, and the calls that it is asked for.
_RULES: Final[
    dict[str, tuple[tuple[str, str, str, tuple[tuple[str, str], ...]], ...]]
] = {
    'pods': (
        (
            'departure',
            _ADMIN,
            'See what is left of a region that leaves',
            ((_READ, '/pods/{pod_id}/departure'),),
        ),
        (
            'check',
            _ADMIN,
            'See what a region has of its own, and central as well',
            ((_CREATE, '/clashes'),),
        ),
        ('list', _READER, 'List pods', ((_READ, '/pods'),)),
        ('show', _READER, 'Show a pod', ((_READ, '/pods/{pod_id}'),)),
        (
            'identity',
            _ADMIN,
            'See who acts for the region of a pod, and where its hosts are',
            ((_READ, '/pods/{pod_id}'),),
        ),
        ('create', _ADMIN, 'Create a pod', ((_CREATE, '/pods'),)),
        ('update', _ADMIN, 'Change a pod', ((_CHANGE, '/pods/{pod_id}'),)),
        (
            'pause',
            _ADMIN,
            'Have all wait that central pushes to a region, or no more',
            (
                (_CHANGE, '/pods/{pod_id}/pause'),
                (_DELETE, '/pods/{pod_id}/pause'),
            ),
        ),
        (
            'delete',
            _ADMIN,
            'Delete a pod, and have its region leave',
            (
                (_DELETE, '/pods/{pod_id}'),
                (_CHANGE, '/pods/{pod_id}/departure'),
                (_DELETE, '/pods/{pod_id}/departure'),
            ),
        ),
    ),
    'bindings': (
        (
            'list',
            _READER,
            'List with which pods the own project places what it makes',
            ((_READ, '/bindings'),),
        ),
        (
            'show',
            _READER,
            "Show a binding of the own project's",
            ((_READ, '/bindings/{binding_id}'),),
        ),
        (
            'all_projects',
            _ADMIN,
            'See bindings of all projects',
            ((_READ, '/bindings'), (_READ, '/bindings/{binding_id}')),
        ),
        (
            'create',
            _ADMIN,
            'Bind a project to a pod',
            ((_CREATE, '/bindings'),),
        ),
        (
            'update',
            _ADMIN,
            'Bind a project to another pod of a zone',
            ((_CHANGE, '/bindings/{binding_id}'),),
        ),
        (
            'delete',
            _ADMIN,
            'Forget with which pod a project places what it makes',
            ((_DELETE, '/bindings/{binding_id}'),),
        ),
    ),
    'statuses': (
        (
            'list',
            _ADMIN,
            'See how far each region is from what central wants',
            ((_READ, '/statuses'),),
        ),
    ),
    'drifts': (
        (
            'list',
            _ADMIN,
            'See what a region has otherwise than central says',
            ((_READ, '/drifts'),),
        ),
        (
            'show',
            _ADMIN,
            'See how a region has a resource otherwise than central says',
            (
                (
                    _READ,
                    '/drifts/{region_name}/{resource_type}/{resource_id}',
                ),
            ),
        ),
        (
            'repair',
            _ADMIN,
            'Have it made right what a region has otherwise',
            ((_CREATE, '/drifts'),),
        ),
    ),
    'releases': (
        (
            'list',
            _ADMIN,
            "See what central's programs run",
            ((_READ, '/releases'),),
        ),
    ),
    'topology': (
        (
            'list',
            _READER,
            "See where the own project's networks and routers are, and those "
            'that are shared with it',
            ((_READ, '/topology'),),
        ),
        (
            'all_projects',
            _ADMIN,
            'See where networks and routers of all projects are',
            ((_READ, '/topology'),),
        ),
    ),
    'adoptions': (
        (
            'list',
            _ADMIN,
            "List networks of regions that become, or became, central's",
            ((_READ, '/adoptions'),),
        ),
        (
            'show',
            _ADMIN,
            "See how far a network is from becoming central's",
            ((_READ, '/adoptions/{network_id}'),),
        ),
        (
            'create',
            _ADMIN,
            "Have a network of a region become central's",
            ((_CREATE, '/adoptions'),),
        ),
        (
            'delete',
            _ADMIN,
            'Leave a network to its region that is on its way to central',
            ((_DELETE, '/adoptions/{network_id}'),),
        ),
    ),
    'jobs': (
        (
            'list',
            _READER,
            "List jobs of the own project's resources",
            ((_READ, '/jobs'), (_READ, '/jobs/detail')),
        ),
        (
            'show',
            _READER,
            "Show a job of the own project's resources",
            ((_READ, '/jobs/{job_id}'),),
        ),
        (
            'all_projects',
            _ADMIN,
            'See jobs of all projects, and those of none',
            (
                (_READ, '/jobs'),
                (_READ, '/jobs/detail'),
                (_READ, '/jobs/{job_id}'),
            ),
        ),
        (
            'schema_list',
            _READER,
            'List the types of jobs',
            ((_READ, '/jobs/schemas'),),
        ),
        ('create', _ADMIN, 'Make a job by hand', ((_CREATE, '/jobs'),)),
        (
            'redo',
            _ADMIN,
            'Have a job done again',
            ((_CHANGE, '/jobs/{job_id}'),),
        ),
        (
            'pause',
            _ADMIN,
            'Have a job wait, or no more',
            (
                (_CHANGE, '/jobs/{job_id}/pause'),
                (_DELETE, '/jobs/{job_id}/pause'),
            ),
        ),
        ('delete', _ADMIN, 'End a job', ((_DELETE, '/jobs/{job_id}'),)),
    ),
    'routings': (
        (
            'list',
            _READER,
            "List where the own project's resources are",
            ((_READ, '/routings'),),
        ),
        (
            'show',
            _READER,
            "Show where a resource of the own project's is",
            ((_READ, '/routings/{routing_id}'),),
        ),
        (
            'all_projects',
            _ADMIN,
            'See where resources of all projects are',
            ((_READ, '/routings'), (_READ, '/routings/{routing_id}')),
        ),
        (
            'create',
            _ADMIN,
            'Note that a resource is in a region',
            ((_CREATE, '/routings'),),
        ),
        (
            'put',
            _ADMIN,
            'Change where a resource is noted to be',
            ((_CHANGE, '/routings/{routing_id}'),),
        ),
        (
            'delete',
            _ADMIN,
            'Forget that a resource is in a region',
            ((_DELETE, '/routings/{routing_id}'),),
        ),
    ),
}


def list_rules() -> list[policy.DocumentedRuleDefault]:
    """Return the rules."""
    return [
        policy.DocumentedRuleDefault(
            name=f'admin_api:{of}:{action}',
            check_str=check,
            scope_types=['project'],
            description=description,
            operations=[
                {'method': method, 'path': f'/v1.0{path}'}
                for method, path in calls
            ],
        )
        for of, rules in _RULES.items()
        for action, check, description, calls in rules
    ]
