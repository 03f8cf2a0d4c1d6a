# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Security groups that have another ID here than in central.

A project's default group can: the region may have made one before central's
was known here. Floating IPs always have: Neutron takes no ID for them.
"""

from collections.abc import Iterable
from typing import Any

from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tricircle.db.local.models import Replica
from tricircle.replica import types


def _mapped(
    context: Any, ids: Iterable[str], resource_type: str, by: Any, to: Any
) -> list[str]:
    """Return other IDs of resources, in order; where there is none, the same.

    :param by: the column of the IDs that are given
    :param to: the column of those that are wanted
    """
    wanted = list(ids)
    if not wanted:
        return []
    with db_api.CONTEXT_READER.using(context):
        rows = context.session.execute(
            sa.select(by, to).where(
                Replica.resource_type == resource_type,
                Replica.local_id.is_not(None),
                by.in_(wanted),
            )
        )
        known = {given: other for given, other in rows}
    return [known.get(one, one) for one in wanted]


def to_local(
    context: Any,
    ids: Iterable[str],
    resource_type: str = types.SECURITY_GROUP,
) -> list[str]:
    """Return the IDs that resources of central have here, in order.

    :param resource_type: as the ledger has it
    """
    return _mapped(
        context, ids, resource_type, Replica.resource_id, Replica.local_id
    )


def to_central(
    context: Any,
    ids: Iterable[str],
    resource_type: str = types.SECURITY_GROUP,
) -> list[str]:
    """Return the IDs that resources have in central, in order.

    :param resource_type: as the ledger has it
    """
    return _mapped(
        context, ids, resource_type, Replica.local_id, Replica.resource_id
    )
