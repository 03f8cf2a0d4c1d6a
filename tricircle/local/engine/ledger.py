# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The ledger: what in this region belongs to central.

Functions that take a `session` run in the caller's transaction. Those that
take a `context` run in short transactions of their own, on a context of
their own, so that nothing of a request in flight is committed with them.
"""

from collections.abc import Iterable, Mapping, Sequence
import json
from typing import Any, cast

from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.conf import durations
from tricircle.db import clock
from tricircle.db import lease
from tricircle.db.local import models as local_models
from tricircle.db.local.models import Replica
from tricircle.db.local.models import State
from tricircle.replica import document
from tricircle.replica import types

#: Resource types of the ledger beside those of documents.
SUBNET = 'subnet'
DHCP_PORT = 'dhcp-port'
#: The port of an L3 agent on an external network; its parent is the network.
AGENT_GATEWAY = 'agent-gateway'
SHADOW_PORT = 'shadow-port'
SHADOW_AGENT = 'shadow-agent'
#: A gateway or interface port of a router; its parent is the router.
ROUTER_PORT = 'router-port'
#: The address group with the members of a group that are elsewhere; its
#: parent is the group.
MEMBERS = 'members'
#: A floating IP, which has an ID of the region's own; its parent is the
#: router.
FLOATING_IP = 'floating-ip'
PORT_FORWARDING = 'port-forwarding'
#: A network of the region's own that central is about to take over.
ADOPTION = 'adoption'

#: Tombstones forgotten at one look, and in one transaction.
_PURGED_AT_ONCE, _PIECE = 5000, 100

#: States in which the object is there, or about to be.
HELD = (State.ALLOCATING, State.APPLYING, State.PRESENT)


def get(
    session: orm.Session, resource_type: str, resource_id: str
) -> Replica | None:
    """Return the row of a resource, whatever its state."""
    return session.get(Replica, (resource_type, resource_id))


def rows(
    session: orm.Session, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Replica]:
    """Return the rows of several resources in one query."""
    wanted = list(keys)
    if not wanted:
        return {}
    found = session.scalars(
        sa.select(Replica).where(
            sa.tuple_(Replica.resource_type, Replica.resource_id).in_(wanted)
        )
    )
    return {(row.resource_type, row.resource_id): row for row in found}


def advance(
    session: orm.Session,
    resource_type: str,
    resource_id: str,
    generation: document.Generation,
    digest: str,
) -> bool:
    """Note that a later document says what the one before did.

    :returns: whether it is so; not while somebody is at the resource, or
        when a document of other content was applied last
    """
    result = session.execute(
        sa.update(Replica)
        .where(
            Replica.resource_type == resource_type,
            Replica.resource_id == resource_id,
            Replica.state == State.PRESENT,
            Replica.epoch == generation.epoch,
            Replica.counter <= generation.counter,
            Replica.digest == digest,
            Replica.lease_owner.is_(None),
        )
        .values(counter=generation.counter)
        .execution_options(synchronize_session=False)
    )
    return bool(cast(sa.CursorResult[Any], result).rowcount)


def held(
    session: orm.Session, resource_type: str, ids: Iterable[str]
) -> set[str]:
    """Return which of these IDs belong to central and are here.

    One query on the primary key.
    """
    wanted = list(ids)
    if not wanted:
        return set()
    return set(
        session.scalars(
            sa.select(Replica.resource_id).where(
                Replica.resource_type == resource_type,
                Replica.resource_id.in_(wanted),
                Replica.state.in_(HELD),
            )
        )
    )


def owned(
    session: orm.Session, resource_type: str, resource_id: str
) -> Replica | None:
    """Return the row of a resource of central that is here, or None."""
    row = get(session, resource_type, resource_id)
    return row if row is not None and row.state in HELD else None


def locked(
    session: orm.Session, resource_type: str, resource_id: str
) -> Replica | None:
    """Return the row of a resource of central that is here, to change it.

    As it is now, whatever this transaction saw before, and as it stays until
    the transaction ends.
    """
    row = session.get(
        Replica,
        (resource_type, resource_id),
        with_for_update=True,
        populate_existing=True,
    )
    return row if row is not None and row.state in HELD else None


def is_central_network(context: Any, network_id: str) -> bool:
    """Tell whether a network belongs to central, one indexed query."""
    with db_api.CONTEXT_READER.using(context):
        return bool(held(context.session, types.NETWORK, [network_id]))


def half_made(network_id: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a network is not whole here yet.

    It is made in several transactions, its subnets after itself. What was
    whole once and is being changed stays what it was until it is another.

    :param network_id: column of a query on networks
    """
    return (
        sa.select(Replica.resource_id)
        .where(
            Replica.resource_type == types.NETWORK,
            Replica.resource_id == network_id,
            Replica.state == State.APPLYING,
            Replica.digest.is_(None),
        )
        .exists()
    )


def children(
    session: orm.Session, resource_type: str, parent_id: str
) -> Sequence[Replica]:
    """Return the rows of one type that belong to a parent."""
    return session.scalars(
        sa.select(Replica)
        .where(
            Replica.resource_type == resource_type,
            Replica.parent_id == parent_id,
        )
        .order_by(Replica.resource_id)
    ).all()


