# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Routers: noticing when central has to lay them out again.

Central's own processes do it (:mod:`tricircle.journal.router_intents`).
"""

from collections.abc import Callable, Iterable
from typing import Final

from oslo_config import cfg
from oslo_log import log as logging
from sqlalchemy import orm

from tricircle.client import back_off
from tricircle.conf import durations
from tricircle.db import session as sessions
from tricircle.db.central import presence
from tricircle.db.central.port import reads as central_ports
from tricircle.db.central.router import documents as central_router_documents
from tricircle.journal import job_ends
from tricircle.journal import router_intents
from tricircle.journal import sweep as journal_sweep
from tricircle.journal.job import Job
from tricircle.replica import messages
from tricircle.replica import types
from tricircle.replica.document import Document

LOG = logging.getLogger(__name__)

#: Changes that a region has not confirmed before plans become less frequent.
_AT_ONCE: Final = 3


def after_push(
    job: Job, document: Document, applied: messages.AppliedBody
) -> Callable[[orm.Session], None] | None:
    """Return what to do when the job is finished, in that transaction.

    What a piece does not use any more is released when its router is laid
    out again. Where the region could not do all, that has to wait.
    """
    if job.resource_type != types.ROUTER:
        return None
    if applied['digest'] != document.digest:
        return None
    gateway = document.body['gateway']
    used = {one['port_id'] for one in document.body['interfaces']}
    if gateway:
        used.add(gateway['port_id'])

    def record(session: orm.Session) -> None:
        if router_intents.holds_more(
            session, job.resource_id, job.region_name, used
        ):
            router_intents.record_of_piece(
                session, job.resource_id, job.region_name
            )

    return record


@sessions.retry
def may_return(job: Job) -> bool:
    """Tell whether a region may get again what it has just removed.

    A piece goes with the last instance there, and comes with the next.
    """
    if job.resource_type != types.ROUTER:
        return False
    with sessions.reader() as session:
        return central_router_documents.exists(session, job.resource_id)


def before_release(session: orm.Session, job: Job) -> None:
    """Have the routers of a port laid out: it may have been the last there."""
    for port in central_ports.read(session, [job.resource_id]).values():
        router_intents.record_on(session, port.network_id)


@sessions.retry
def again(conf: cfg.ConfigOpts, job: Job, router_id: str) -> None:
    """Have a router laid out that a piece still lacks something of.

    At once, the first times. Each plan makes a job of the piece anew; where
    that goes on failing, as when central and this process are of different
    versions and disagree on what a piece takes, it comes less and less often.

    :param job: of the piece
    """
    with sessions.writer() as session:
        tries = job_ends.unconfirmed(session, job) - _AT_ONCE
        router_intents.record(
            session,
            [router_id],
            delay=back_off.seconds(
                tries, conf.retry_interval, durations.PLAN_AGAIN_LONGEST
            )
            if tries >= 0
            else 0.0,
        )


class Arrivals:
    """Notices regions that are new: routers may be for them as well.

    :param are_swept: whether regions are swept from time to time
    """

    def __init__(self, are_swept: bool) -> None:
        self._are_swept = are_swept
        #: IDs of pods: a region that was lost may join again at once.
        self._known: set[str] | None = None
        #: Names of those that came at the last look.
        self.new: set[str] = set()

    @sessions.retry
    def look(self) -> set[str]:
        """Have all routers laid out if a region has come.

        When this process has just started, a region that has nothing yet, or
        that nobody has planned to sweep, may have come while nobody looked.

        :returns: the names of all regions
        """
        with sessions.writer() as session:
            pods = presence.serving(session)
            if self._known is None:
                new = self._came_meanwhile(session, pods)
            else:
                new = [one for one in pods if one.pod_id not in self._known]
            self.new = {one.region_name for one in new}
            if new:
                LOG.info('New regions: %s', ', '.join(sorted(self.new)))
                router_intents.record_all(session)
        self._known = {one.pod_id for one in pods}
        return {one.region_name for one in pods}

    def _came_meanwhile(
        self, session: orm.Session, pods: Iterable[presence.Pod]
    ) -> list[presence.Pod]:
        # Of a region that leaves, the journal forgets everything.
        planned = journal_sweep.planned(session) if self._are_swept else None
        return [
            one
            for one in pods
            if not presence.has_any(session, one.pod_id)
            or (planned is not None and one.region_name not in planned)
        ]
