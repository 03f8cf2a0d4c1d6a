# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What requests take of a quota, reserved until the regions count it.

A request reserves before its region is asked. The reservation ends when the
region refuses, and counts on after it has taken the request until it can be
seen that the region counts it: that its scheduler has done with the server.
"""

from collections.abc import Callable, Mapping
import dataclasses
import datetime
from typing import Final, Protocol
import uuid

from oslo_db import exception as db_exc
from oslo_log import log as logging

from tricircle.api import faults
from tricircle.conf import fault_point
from tricircle.db import clock
from tricircle.db import session as sessions
from tricircle.db.central.gateway import quotas as db_quotas
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import regions
from tricircle.gateway.lost import placings
from tricircle.gateway.quotas import amounts
from tricircle.gateway.quotas import fitting
from tricircle.gateway.quotas import limits as limiting
from tricircle.gateway.quotas import usages
from tricircle.gateway.quotas import wishes as wishing

LOG = logging.getLogger(__name__)

Act = Callable[[asking.Asked], exchange.Answer]

#: What needs a limit in Keystone, as Nova has it by default.
REQUIRED: Final = frozenset({amounts.SERVERS})
#: What a server does until Placement knows of it.
_BEFORE: Final = frozenset({'scheduling', 'resize_prep', 'unshelving'})


class LimitsOf(Protocol):
    """Where limits come from."""

    def of(self, project_id: str) -> limiting.Limits:
        """Return the limits of a project."""


@dataclasses.dataclass(frozen=True)
class Sources:
    """Where what is compared comes from."""

    limits: LimitsOf
    wishes: wishing.Wishes
    usages: usages.Usages


@dataclasses.dataclass(frozen=True)
class Seen:
    """What was found out for a wish.

    :ivar limits: those that matter
    """

    limits: Mapping[str, int]
    usage: usages.Usage


@dataclasses.dataclass(frozen=True)
class Taken:
    """What was reserved.

    :ivar count: of how many
    """

    id: str
    count: int


class Quota:
    """The quota of the whole cloud; safe to use from all threads.

    :param kept: seconds after which a reservation counts no more whose
        request is not answered: longer than any region is waited for
    :param patience: how long a request waits for others that may fail
    """

    def __init__(
        self,
        sources: Sources,
        kept: float = 300.0,
        patience: placings.Patience | None = None,
    ) -> None:
        self._sources = sources
        self._kept = kept
        self._patience = patience or placings.Patience(3.0, 0.5)

    def limits(self, project_id: str) -> limiting.Limits:
        """Return the limits of a project.

        :raises tricircle.api.faults.Fault: Keystone does not tell
        """
        try:
            return self._sources.limits.of(project_id)
        except limiting.Unknown as exc:
            raise faults.Fault(503, f'{exc}. Try again later.') from exc

    def within(
        self, cloud: asking.Cloud, asked: asking.Asked, act: Act
    ) -> exchange.Answer:
        """Do what is asked for if it is within the quota.

        :param act: does it; of several servers as many as fit
        :raises tricircle.api.faults.Fault: it is not, or it is not known
        """
        wish = self._sources.wishes.of(cloud, asked)
        taken = None if wish is None else self.take(cloud, asked, wish)
        if wish is None or taken is None:
            return act(asked)
        fault_point.reach('gateway.quota.reserved')
        try:
            found = act(wishing.fewer(asked, wish, taken.count))
        except regions.RegionAway as exc:
            if not exc.may_be_done:
                self.end(taken)
            raise
        except faults.Fault as exc:
            # Whether it was done is not known: it counts until its deadline.
            if exc.status != 504:
                self.end(taken)
            raise
        except db_exc.DBError:
            self.end(taken)
            raise
        if found.is_fine:
            self.answered(
                taken,
                wish.server_id or _id(found),
                asked.query.get('region', ''),
            )
        elif found.status < 500:
            self.end(taken)
        return found

    def take(
        self, cloud: asking.Cloud, asked: asking.Asked, wish: wishing.Wish
    ) -> Taken | None:
        """Reserve what a request takes.

        Where only what is under way leaves no room, it is looked at again
        for a moment: some of it may fail, or be counted twice just now.

        :returns: None when it is without bounds
        :raises tricircle.api.faults.Fault: it does not fit
        """
        limits = self.limits(wish.project_id).all
        until = self._patience.now() + self._patience.seconds
        while True:
            seen = self.look(cloud, asked, wish, limits)
            if seen is None:
                return None
            taken = self.reserve(wish, seen)
            if isinstance(taken, Taken):
                return taken
            left = until - self._patience.now()
            if left <= 0 or not all(one.is_for_now for one in taken):
                raise faults.Fault(
                    403,
                    fitting.message(
                        taken, REQUIRED - set(limits), seen.usage.away
                    ),
                )
            self._patience.wait(min(self._patience.pause, left))

    def look(
        self,
        cloud: asking.Cloud,
        asked: asking.Asked,
        wish: wishing.Wish,
        limits: Mapping[str, int],
    ) -> Seen | None:
        """Return what is used of what a request takes; None without bounds.

        :raises tricircle.api.faults.Fault: it is not known
        """
        matter = fitting.enforced(limits, wish.each, REQUIRED)
        if not matter:
            return None
        since = self._settle(cloud, asked, wish.project_id)
        wanted = usages.Wanted(
            wish.project_id, fitting.counted(limits) | {*matter}, since
        )
        return Seen(matter, self._sources.usages.of(cloud, asked, wanted))

    def _settle(
        self, cloud: asking.Cloud, asked: asking.Asked, project_id: str
    ) -> datetime.datetime:
        """Note what regions count by now; return the time after that."""
        with sessions.reader() as session:
            open_ones = {
                one.id: one for one in db_quotas.unsettled(session, project_id)
            }
            if not open_ones:
                return clock.now(session)

        def is_counted(reservation_id: str) -> bool:
            one = open_ones[reservation_id]
            answer = cloud.regions.ask(
                one.region_name,
                wishing.look_at(asked, one.server_id),
                cloud.list_timeout,
            )
            # What stands before Nova may say 404 of anything.
            if answer.status == 404 and b'itemNotFound' in answer.body:
                return True
            try:
                server = answer.json['server']
                return server['OS-EXT-STS:task_state'] not in _BEFORE
            except (KeyError, TypeError, ValueError):
                return False

        said, _away = cloud.regions.at_once(is_counted, open_ones)
        counted = sorted(one for one in said if said[one])

        def settle() -> datetime.datetime:
            with sessions.writer() as session:
                db_quotas.settle(session, counted)
                return clock.now(session)

        now: datetime.datetime = sessions.retry(settle)()
        return now

    def reserve(
        self, wish: wishing.Wish, seen: Seen
    ) -> Taken | list[fitting.Over]:
        """Reserve as much of a request as fits; what is over when none does.

        Nobody else reserves for the project meanwhile.
        """
        name = str(uuid.uuid4())

        def attempt() -> Taken | list[fitting.Over]:
            with sessions.writer() as session:
                project = wish.project_id
                db_quotas.take_turn(session, project)
                db_quotas.note(session, project, seen.usage.said)
                db_quotas.clear(session, project, seen.usage.said)
                room = fitting.Room(
                    seen.limits,
                    seen.usage.total,
                    amounts.total(
                        db_quotas.reserved(session, project, seen.usage.since)
                    ),
                )
                count = fitting.count(room, wish.each, wish.most)
                if count < wish.least:
                    return fitting.over(room, wish.each, wish.least)
                db_quotas.reserve(
                    session,
                    db_quotas.Reservation(
                        name, project, amounts.times(wish.each, count)
                    ),
                    self._kept,
                )
                return Taken(name, count)

        taken: Taken | list[fitting.Over] = sessions.retry(attempt)()
        return taken

    def answered(
        self, taken: Taken, server_id: str, region_name: str = ''
    ) -> None:
        """Note that a region has taken a request.

        :param region_name: where it was asked; '' for where the server is
            noted to be
        """
        try:
            with sessions.writer() as session:
                db_quotas.answered(
                    session, taken.id, (region_name, server_id), self._kept
                )
        except db_exc.DBError as exc:
            _missed(exc)

    def end(self, taken: Taken) -> None:
        """Note that nothing came of a request."""
        try:
            with sessions.writer() as session:
                db_quotas.end(session, taken.id)
        except db_exc.DBError as exc:
            _missed(exc)


def _missed(exc: db_exc.DBError) -> None:
    # Its deadline passes.
    LOG.warning(
        'What became of a reservation is not noted (%s)', type(exc).__name__
    )


def _id(found: exchange.Answer) -> str:
    """Return the ID of a new server, '' where an answer has none."""
    try:
        return str(found.json['server']['id'])
    except (KeyError, TypeError, ValueError):
        return ''