def page(
    context: Any, resource_type: str, marker: str | None, limit: int
) -> list[dict[str, Any]]:
    """Return one page of the ledger: what is here, and what is left over.

    Left over is what somebody began to apply and nobody is at any more, as
    after a document that was refused: so that central finds it.
    ``applied_digest`` is of what was there when a document was last applied.
    """
    with db_api.CONTEXT_READER.using(context):
        query = sa.select(
            Replica.resource_id,
            Replica.state,
            Replica.epoch,
            Replica.counter,
            Replica.digest,
        ).where(
            Replica.resource_type == resource_type,
            sa.or_(
                Replica.state == State.PRESENT,
                sa.and_(
                    Replica.state == State.APPLYING,
                    lease.is_over(Replica),
                ),
            ),
        )
        if marker:
            query = query.where(Replica.resource_id > marker)
        rows = context.session.execute(
            query.order_by(Replica.resource_id).limit(limit)
        )
        return [
            {
                'id': row.resource_id,
                'type': resource_type,
                'state': row.state,
                'epoch': row.epoch,
                'counter': row.counter,
                'applied_digest': row.digest,
            }
            for row in rows
        ]


def chunks(session: orm.Session, network_id: str) -> list[str]:
    """Return the IDs of the shadow port documents of a network."""
    return list(
        session.scalars(
            sa.select(Replica.resource_id).where(
                Replica.resource_type == types.SHADOW_PORTS,
                Replica.resource_id.startswith(network_id, autoescape=True),
            )
        )
    )


def mark(
    session: orm.Session,
    resource_type: str,
    resource_id: str,
    *,
    parent_id: str | None = None,
    project_id: str | None = None,
    local_id: str | None = None,
    state: State = State.PRESENT,
    detail: dict[str, Any] | None = None,
) -> Replica:
    """Note that an object belongs to central; before or as it is made."""
    row = get(session, resource_type, resource_id)
    if row is None:
        row = Replica(
            resource_type=resource_type,
            resource_id=resource_id,
            epoch=0,
            counter=0,
        )
        session.add(row)
    row.parent_id = parent_id if parent_id is not None else row.parent_id
    row.project_id = project_id if project_id is not None else row.project_id
    row.local_id = local_id if local_id is not None else row.local_id
    row.state = state
    if detail is not None:
        row.detail = json.dumps(detail, sort_keys=True)
    session.flush()
    return row


def mark_new(
    session: orm.Session,
    resource_type: str,
    projects: Mapping[str, str | None],
    parent_id: str,
) -> None:
    """Note objects that belong to central, and were not noted before.

    :param projects: that they belong to, by ID
    """
    session.add_all(
        Replica(
            resource_type=resource_type,
            resource_id=one,
            parent_id=parent_id,
            project_id=project_id,
            state=State.PRESENT,
            epoch=0,
            counter=0,
        )
        for one, project_id in projects.items()
    )
    session.flush()


def unmark(
    session: orm.Session, resource_type: str, ids: Iterable[str]
) -> None:
    """Forget objects that are gone and need no tombstone."""
    session.execute(
        sa.delete(Replica).where(
            Replica.resource_type == resource_type,
            Replica.resource_id.in_(list(ids)),
        )
    )


def detail(row: Replica | None) -> dict[str, Any]:
    """Return the type-specific data of a row."""
    return json.loads(row.detail) if row is not None and row.detail else {}


def tombstone(
    session: orm.Session, resource_type: str, resource_id: str
) -> None:
    """Note that a user has deleted a resource here; central is yet to hear.

    Whoever is applying a document to it has lost the lease by that.
    """
    # One statement on the row as it is now: this transaction may have seen
    # it before somebody took the lease, which must not outlive this.
    session.execute(
        sa.update(Replica)
        .where(
            Replica.resource_type == resource_type,
            Replica.resource_id == resource_id,
        )
        .values(
            state=State.DELETED,
            digest=None,
            detail=json.dumps({'by_region': True}),
            **lease.NOBODY,
        )
        .execution_options(synchronize_session=False)
    )


def purge(seconds: float) -> int:
    """Forget tombstones that central knows of; return how many.

    And announcements of adoptions that nothing came of.

    They are looked for without locks, and removed by primary key: there may
    be many, and who deletes something here writes another.

    :param seconds: for which each is kept
    """
    context = neutron_context.get_admin_context()
    entry = local_models.OutboxEntry
    waiting = sa.exists().where(
        entry.resource_type == Replica.resource_type,
        entry.resource_id == Replica.resource_id,
    )
    old = sa.or_(
        sa.and_(
            Replica.state == State.DELETED,
            Replica.updated_at < clock.Now(-seconds),
        ),
        sa.and_(
            Replica.state == State.ANNOUNCED,
            Replica.updated_at < clock.Now(-durations.ANNOUNCEMENT_KEPT),
        ),
    )
    with db_api.CONTEXT_READER.using(context):
        keys = context.session.execute(
            sa.select(Replica.resource_type, Replica.resource_id)
            .where(old, ~waiting)
            .order_by(Replica.resource_type, Replica.resource_id)
            .limit(_PURGED_AT_ONCE)
        ).all()
    gone = 0
    for start in range(0, len(keys), _PIECE):
        with db_api.CONTEXT_WRITER.using(context):
            result = context.session.execute(
                sa.delete(Replica)
                .where(
                    sa.tuple_(Replica.resource_type, Replica.resource_id).in_(
                        [tuple(one) for one in keys[start : start + _PIECE]]
                    ),
                    old,
                )
                .execution_options(synchronize_session=False)
            )
            gone += int(result.rowcount)
    return gone
