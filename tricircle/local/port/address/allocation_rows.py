# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the ledger says of ports that are being allocated.

A row is there before central is asked, in the state ``allocating``. It says
which process asks: what one leaves behind that died is given back as soon as
somebody looks who can tell; what nobody can tell of, after a grace.
"""

from collections.abc import Iterable, Mapping, Sequence
import json
from typing import Any, Final

from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
from oslo_log import log as logging
import sqlalchemy as sa

from tricircle.db import clock
from tricircle.db import owner
from tricircle.db import retries
from tricircle.db.local.models import Replica
from tricircle.db.local.models import State
from tricircle.local.engine import ledger
from tricircle.local.telling import outbox
from tricircle.replica import types
from tricircle.replica.document import Document

LOG = logging.getLogger(__name__)

#: Unfinished allocations given back at one look.
_LOST_AT_ONCE: Final = 200

_ALLOCATOR: Final = 'allocator'

_allocating: Final = sa.and_(
    Replica.resource_type == types.PORT, Replica.state == State.ALLOCATING
)


@retries.bounded
def record(ports: Mapping[str, Mapping[str, Any]]) -> None:
    """Note that central is about to be asked for ports.

    :param ports: the attributes of each by the ID that it is to have
    """
    context = neutron_context.get_admin_context()
    detail = json.dumps({_ALLOCATOR: owner.hold()})
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(
            sa.insert(Replica),
            [
                {
                    'resource_type': types.PORT,
                    'resource_id': port_id,
                    'parent_id': attributes['network_id'],
                    'project_id': attributes.get('project_id'),
                    'state': State.ALLOCATING,
                    'epoch': 0,
                    'counter': 0,
                    'detail': detail,
                }
                for port_id, attributes in ports.items()
            ],
        )


@retries.bounded
def renew(port_ids: Iterable[str], seconds: float = 0.0) -> None:
    """Let the grace of what is being allocated begin anew.

    :param seconds: from now, when it begins
    """
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(
            sa.update(Replica)
            .where(_allocating, Replica.resource_id.in_(list(port_ids)))
            .values(created_at=clock.Now(seconds))
            .execution_options(synchronize_session=False)
        )


def forget(port_ids: Iterable[str]) -> None:
    """Leave nothing behind of what central has not made."""
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        ledger.unmark(context.session, types.PORT, list(port_ids))


def complete(session: Any, document: Document) -> bool:
    """Note, in the transaction that makes a port, that it is here.

    :returns: False when it was given back meanwhile
    """
    done = session.execute(
        sa.update(Replica)
        .where(_allocating, Replica.resource_id == document.id)
        .values(
            state=State.PRESENT,
            epoch=document.generation.epoch,
            counter=document.generation.counter,
            digest=document.digest,
            detail=None,
        )
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)


@retries.bounded
def give_back(port_ids: Sequence[str], delay: float = 0.0) -> list[str]:
    """Turn allocations that were not completed into deletions.

    :param delay: seconds before central hears of them
    :returns: the IDs of those that were not
    """
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        lost = list(
            session.scalars(
                sa.select(Replica.resource_id)
                .where(_allocating, Replica.resource_id.in_(port_ids))
                .with_for_update()
            )
        )
        for port_id in lost:
            ledger.tombstone(session, types.PORT, port_id)
        outbox.enqueue(session, types.PORT, lost, delay)
    return lost


@retries.bounded
def give_back_lost(grace: float) -> None:
    """Give back allocations that nobody completes any more.

    :param grace: seconds that a request has to complete one, unless it is
        known that its process has died
    """
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        found = context.session.execute(
            sa.select(
                Replica.resource_id,
                Replica.detail,
                (Replica.created_at < clock.Now(-grace)).label('is_over'),
            ).where(_allocating)
        ).all()
    lost = [
        row.resource_id
        for row in found
        if row.is_over
        or owner.is_dead(json.loads(row.detail or '{}').get(_ALLOCATOR, ''))
    ]
    if lost:
        given = give_back(lost[:_LOST_AT_ONCE])
        LOG.warning(
            'Allocations given back to central, because their '
            'ports were never created here: %s',
            ', '.join(given),
        )
