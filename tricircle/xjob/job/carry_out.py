# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Carry out one job: plan from the database, one call to the region."""

from typing import Any

from oslo_config import cfg
from oslo_log import log as logging

from tricircle.client import region as region_client
from tricircle.conf import fault_point
from tricircle.db import session as sessions
from tricircle.db.central import documents as central_state
from tricircle.db.central import presence
from tricircle.db.central import sources
from tricircle.db.central.models import PodState
from tricircle.db.central.pod import departures
from tricircle.db.central.port import reads as central_ports
from tricircle.db.central.port import releases as port_releases
from tricircle.db.central.port import trunks
from tricircle.db.central.router import documents as central_router_documents
from tricircle.journal import group_members
from tricircle.journal import intent
from tricircle.journal import job_ends
from tricircle.journal import router_intents
from tricircle.journal.job import Job
from tricircle.replica import references
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.xjob import asking_central
from tricircle.xjob.job import along
from tricircle.xjob.job import own_networks
from tricircle.xjob.job import reached
from tricircle.xjob.job import router_plans

LOG = logging.getLogger(__name__)


class NotReserved(Exception):
    """Central has yet to reserve addresses, and did not when asked.

    :ivar delay: seconds before which it is not asked again
    """

    def __init__(self, reason: str, delay: float = 0.0) -> None:
        super().__init__(reason)
        self.delay = delay


def carry_out(
    conf: cfg.ConfigOpts, client: region_client.RegionClient, job: Job
) -> str:
    """Make the region have what is wanted now; return what was done.

    :raises region_client.RegionError: the region did not do it
    :raises NotReserved: central could not reserve what it takes
    """
    if not references.is_resource_id(job.resource_type, job.resource_id):
        return _end(job, f'{job.resource_id!r} is no {job.resource_type}')
    state, forced = _state(job)
    if state is PodState.LOST:
        return _end(job, f'{job.region_name} is lost')
    if job.resource_type == types.ADOPTION:
        return own_networks.carry_out(client, job)
    leaves = state is PodState.DRAINING
    if job.resource_type == types.PORT and (
        # Central keeps it; what is used there is not taken away.
        not forced and _is_kept(job) if leaves else _release_wanted(job)
    ):
        return _release(client, job)
    # A region that leaves is to have nothing.
    document = None if leaves else _plan(conf, job)
    fault_point.reach('xjob.planned')
    if document is None:
        return _remove(client, job)
    applied = client.put(document)
    fault_point.reach('xjob.sent')
    job_ends.finish(
        job,
        applied['digest'],
        reached.omitted(job, document, applied),
        router_plans.after_push(job, document, applied),
    )
    fault_point.reach('xjob.finished')
    return 'applied'


def send(
    client: region_client.RegionClient, job: Job, document: Document
) -> job_ends.End:
    """Make the region have what was read for a job; return what is to note.

    :param document: of :mod:`tricircle.xjob.together`
    :raises region_client.RegionError: the region did not do it
    """
    fault_point.reach('xjob.planned')
    applied = client.put(document)
    fault_point.reach('xjob.sent')
    return job_ends.End(
        job, applied['digest'], reached.omitted(job, document, applied)
    )


def _end(job: Job, reason: str) -> str:
    """End a job that there is nothing to be done for, and never will be."""
    LOG.warning('Job %s is ended: %s', job.id, reason)
    job_ends.remove(job, lambda session: None)
    return f'ended ({reason})'


@sessions.retry
def _state(job: Job) -> tuple[PodState | None, bool]:
    """Return how a job's region is served, and whether it must leave."""
    with sessions.reader() as session:
        return departures.state_of(session, job.region_name)


@sessions.retry
def _is_kept(job: Job) -> bool:
    """Tell whether central has a port, whatever becomes of the region."""
    with sessions.reader() as session:
        return bool(central_ports.read(session, [job.resource_id]))


@sessions.retry
def _release_wanted(job: Job) -> bool:
    with sessions.reader() as session:
        if port_releases.is_wanted(session, job.resource_id, job.region_name):
            return True
        holder = presence.held_elsewhere(
            session, job.resource_id, job.region_name
        )
    if holder is not None:
        LOG.warning(
            'port %s is in %s; the copy in %s is to be given up',
            job.resource_id,
            holder,
            job.region_name,
        )
    return holder is not None


