# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region should have, from central's journal and database."""

from collections.abc import Iterable
import dataclasses
from typing import Any

from oslo_db import exception as db_exc
from oslo_log import log as logging
from sqlalchemy import orm

from tricircle.db import session as sessions
from tricircle.db.central import documents as central_state
from tricircle.db.central import sources
from tricircle.db.central.router import documents as central_router_documents
from tricircle.journal import intent
from tricircle.journal import sweep as journal_sweep
from tricircle.plan import sweep as sweep_plan
from tricircle.replica.document import Document

LOG = logging.getLogger(__name__)


@sessions.retry
def page(
    region_name: str, resource_type: str, marker: str | None, limit: int
) -> list[sweep_plan.Wanted]:
    """Return the next replicas that central knows of in a region, by ID.

    :param marker: the ID after which to begin, None for the first
    """
    with sessions.reader() as session:
        entries = journal_sweep.page(
            session, region_name, resource_type, marker, limit
        )
        return _wanted(session, region_name, resource_type, entries)


@sessions.retry
def of(
    region_name: str, resource_type: str, resource_id: str
) -> list[sweep_plan.Wanted]:
    """Return one replica, if central knows of it in a region."""
    with sessions.reader() as session:
        entries = journal_sweep.of(
            session, region_name, resource_type, resource_id
        )
        return _wanted(session, region_name, resource_type, entries)


@sessions.retry
def document(
    region_name: str, resource_type: str, resource_id: str
) -> Document | None:
    """Return what a region would be sent of a resource now.

    :returns: None when central has it not (any more), or cannot tell yet
    """
    with sessions.reader() as session:
        return _documents(
            session, resource_type, [resource_id], region_name
        ).get(resource_id)


def _wanted(
    session: orm.Session,
    region_name: str,
    resource_type: str,
    entries: list[journal_sweep.Entry],
) -> list[sweep_plan.Wanted]:
    found = _documents(
        session,
        resource_type,
        [one.resource_id for one in entries if not one.in_flight],
        region_name,
    )

    def expected(resource_id: str) -> sweep_plan.Wanted:
        there = found.get(resource_id)
        if there is None:
            return sweep_plan.Wanted(resource_id, None)
        return sweep_plan.Wanted(
            resource_id, there.digest, told=there.told.get('revision', 0)
        )

    return [
        dataclasses.replace(
            expected(one.resource_id),
            in_flight=one.in_flight,
            partial=one.partial,
            ended=one.ended,
        )
        for one in entries
    ]


def _documents(
    session: Any, resource_type: str, ids: Iterable[str], region_name: str
) -> dict[str, Document]:
    """Return the documents that can be made now, by ID."""
    wanted = list(ids)
    try:
        return central_state.documents(
            session, resource_type, wanted, region_name, intent.generations
        )
    except (
        sources.MissingReservation,
        central_router_documents.MissingLeg,
    ):
        if len(wanted) == 1:
            # Its job will have central reserve what is missing.
            return {}
    except db_exc.DBError:
        raise
    except Exception:
        if len(wanted) == 1:
            # Its job will fail of it, and say so.
            LOG.exception('%s %s cannot be planned', resource_type, wanted[0])
            return {}
    each: dict[str, Document] = {}
    for one in wanted:
        each.update(_documents(session, resource_type, [one], region_name))
    return each
