# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Policies of ports that regions make in central."""

from collections.abc import Iterable

from oslo_policy import policy

#: A user's token that came with the token of a service, as a region's
#: Neutron sends it (X-Service-Token).
USER_THROUGH_SERVICE = 'service_roles:service'

_OPERATION: list[policy.Operation] = [
    {'method': 'POST', 'path': '/ports'},
]

_RULES = [
    policy.DocumentedRuleDefault(
        name='create_port:id',
        check_str=USER_THROUGH_SERVICE,
        scope_types=['project'],
        description='Choose the ID of a port when creating it',
        operations=_OPERATION,
    ),
    policy.DocumentedRuleDefault(
        name='create_port:tricircle:region',
        check_str=USER_THROUGH_SERVICE,
        scope_types=['project'],
        description='Create a port that is in a region',
        operations=_OPERATION,
    ),
]


def list_rules() -> Iterable[policy.RuleDefault]:
    """Return the rules of this module."""
    return _RULES
