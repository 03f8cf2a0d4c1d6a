# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region is asked to make, noted before it is asked.

The database is needed before; afterwards it is not: what cannot be noted then
costs a question to all regions, and a row that goes by its deadline.
"""

from collections.abc import Iterable, Mapping
import datetime
import time
from typing import Any

from oslo_db import exception as db_exc

from tricircle.db import session as sessions
from tricircle.db.central.gateway import placings as db_placings
from tricircle.gateway.home import noted

Placing = db_placings.Placing


class Patience:
    """How long it is looked for what a lost answer made.

    :param seconds: in all
    :param pause: seconds between two looks
    """

    def __init__(self, seconds: float = 10.0, pause: float = 1.0) -> None:
        self.seconds = seconds
        self.pause = pause

    def now(self) -> float:
        """Return the seconds of a clock that only goes forward."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Wait for the next look."""
        time.sleep(seconds)


class Placings:
    """The rows of what is being placed.

    :param kept: seconds after which a row counts no more: longer than any
        region is waited for, and looked at
    """

    def __init__(
        self, kept: float = 120.0, patience: Patience | None = None
    ) -> None:
        self._kept = kept
        self.patience = patience or Patience()

    def begin(self, placing: Placing) -> datetime.datetime:
        """Note that a region is about to be asked.

        :returns: now, by the database's clock
        """

        def begin() -> datetime.datetime:
            with sessions.writer() as session:
                return db_placings.begin(session, placing, self._kept)

        now: datetime.datetime = sessions.retry(begin)()
        return now

    def end(self, placing: Placing) -> None:
        """Note that nothing came of it."""
        try:
            with sessions.writer() as session:
                db_placings.end(session, placing.request_id)
        except db_exc.DBError as exc:
            noted.missed(
                f'{placing.request_id} is not noted as placed no longer', exc
            )

    def claim(self, placing: Placing, item: Mapping[str, Any]) -> bool:
        """Make what a region has the answer to a request.

        :returns: whether it is, and answers no other
        """

        def claim() -> bool:
            with sessions.writer() as session:
                home = noted.home_of(
                    session,
                    placing.resource_type,
                    placing.region_name,
                    item,
                    placing.project_id,
                )
                return db_placings.claim(session, home, placing.request_id)

        try:
            return bool(sessions.retry(claim)())
        except db_exc.DBError as exc:
            noted.missed(
                f'{placing.request_id} is not noted as {item["id"]} of '
                f'{placing.region_name}',
                exc,
            )
            return False

    def nobodys(
        self, placing: Placing, items: Iterable[Mapping[str, Any]]
    ) -> list[Mapping[str, Any]] | None:
        """Return what answers no request yet.

        :returns: None while it may be another's: somebody else waits for the
            like of it, or the database does not say
        """
        found = list(items)
        try:
            with sessions.reader() as session:
                if db_placings.has_like(session, placing):
                    return None
                taken = db_placings.answered(
                    session,
                    placing.resource_type,
                    [str(item['id']) for item in found],
                )
        except db_exc.DBError:
            return None
        return [item for item in found if str(item['id']) not in taken]
