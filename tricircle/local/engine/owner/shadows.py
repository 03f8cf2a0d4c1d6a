# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which ports of a region are shadows: the ledger knows, and no attribute.

A region's ports of its own may say of themselves what they like.
"""

from collections.abc import Iterable
from typing import Any

from neutron.objects import network as network_objects
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.local.models import Replica
from tricircle.db.local.models import State
from tricircle.local.engine import ledger
from tricircle.replica import types


def is_shadow(port_id: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a port is the shadow of one elsewhere.

    Where that one comes here, what is here is its shadow until a document
    of the port was applied once.

    :param port_id: column of a query
    """
    marked, port = orm.aliased(Replica), orm.aliased(Replica)
    return sa.and_(
        sa.select(marked.resource_id)
        .where(
            marked.resource_type == ledger.SHADOW_PORT,
            marked.resource_id == port_id,
        )
        .exists(),
        ~sa.select(port.resource_id)
        .where(
            port.resource_type == types.PORT,
            port.resource_id == port_id,
            sa.or_(
                port.state.in_((State.ALLOCATING, State.PRESENT)),
                sa.and_(
                    port.state == State.APPLYING, port.digest.is_not(None)
                ),
            ),
        )
        .exists(),
    )


def among(session: orm.Session, port_ids: Iterable[str]) -> set[str]:
    """Return which of these IDs are those of shadows."""
    wanted = list(port_ids)
    if not wanted:
        return set()
    return set(
        session.scalars(
            sa.select(Replica.resource_id).where(
                Replica.resource_type == ledger.SHADOW_PORT,
                Replica.resource_id.in_(wanted),
                is_shadow(Replica.resource_id),
            )
        )
    )


def here(context: Any, port_ids: Iterable[str]) -> list[dict[str, Any]]:
    """Return those of these ports that are here and shadows, as shown."""
    with db_api.CONTEXT_READER.using(context):
        found = sorted(among(context.session, port_ids))
    if not found:
        return []
    shown: list[dict[str, Any]] = directory.get_plugin().get_ports(
        context, filters={'id': found}
    )
    return shown


def may_come(context: Any, network_id: str) -> bool:
    """Tell whether shadow ports may come to a network of central's here.

    One that is being removed may be known of and gone: what came then would
    stay. Whoever removes it looks for them once more after it is gone.

    :param context: an admin context, in a transaction
    """
    return bool(
        ledger.held(context.session, types.NETWORK, [network_id])
        and network_objects.Network.objects_exist(context, id=network_id)
    )
