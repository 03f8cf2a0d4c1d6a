# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Read what a region is to have for many jobs in one go.

That takes as many statements as for one. Only what most jobs are is read
here: whatever is otherwise, or cannot be read, its job finds out by itself.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from oslo_db import exception as db_exc
from oslo_log import log as logging
from sqlalchemy import orm

from tricircle.db import session as sessions
from tricircle.db.central import documents as central_state
from tricircle.db.central import presence
from tricircle.db.central.models import PodState
from tricircle.db.central.pod import departures
from tricircle.db.central.port import releases as port_releases
from tricircle.journal import intent
from tricircle.journal.job import Job
from tricircle.replica import references
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.xjob.job import along

LOG = logging.getLogger(__name__)

#: What is read so. A router is much by itself, and may have to wait for
#: more; so may a trunk. What is adopted is no document.
_TYPES: Final = frozenset(
    {
        types.ADDRESS_GROUP,
        types.ADDRESS_SCOPE,
        types.GROUP_MEMBERS,
        types.NETWORK,
        types.PORT,
        types.QOS_POLICY,
        types.SECURITY_GROUP,
        types.SHADOW_PORTS,
        types.SUBNET_POOL,
    }
)


def documents(region_name: str, jobs: Iterable[Job]) -> dict[str, Document]:
    """Return the documents of jobs of one region, by the jobs' IDs.

    :returns: without those jobs for which there is more to do
    """
    by_type: dict[str, dict[str, str]] = {}
    for job in jobs:
        if job.resource_type in _TYPES and references.is_resource_id(
            job.resource_type, job.resource_id
        ):
            by_type.setdefault(job.resource_type, {})[job.resource_id] = job.id
    return {
        job_ids[resource_id]: document
        for resource_type, job_ids in by_type.items()
        # One by itself its job reads, beside others.
        if len(job_ids) > 1
        for resource_id, document in _documents(
            region_name, resource_type, sorted(job_ids)
        ).items()
    }


def _documents(
    region_name: str, resource_type: str, ids: Sequence[str]
) -> dict[str, Document]:
    """Return documents, by ID; one that cannot be made holds up no other."""
    try:
        found: dict[str, Document] = _read(region_name, resource_type, ids)
        along.note(found.values())
    except db_exc.DBError as exc:
        # It is not the resource's fault.
        LOG.info('Jobs of %s are read one by one: %s', region_name, exc)
        return {}
    except Exception:
        if len(ids) == 1:
            # Its job says why.
            return {}
        middle = len(ids) // 2
        return {
            key: document
            for half in (ids[:middle], ids[middle:])
            for key, document in _documents(
                region_name, resource_type, half
            ).items()
        }
    return found


@sessions.retry
def _read(
    region_name: str, resource_type: str, ids: Sequence[str]
) -> dict[str, Document]:
    with sessions.reader() as session:
        state, _forced = departures.state_of(session, region_name)
        if state is not PodState.ACTIVE:
            return {}
        wanted = (
            _placed(session, region_name, ids)
            if resource_type == types.PORT
            else ids
        )
        return central_state.documents(
            session, resource_type, wanted, region_name, intent.generations
        )


def _placed(
    session: orm.Session, region_name: str, port_ids: Iterable[str]
) -> set[str]:
    """Return the ports that are in a region, and are to stay there."""
    present = presence.present_in_region(
        session, types.PORT, port_ids, region_name
    )
    return present - port_releases.wanted(session, present, region_name)
