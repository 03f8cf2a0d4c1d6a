# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What stands here for members of central's security groups elsewhere.

Neutron counts the ports that it has. Those that it has not come as an address
group for each group, and every rule that names the group is followed by one
that names the address group. Both are the region's means and nobody's
resource: they belong to no project, and no user sees or touches them.
"""

from collections.abc import Mapping
from typing import Any, Final
import uuid

import sqlalchemy as sa

from tricircle.db.local.models import Replica
from tricircle.local.engine import ledger

_NAMESPACE: Final = uuid.UUID('3f0e6c2b-9d57-4c7e-8b1a-52d4f7a90c68')
_DERIVED: Final = 5


def address_group_id(group_id: str) -> str:
    """Return the ID of the address group with a group's members elsewhere.

    :param group_id: ID of the security group in central
    """
    return str(uuid.uuid5(_NAMESPACE, group_id))


def rule_id(named: str) -> str:
    """Return the ID of the rule that follows one which names a group.

    :param named: ID of that one
    """
    return str(uuid.uuid5(_NAMESPACE, f'rule/{named}'))


def is_rule(rule: Mapping[str, Any]) -> bool:
    """Tell whether a rule is one that follows another.

    It names an address group with an ID that we derived: what Neutron makes
    up, here and in central, is of another version, and users choose none.
    """
    named = rule['remote_address_group_id']
    return named is not None and is_derived(named)


def is_derived(address_group_id: str) -> bool:
    """Tell whether an ID is one of :func:`address_group_id`, by its form."""
    try:
        return uuid.UUID(address_group_id).version == _DERIVED
    except ValueError:
        return False


def is_address_group(address_group_id: Any) -> sa.ColumnElement[bool]:
    """Return the condition that an address group is one of these.

    :param address_group_id: column of a query
    """
    return (
        sa.select(Replica.resource_id)
        .where(
            Replica.resource_type == ledger.MEMBERS,
            Replica.resource_id == address_group_id,
        )
        .exists()
    )
