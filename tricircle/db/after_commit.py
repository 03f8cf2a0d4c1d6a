# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is done once a transaction has committed, and only then."""

from collections.abc import Callable, Iterable

from sqlalchemy import event
from sqlalchemy import orm

#: In a session's info: what is to be told to whom.
_PENDING = 'tricircle_after_commit'

Listener = Callable[[set[str]], None]


def tell(
    session: orm.Session, listener: Listener, what: Iterable[str] = ()
) -> None:
    """Call somebody when the session has committed its transaction.

    Once a transaction, with all that was to be told until then; never when
    it is rolled back. A savepoint that is rolled back takes nothing away:
    who is called in vain finds nothing to do.

    :param what: added to what the listener is called with
    """
    pending = session.info.get(_PENDING)
    if pending is None:
        pending = session.info[_PENDING] = {}
        # In the next transaction of the session this changes nothing.
        event.listen(session, 'after_commit', _committed)
        event.listen(session, 'after_soft_rollback', _rolled_back)
    pending.setdefault(listener, set()).update(what)


def _committed(session: orm.Session) -> None:
    # SQLAlchemy says the same when a savepoint is released: then nobody
    # else sees the rows yet.
    if session.in_nested_transaction():
        return
    for listener, what in session.info.pop(_PENDING, {}).items():
        listener(what)


def _rolled_back(
    session: orm.Session, previous: orm.SessionTransaction
) -> None:
    if previous.parent is None:
        session.info.pop(_PENDING, None)
