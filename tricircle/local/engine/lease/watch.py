# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What a thread holds is looked at as each of its transactions begins."""

from collections.abc import Iterator
import contextlib
import contextvars
from typing import Any, Protocol

from oslo_db import exception as db_exc
from oslo_db.sqlalchemy import enginefacade
from sqlalchemy import event
from sqlalchemy import orm


class Lease(Protocol):
    """What is looked at.

    :ivar enclosing: what the thread held of others when it took this one
    """

    enclosing: 'Lease | None'

    def renew(self) -> None:
        """See that it holds for some time."""

    def look(self, connection: Any, session: orm.Session) -> None:
        """Look at the row, and keep it as it is during a transaction."""


#: What the current thread holds, the innermost first. Of the thread: the
#: event of a transaction that begins comes with its session alone.
_held: contextvars.ContextVar[Lease | None] = contextvars.ContextVar(
    'tricircle_lease', default=None
)


def held() -> Lease | None:
    """Return what the current thread holds, the innermost lease."""
    return _held.get()


@contextlib.contextmanager
def watching(lease: Lease | None) -> Iterator[None]:
    """Look at this lease and what encloses it in here; at none if None."""
    token = _held.set(lease)
    try:
        yield
    finally:
        _held.reset(token)


def _begun(
    session: orm.Session, transaction: orm.SessionTransaction, connection: Any
) -> None:
    lease = _held.get()
    if lease is not None and not transaction.nested and _writes(session):
        _look(lease, connection, session)


def _look(lease: Lease, connection: Any, session: orm.Session) -> None:
    """Look at the rows that a thread holds, the outermost first."""
    if lease.enclosing is not None:
        _look(lease.enclosing, connection, session)
    lease.look(connection, session)


def _writes(session: orm.Session) -> bool:
    context = session.info.get('using_context')
    try:
        # What oslo.db itself asks; there is no public question for it.
        found = enginefacade._transaction_ctx_for_context(context)
    except (db_exc.NoEngineContextEstablished, AttributeError):
        return True
    return bool(found.mode is enginefacade._WRITER)


def watch_transactions() -> None:
    """Let each transaction look at what its thread holds; once a process."""
    if not event.contains(orm.Session, 'after_begin', _begun):
        event.listen(orm.Session, 'after_begin', _begun)