def _release(client: region_client.RegionClient, job: Job) -> str:
    try:
        client.delete(
            job.resource_type, job.resource_id, job.generation, release=True
        )
    except region_client.ReplicaRefused as exc:
        if exc.status != 409:
            raise
        # In use there (again): its report calls the release off.
        LOG.info('%s keeps port %s: %s', job.region_name, job.resource_id, exc)
        raise
    fault_point.reach('xjob.sent')

    def free(session: Any) -> None:
        # Not if the region took the port up again: whatever calls a release
        # off records an intent, and then the entry stays.
        router_plans.before_release(session, job)
        if port_releases.finish(session, job.resource_id, job.region_name):
            group_members.moved(session, [job.resource_id], job.region_name)

    job_ends.remove(job, free)
    fault_point.reach('xjob.finished')
    return 'released'


@sessions.retry
def _is_unheard_of(job: Job) -> bool:
    """Tell whether central never had what a region has, or forgot it.

    What central deletes is present until the region has followed. This was
    found there: central, or the region, may have been restored. So it is
    taken away only if nothing uses it.
    """
    with sessions.reader() as session:
        return not presence.present_in_region(
            session, job.resource_type, [job.resource_id], job.region_name
        )


@sessions.retry
def _moves(job: Job) -> bool:
    """Tell whether a trunk leaves a region with its ports, and goes on."""
    if job.resource_type != types.TRUNK:
        return False
    with sessions.reader() as session:
        return trunks.get(session, job.resource_id) is not None


def _remove(client: region_client.RegionClient, job: Job) -> str:
    client.delete(
        job.resource_type,
        job.resource_id,
        job.generation,
        release=_is_unheard_of(job) or _moves(job),
    )
    fault_point.reach('xjob.sent')

    def revoke(session: Any) -> None:
        presence.revoke(
            session, job.resource_type, job.resource_id, job.region_name
        )
        if job.resource_type == types.NETWORK:
            # They went with the network.
            intent.forget_chunks(session, job.resource_id, job.region_name)
        elif job.resource_type == types.ROUTER:
            router_intents.remove_piece(
                session, job.resource_id, job.region_name
            )

    job_ends.remove(job, revoke, may_return=router_plans.may_return(job))
    fault_point.reach('xjob.finished')
    return 'removed'


def _plan(conf: cfg.ConfigOpts, job: Job) -> Document | None:
    document: Document | None
    try:
        document = _read(job)
        return document
    except sources.MissingReservation as missing:
        _reserve(conf, missing)
    except central_router_documents.MissingLeg as missing:
        router_plans.again(conf, job, missing.router_id)
        raise NotReserved(str(missing)) from missing
    try:
        document = _read(job)
        return document
    except sources.MissingReservation as missing:
        raise NotReserved(str(missing)) from missing
    except central_router_documents.MissingLeg as missing:
        router_plans.again(conf, job, missing.router_id)
        raise NotReserved(str(missing)) from missing


@sessions.retry
def _read(job: Job) -> Document | None:
    with sessions.reader() as session:
        document = central_state.document(
            session,
            job.resource_type,
            job.resource_id,
            job.region_name,
            intent.generations,
        )
    if document is not None:
        along.note([document])
    return document


def _reserve(
    conf: cfg.ConfigOpts, missing: sources.MissingReservation
) -> None:
    """Have central reserve what the region needs; only central can."""
    try:
        asking_central.reserve(
            conf,
            missing.resource_type,
            missing.resource_id,
            missing.region_name,
        )
    except asking_central.NotNow as exc:
        raise NotReserved(f'{missing}: {exc}', exc.delay) from exc
    except asking_central.CentralNotNamed as exc:
        raise NotReserved(f'{missing}, and {exc}') from exc
    except region_client.RegionUnreachable as exc:
        raise NotReserved(
            f'{missing}, and central does not answer: {exc}'
        ) from exc
    except region_client.RegionError as exc:
        raise NotReserved(
            f'{missing}, and central refused: {exc}',
            exc.retry_after
            if isinstance(exc, region_client.CentralBusy)
            else 0.0,
        ) from exc
