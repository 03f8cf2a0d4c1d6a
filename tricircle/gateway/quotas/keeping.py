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
import json
from typing import Any, Final, Protocol
from urllib import parse
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
from tricircle.gateway import flavors
from tricircle.gateway import placings
from tricircle.gateway import regions
from tricircle.gateway.placing import facts
from tricircle.gateway.quotas import amounts
from tricircle.gateway.quotas import fitting
from tricircle.gateway.quotas import limits as limiting
from tricircle.gateway.quotas import usages

LOG = logging.getLogger(__name__)

Act = Callable[[asking.Asked], exchange.Answer]

#: What needs a limit in Keystone, as Nova has it by default.
REQUIRED: Final = frozenset({amounts.SERVERS})
#: What a server does until Placement knows of it.
_BEFORE: Final = frozenset({'scheduling', 'resize_prep', 'unshelving'})
_SHELVED: Final = 'SHELVED_OFFLOADED'


class LimitsOf(Protocol):
    """Where limits come from."""

    def of(self, project_id: str) -> limiting.Limits:
        """Return the limits of a project."""


class FlavorsOf(Protocol):
    """What regions say of flavors."""

    def flavors(
        self, cloud: asking.Cloud, asked: asking.Asked, wanted: str
    ) -> dict[str, facts.Flavor | None]:
        """Return a flavor by region, as far as they say; None of none."""


@dataclasses.dataclass(frozen=True)
class Sources:
    """Where what is compared comes from."""

    limits: LimitsOf
    flavors: FlavorsOf
    usages: usages.Usages


@dataclasses.dataclass(frozen=True)
class Wish:
    """What a request takes.

    :ivar project_id: whose it is to be
    :ivar each: amounts of one
    :ivar least: how many there are to be, or nothing is made
    :ivar most: how many there may be
    :ivar server_id: of one that is there already, else ''
    """

    project_id: str
    each: Mapping[str, int]
    least: int = 1
    most: int = 1
    server_id: str = ''


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
        wish = self.wish(cloud, asked)
        taken = None if wish is None else self.take(cloud, asked, wish)
        if wish is None or taken is None:
            return act(asked)
        fault_point.reach('gateway.quota.reserved')
        try:
            found = act(_fewer(asked, wish, taken.count))
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

    def wish(self, cloud: asking.Cloud, asked: asking.Asked) -> Wish | None:
        """Return what a request takes; None of what takes nothing.

        :raises tricircle.api.faults.Fault: it is not known
        """
        if asked.method != 'POST' or asked.route.resource != 'server':
            return None
        if asked.path == '/servers':
            return self._new(cloud, asked)
        if asked.path.endswith('/action') and asked.path.count('/') == 3:
            return self._changed(cloud, asked)
        return None

    def _new(self, cloud: asking.Cloud, asked: asking.Asked) -> Wish:
        wished = asked.said[asked.route.key]
        least, most = amounts.counts(wished)
        flavor = self._flavor(
            cloud,
            asked,
            amounts.flavor_id(wished),
            amounts.is_on_volume(wished),
        )
        each = {**flavor, amounts.SERVERS: 1}
        return Wish(asked.project_id, each, least, most)

    def _flavor(
        self,
        cloud: asking.Cloud,
        asked: asking.Asked,
        wanted: str,
        is_on_volume: bool,
    ) -> dict[str, int]:
        """Return what a flavor takes where it takes most.

        One that all regions say they do not have is theirs to refuse.
        """
        if not wanted:
            return {}
        said = self._sources.flavors.flavors(cloud, asked, wanted)
        there = [flavor for flavor in said.values() if flavor is not None]
        missing = set(cloud.regions.names()) - set(said)
        if not there and missing:
            raise faults.Fault(
                503,
                f'{", ".join(sorted(missing))}: no answer for flavor '
                f'{wanted}, which no other region has. Try again when it is '
                'back.',
            )
        return amounts.greatest(
            amounts.of_flavor(flavor, is_on_volume) for flavor in there
        )

    def _changed(
        self, cloud: asking.Cloud, asked: asking.Asked
    ) -> Wish | None:
        try:
            said = json.loads(asked.body)
        except (ValueError, RecursionError):
            return None
        if not isinstance(said, dict) or not {'resize', 'unshelve'} & {*said}:
            return None
        server_id = asked.arguments['id']
        server = _server(cloud, asked, server_id)
        if server is None:
            return None
        is_on_volume = not server.get('image')
        old = amounts.of_flavor(
            flavors.read(usages.of_server(server)), is_on_volume
        )
        project = str(server.get('tenant_id') or asked.project_id)
        if 'unshelve' in said:
            offloaded = server.get('status') == _SHELVED
            each: Mapping[str, int] = old if offloaded else {}
        else:
            resize = said['resize'] if isinstance(said['resize'], dict) else {}
            wanted = amounts.flavor_id(resize)
            each = amounts.more(
                self._flavor(cloud, asked, wanted, is_on_volume), old
            )
        return Wish(project, each, server_id=server_id) if each else None

    def take(
        self, cloud: asking.Cloud, asked: asking.Asked, wish: Wish
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
        wish: Wish,
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
                _look_at(asked, one.server_id),
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

    def reserve(self, wish: Wish, seen: Seen) -> Taken | list[fitting.Over]:
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


def _fewer(asked: asking.Asked, wish: Wish, count: int) -> asking.Asked:
    """Return a request for as many as fit."""
    if count == wish.most:
        return asked
    key = asked.route.key
    wished = {**asked.said[key], 'min_count': wish.least, 'max_count': count}
    body = json.dumps({**asked.said, key: wished}).encode()
    return dataclasses.replace(asked, body=body)


def _id(found: exchange.Answer) -> str:
    """Return the ID of a new server, '' where an answer has none."""
    try:
        return str(found.json['server']['id'])
    except (KeyError, TypeError, ValueError):
        return ''


def _look_at(asked: asking.Asked, server_id: str) -> exchange.Question:
    return exchange.Question(
        'GET',
        f'/servers/{parse.quote(server_id, safe="")}',
        headers={**asked.headers, 'OpenStack-API-Version': flavors.VERSION},
    )


def _server(
    cloud: asking.Cloud, asked: asking.Asked, server_id: str
) -> dict[str, Any] | None:
    """Return a server as its region says; None where it is refused.

    :raises tricircle.gateway.regions.RegionAway: it does not answer
    :raises tricircle.api.faults.Fault: it says something else
    """
    region = asked.query.get('region') or cloud.homes.find(
        'server', server_id, asked
    )
    try:
        answer = cloud.regions.ask(
            region, _look_at(asked, server_id), cloud.list_timeout
        )
    except regions.RegionAway as exc:
        raise exc.before() from exc
    # What it refuses to show it refuses to change.
    if answer.status in (401, 403, 404):
        return None
    try:
        server: dict[str, Any] = dict(answer.json['server'])
        if server['flavor']['vcpus'] is not None:
            return server
    except (KeyError, TypeError, ValueError):
        pass
    raise faults.Fault(
        503,
        f'{region} does not say what flavor server {server_id} has (HTTP '
        f'{answer.status}): it is not known what this takes of the quota',
    )
