# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Look at the database once more when a transaction has committed.

A transaction that finds nothing may have begun before another one committed
what it looks for; and who looks for what the first one does, on behalf of
the other, may come before the first commits. Then neither has seen the
other. Whoever looks again after the commit closes that gap: what was
committed before is seen now, and what is committed later finds all of this.
"""

from collections.abc import Callable
from typing import Final

from oslo_db import api as oslo_db_api
from oslo_log import log as logging
from sqlalchemy import event
from sqlalchemy import orm

LOG = logging.getLogger(__name__)

#: What does it, by what it is about.
Looks = dict[str, Callable[[orm.Session], None]]

_PENDING: Final = 'tricircle_second_looks'


def after_commit(
    session: orm.Session, key: str, look: Callable[[orm.Session], None]
) -> None:
    """Call a function in a transaction of its own, once this one commits.

    :param key: what it is about; of several with one key the first is called
    :param look: gets a session on the same database, to read and to write
    """
    pending: Looks | None = session.info.get(_PENDING)
    if pending is not None:
        pending.setdefault(key, look)
        return
    session.info[_PENDING] = {key: look}
    event.listen(session, 'after_commit', _committed)
    event.listen(session, 'after_soft_rollback', _rolled_back)


def _committed(session: orm.Session) -> None:
    # Also called when a savepoint is released.
    if session.in_nested_transaction():
        return
    looks: Looks = session.info.pop(_PENDING, {})
    for key, look in sorted(looks.items()):
        try:
            _look(session, look)
        except Exception:
            # What has committed stays so, whoever asked for it.
            LOG.exception('%s could not be looked at again', key)


@oslo_db_api.wrap_db_retry(
    max_retries=5, retry_on_deadlock=True, retry_interval=0.1
)
def _look(session: orm.Session, look: Callable[[orm.Session], None]) -> None:
    with orm.Session(session.get_bind()) as fresh, fresh.begin():
        look(fresh)


def _rolled_back(
    session: orm.Session, previous: orm.SessionTransaction
) -> None:
    if previous.parent is None:
        session.info.pop(_PENDING, None)
