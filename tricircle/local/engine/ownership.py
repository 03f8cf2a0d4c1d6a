# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What of central's a region refuses to write."""

from collections.abc import Iterable
from typing import Any

from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tricircle.db.local.models import Replica
from tricircle.local.engine import actor
from tricircle.local.engine import ledger
from tricircle.local.engine import refusals
from tricircle.replica import types


def is_held(
    resource_type: str, ids: list[str]
) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions on the ledger's rows of what belongs to central.

    :param resource_type: as the ledger has it
    :param ids: as a request names them
    """
    belongs: Any = Replica.resource_id.in_(ids)
    if resource_type in (types.SECURITY_GROUP, ledger.FLOATING_IP):
        # A project's default group and floating IPs may have an ID of the
        # region's own.
        belongs = sa.or_(belongs, Replica.local_id.in_(ids))
    return (
        Replica.resource_type == resource_type,
        belongs,
        Replica.state.in_(ledger.HELD),
    )


def _central_ids(resource_type: str, ids: list[str]) -> set[str]:
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        rows = context.session.execute(
            sa.select(Replica.resource_id, Replica.local_id).where(
                *is_held(resource_type, ids)
            )
        )
        return {one for row in rows for one in row if one in ids}


def is_central(resource_type: str, resource_id: str) -> bool:
    """Tell whether a resource belongs to central; one query.

    :param resource_type: as the ledger has it
    """
    return bool(_central_ids(resource_type, [resource_id]))


def refuse(
    resource_type: str, ids: Iterable[Any], noun: str, what: str
) -> None:
    """Refuse when one of these belongs to central; one query.

    :param noun: the resource as the message names it
    :param what: what is to be done in central instead
    :raises BelongsToCentral: if so, unless central itself does it
    """
    wanted = [one for one in ids if isinstance(one, str)]
    if actor.is_applying() or not wanted:
        return
    owned = _central_ids(resource_type, wanted)
    if owned:
        raise refusals.BelongsToCentral(type=noun, id=min(owned), what=what)
