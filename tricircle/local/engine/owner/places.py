# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Whose something is that a request names by its ID."""

import dataclasses
from typing import Any

from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tricircle.db.local.models import Replica
from tricircle.local.engine import refusals
from tricircle.local.engine.owner import actor
from tricircle.local.engine.owner import ownership


@dataclasses.dataclass(frozen=True)
class Place:
    """Whose something is that a request names.

    :ivar id: as the request has it
    :ivar central_id: of what the region has for central; None of what it has
        not
    :ivar is_own: it is the region's own, or central itself is at it
    """

    id: str
    central_id: str | None
    is_own: bool

    def refuse(self, noun: str, what: str) -> None:
        """Refuse to change what is central's; all else Neutron judges.

        :param what: what is to be done in central instead
        :raises BelongsToCentral: if it is
        """
        if self.central_id is not None:
            raise refusals.BelongsToCentral(type=noun, id=self.id, what=what)


def place_of(resource_type: str, model: Any, resource_id: str) -> Place:
    """Return whose something is; one query.

    :param resource_type: as the ledger has it
    :param model: Neutron's table of such
    """
    if actor.is_applying():
        return Place(resource_id, None, is_own=True)
    admin = neutron_context.get_admin_context()
    known = (
        sa.select(Replica.resource_id)
        .where(*ownership.is_held(resource_type, [resource_id]))
        .limit(1)
    )
    with db_api.CONTEXT_READER.using(admin):
        row = admin.session.execute(
            sa.select(
                known.scalar_subquery().label('central_id'),
                sa.exists(
                    sa.select(model.id).where(model.id == resource_id)
                ).label('is_here'),
            )
        ).one()
    return Place(
        resource_id,
        row.central_id,
        is_own=bool(row.is_here) and row.central_id is None,
    )
