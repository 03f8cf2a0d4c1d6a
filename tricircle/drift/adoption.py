# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region has, and central has lost the rows of.

A table that was lost or restored leaves replicas that nobody tells of
later changes. They become present again, and get an intent.
"""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import documents as central_state
from tricircle.db.central import neutron_tables
from tricircle.db.central import presence
from tricircle.db.central.port import trunks
from tricircle.db.central.router import documents as central_router_documents
from tricircle.journal import group_members
from tricircle.journal import router_intents
from tricircle.journal import sweep as journal_sweep
from tricircle.plan import scope
from tricircle.replica import types


def adopt(
    session: orm.Session,
    region_name: str,
    resource_type: str,
    counters: Mapping[str, int],
) -> None:
    """Handle replicas of a region as any other from now on.

    What central has no more is not present anywhere: the intent removes
    it. What only one region may have, and another has, does not become
    present here either: see
    :func:`tricircle.db.central.presence.held_elsewhere`.

    :param counters: by ID of the resource, the counter that the region
        applied
    """
    for pod in presence.pods(session):
        if pod.region_name == region_name:
            _make_present(session, pod, resource_type, list(counters))
    journal_sweep.adopt(session, region_name, resource_type, counters)


def _make_present(
    session: orm.Session, pod: presence.Pod, resource_type: str, ids: list[str]
) -> None:
    match resource_type:
        case types.NETWORK:
            _networks(session, pod, ids)
        case types.PORT:
            _ports(session, pod, ids)
        case types.TRUNK:
            presence.insert_absent(
                session,
                pod.pod_id,
                types.TRUNK,
                trunks.located(session, ids, pod.region_name),
            )
        case types.ROUTER:
            router_intents.adopt_pieces(
                session,
                pod.pod_id,
                central_router_documents.routers_of(session, ids),
            )
        case _:
            presence.insert_absent(
                session,
                pod.pod_id,
                resource_type,
                central_state.projects(session, resource_type, ids),
            )


def _networks(session: orm.Session, pod: presence.Pod, ids: list[str]) -> None:
    table, segments = neutron_tables.networks, neutron_tables.segments
    local = set(
        session.scalars(
            sa.select(segments.c.network_id).where(
                segments.c.network_id.in_(ids),
                segments.c.network_type == scope.TYPE_LOCAL,
            )
        )
    )
    rows = session.execute(
        sa.select(table.c.id, table.c.project_id).where(table.c.id.in_(ids))
    ).all()
    for exclusive in (False, True):
        presence.insert_absent(
            session,
            pod.pod_id,
            types.NETWORK,
            {
                row.id: row.project_id or ''
                for row in rows
                if (row.id in local) is exclusive
            },
            exclusive,
        )


def _ports(session: orm.Session, pod: presence.Pod, ids: list[str]) -> None:
    table = neutron_tables.ports
    rows = session.execute(
        sa.select(
            table.c.id,
            table.c.project_id,
            table.c.network_id,
            table.c.device_id,
        ).where(table.c.id.in_(ids))
    )
    placed = []
    for row in rows.all():
        if presence.held_elsewhere(session, row.id, pod.region_name) is None:
            presence.place_again(
                session,
                pod.pod_id,
                row.id,
                row.network_id,
                row.project_id or '',
                row.device_id,
            )
            placed.append(row.id)
    if placed:
        group_members.moved(session, placed, pod.region_name)
