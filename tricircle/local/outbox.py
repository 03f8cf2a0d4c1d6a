# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What this region has to tell central, kept until central has heard it.

An entry names a resource, nothing more: the sender reads how the resource
is when it sends. So entries of one resource are one row, and it does not
matter how often or in which order things happened meanwhile.
"""

from collections.abc import Iterable
import dataclasses
import datetime
import threading
from typing import Any, cast
import uuid

from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
from oslo_utils import timeutils
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy import event
from sqlalchemy import orm

from tricircle.db import local_models

_OUTBOX = cast(sa.Table, local_models.OutboxEntry.__table__)

#: Set when there may be something to send; the sender of this process
#: waits for it.
kick = threading.Event()

#: Seconds for which a sender may hold an entry.
LEASE_TIME = 30.0


@dataclasses.dataclass(frozen=True)
class Entry:
    """An entry that this sender holds."""

    resource_type: str
    resource_id: str
    counter: int
    attempts: int
    owner: str


def enqueue(session: orm.Session, resource_type: str,
            ids: Iterable[str], delay: float = 0.0) -> None:
    """Note, in the caller's transaction, that central must hear of these.

    :param delay: seconds before it is sent
    """
    moment = timeutils.utcnow() + datetime.timedelta(seconds=delay)
    rows = [{'resource_type': resource_type, 'resource_id': one,
             'counter': 1, 'attempts': 0, 'next_try_at': moment,
             'created_at': timeutils.utcnow()} for one in sorted(set(ids))]
    if not rows:
        return
    dialect = session.get_bind().dialect.name
    raised = {'counter': _OUTBOX.c.counter + 1, 'attempts': 0,
              'next_try_at': moment}
    if dialect in ('mysql', 'mariadb'):
        session.execute(mysql.insert(_OUTBOX).values(rows)
                        .on_duplicate_key_update(raised))
    else:
        insert = (postgresql.insert if dialect == 'postgresql'
                  else sqlite.insert)
        session.execute(insert(_OUTBOX).values(rows).on_conflict_do_update(
            index_elements=[_OUTBOX.c.resource_type, _OUTBOX.c.resource_id],
            set_=raised))
    if delay <= 0:
        event.listen(session, 'after_commit', _kick, once=True)


def _kick(_session: orm.Session) -> None:
    kick.set()


def enqueue_now(resource_type: str, ids: Iterable[str],
                delay: float = 0.0) -> None:
    """Note it in a transaction of its own."""
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        enqueue(context.session, resource_type, ids, delay)


@db_api.retry_db_errors
def claim(limit: int) -> list[Entry]:
    """Take due entries that no other sender holds."""
    context = neutron_context.get_admin_context()
    now = timeutils.utcnow()
    table = _OUTBOX
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        due = sa.select(
            table.c.resource_type, table.c.resource_id, table.c.counter,
            table.c.attempts).where(
                table.c.next_try_at <= now,
                sa.or_(table.c.lease_until.is_(None),
                       table.c.lease_until <= now)
            ).order_by(table.c.next_try_at).limit(limit)
        if session.get_bind().dialect.name != 'sqlite':
            due = due.with_for_update(skip_locked=True)
        owner = str(uuid.uuid4())
        entries = [Entry(*row, owner) for row in session.execute(due)]
        if entries:
            session.execute(sa.update(table).where(
                sa.tuple_(table.c.resource_type, table.c.resource_id).in_(
                    [(one.resource_type, one.resource_id)
                     for one in entries]))
                .values(lease_owner=owner, lease_until=now
                        + datetime.timedelta(seconds=LEASE_TIME)))
        return entries


def _mine(entry: Entry) -> Any:
    table = _OUTBOX
    return sa.and_(table.c.resource_type == entry.resource_type,
                   table.c.resource_id == entry.resource_id,
                   table.c.lease_owner == entry.owner)


@db_api.retry_db_errors
def sent(entry: Entry) -> None:
    """Central has heard; keep the entry if more happened meanwhile."""
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        gone = context.session.execute(sa.delete(_OUTBOX).where(
            _mine(entry), _OUTBOX.c.counter == entry.counter))
        if not gone.rowcount:
            context.session.execute(sa.update(_OUTBOX).where(
                _mine(entry)).values(lease_owner=None, lease_until=None))


@db_api.retry_db_errors
def failed(entry: Entry, reason: str, delay: float) -> None:
    """Central has not heard; try again in `delay` seconds."""
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(sa.update(_OUTBOX).where(
            _mine(entry)).values(
                attempts=entry.attempts + 1, reason=reason,
                next_try_at=timeutils.utcnow()
                + datetime.timedelta(seconds=delay),
                lease_owner=None, lease_until=None))


def pull_forward() -> None:
    """Make failed entries due: central answers again."""
    context = neutron_context.get_admin_context()
    now = timeutils.utcnow()
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(sa.update(_OUTBOX).where(
            _OUTBOX.c.attempts > 0, _OUTBOX.c.next_try_at > now)
            .values(next_try_at=now))
