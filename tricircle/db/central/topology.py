# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks and routers, and where each of them is.

Seven statements, whatever there is. Neutron's tables are read by name.
"""

from collections.abc import Iterable, Mapping, Sequence
import json
from typing import Any, cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central.job import entries
from tricircle.db.central.pod import contacts
from tricircle.db.central.pod import data_paths
from tricircle.plan.topology import Link
from tricircle.plan.topology import Place
from tricircle.plan.topology import Region
from tricircle.plan.topology import Resource
from tricircle.plan.topology import State
from tricircle.plan.topology import Topology
from tricircle.replica import kinds
from tricircle.replica import references
from tricircle.replica import types

_JOURNAL: Final = entries.JOURNAL
_CONTACTS: Final = contacts.CONTACTS
_PODS = cast(sa.Table, central_models.Pod.__table__)
_ROUTINGS = cast(sa.Table, central_models.ResourceRouting.__table__)
_PIECES = cast(sa.Table, central_models.RouterPiece.__table__)
_BRIDGES = cast(sa.Table, central_models.BridgeNetwork.__table__)


def _neutrons(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(one) for one in columns))


_NETWORKS: Final = _neutrons('networks', 'id', 'name', 'project_id')
_ROUTERS: Final = _neutrons('routers', 'id', 'name', 'project_id')
_SHARES: Final = _neutrons(
    'networkrbacs', 'object_id', 'target_project', 'action'
)
_ROUTER_PORTS: Final = _neutrons(
    'routerports', 'router_id', 'port_id', 'port_type'
)
_PORTS: Final = _neutrons('ports', 'id', 'network_id')
_TABLES: Final = {types.NETWORK: _NETWORKS, types.ROUTER: _ROUTERS}
#: Of entries of Neutron's that let another project see a network.
_SHOWN_AS: Final = ('access_as_shared', 'access_as_external')
_GATEWAY: Final = 'network:router_gateway'
#: Types of the ports of a router by which a network is on it.
_LINKING: Final = (
    _GATEWAY,
    'network:router_interface',
    'network:router_interface_distributed',
    'network:ha_router_replicated_interface',
)
#: Most places in one answer; 250 regions may be in each of 5,000 networks.
MOST_PLACES: Final = 10_000
_THERE: Final = sa.and_(entries.CONFIRMED, _JOURNAL.c.digest.is_not(None))
_STATE: Final = sa.case(
    (entries.ENDED, State.ENDED.value),
    (sa.and_(_THERE, _JOURNAL.c.omitted.is_not(None)), State.OMITTED.value),
    (_THERE, State.IN_SYNC.value),
    (
        sa.and_(
            entries.WAITS,
            _JOURNAL.c.reason.is_not(None),
            # Else nobody tries.
            _JOURNAL.c.paused_at.is_(None),
            _PODS.c.paused_at.is_(None),
        ),
        State.ERROR.value,
    ),
    (entries.WAITS, State.PENDING.value),
    else_=State.UNKNOWN.value,
)


def read(
    session: orm.Session,
    filters: Mapping[str, str],
    project_id: str | None,
    marker: str | None,
    limit: int,
    most_places: int = MOST_PLACES,
) -> Topology:
    """Return all regions but central's, and a page of resources.

    :param filters: ``type``, ``project_id``, ``search`` for an ID or a part
        of a name, ``region_name`` and ``state`` for where it is, and how
    :param project_id: who is to see them, None for who may see all. A project
        sees its own, and networks that are shared with it
    :param marker: ID after which to begin
    :param limit: most resources
    :param most_places: a page ends early rather than having more, unless
        that leaves no resource
    """
    regions = _regions(session, project_id)
    found: list[Resource] = []
    for kind in _TABLES:
        if filters.get('type', kind) == kind:
            found += _resources(
                session, kind, filters, project_id, marker, limit + 1
            )
    found.sort(key=lambda one: one.id)
    page, more = found[:limit], len(found) > limit
    places, complete = _places(session, page, most_places)
    if complete < len(page):
        page, more = page[:complete], True
    ids = {one.id for one in page}
    return Topology(
        regions=regions,
        resources=page,
        places=[one for one in places if one.resource_id in ids],
        links=_links(session, page, project_id),
        marker=page[-1].id if more else None,
    )


def _regions(session: orm.Session, project_id: str | None) -> list[Region]:
    rows = session.execute(
        sa.select(
            _PODS.c.pod_id,
            _PODS.c.region_name,
            _PODS.c.state,
            _PODS.c.paused_at,
            _PODS.c.pause_reason,
            *contacts.SHOWN,
            *data_paths.COLUMNS,
        )
        .select_from(
            data_paths.joined(_PODS, _PODS.c.region_name).outerjoin(
                _CONTACTS, _CONTACTS.c.region_name == _PODS.c.region_name
            )
        )
        .where(_PODS.c.az_name != '')
        .order_by(_PODS.c.region_name)
    ).all()
    counts = _waiting(session, [row.region_name for row in rows], project_id)
    return [
        Region(
            pod_id=row.pod_id,
            name=row.region_name,
            state=row.state,
            answers=row.answers,
            answers_since=row.answers_since,
            contact_failure=row.contact_failure,
            pending=counts.get(row.region_name, (0, 0))[0],
            failing=counts.get(row.region_name, (0, 0))[1],
            paused_at=row.paused_at,
            pause_reason=row.pause_reason,
            data_path=data_paths.read(row),
        )
        for row in rows
    ]


def _waiting(
    session: orm.Session, region_names: list[str], project_id: str | None
) -> dict[str, tuple[int, int]]:
    """Return pending and failing changes by region.

    Off the index of what is due, so that what is in sync is not read.
    """
    query = (
        sa.select(
            _JOURNAL.c.region_name,
            sa.func.count(),
            sa.func.count(_JOURNAL.c.reason),
        )
        .where(
            _JOURNAL.c.region_name.in_(region_names),
            entries.WAITS,
            _JOURNAL.c.resource_type.in_([one.type for one in kinds.KINDS]),
        )
        .group_by(_JOURNAL.c.region_name)
    )
    if project_id is not None:
        query = query.where(_JOURNAL.c.project_id == project_id)
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def _visible(kind: str, project_id: str) -> sa.ColumnElement[bool]:
    """Return the condition that a project may see a resource."""
    table = _TABLES[kind]
    # What belongs to nobody is not of a caller without a project.
    owned: sa.ColumnElement[bool] = (
        table.c.project_id == project_id if project_id else sa.false()
    )
    if kind != types.NETWORK:
        return owned
    shared = sa.select(_SHARES.c.object_id).where(
        _SHARES.c.target_project.in_([project_id, '*']),
        _SHARES.c.action.in_(_SHOWN_AS),
    )
    return sa.and_(
        sa.or_(owned, table.c.id.in_(shared)),
        # Where pieces of routers meet, Tricircle's own.
        table.c.id.not_in(sa.select(_BRIDGES.c.network_id)),
    )


def _resources(
    session: orm.Session,
    kind: str,
    filters: Mapping[str, str],
    project_id: str | None,
    marker: str | None,
    limit: int,
) -> list[Resource]:
    table = _TABLES[kind]
    columns: list[sa.ColumnElement[Any]] = [
        table.c.id,
        table.c.name,
        table.c.project_id,
    ]
    source: sa.FromClause = table
    if kind == types.NETWORK:
        columns.append(_BRIDGES.c.router_id.label('bridge_of'))
        source = table.outerjoin(_BRIDGES, _BRIDGES.c.network_id == table.c.id)
    query = sa.select(*columns).select_from(source)
    if project_id is not None:
        query = query.where(_visible(kind, project_id))
    if marker is not None:
        query = query.where(table.c.id > marker)
    if 'project_id' in filters:
        query = query.where(table.c.project_id == filters['project_id'])
    if 'search' in filters:
        query = query.where(_named(table, filters['search']))
    if filters.keys() & {'region_name', 'state'}:
        query = query.where(_is_so(kind, filters))
    return [
        Resource(
            type=kind,
            id=row.id,
            name=row.name or '',
            project_id=row.project_id or '',
            bridge_of=row.bridge_of if kind == types.NETWORK else None,
        )
        for row in session.execute(query.order_by(table.c.id).limit(limit))
    ]


def _named(table: sa.TableClause, text: str) -> sa.ColumnElement[bool]:
    if references.is_uuid(text):
        return table.c.id == text.lower()
    return table.c.name.contains(text, autoescape=True)


def _is_so(kind: str, filters: Mapping[str, str]) -> sa.ColumnElement[bool]:
    """Return the condition that a resource is somewhere, or somehow."""
    state = filters.get('state')
    recorded = state not in (None, State.UNKNOWN)
    owner, query = _select_places(kind, recorded)
    query = query.with_only_columns(owner)
    if 'region_name' in filters:
        query = query.where(_PODS.c.region_name == filters['region_name'])
    if state is not None:
        query = query.where(_STATE == state)
    if state in (State.ERROR, State.PENDING):
        # It follows, and has an index.
        query = query.where(entries.WAITS)
    return _TABLES[kind].c.id.in_(query)


def _select_places(
    kind: str, recorded: bool = False
) -> tuple[sa.ColumnElement[str], sa.Select[Any]]:
    """Return what selects places, and its column of the resource.

    :param recorded: only those of which the journal has something: what is
        looked for begins there, where little waits
    """
    table, owner, replica = (
        # Whose pieces have IDs of their own.
        (_PIECES, _PIECES.c.router_id, _PIECES.c.piece_id)
        if kind == types.ROUTER
        else (_ROUTINGS, _ROUTINGS.c.top_id, _ROUTINGS.c.top_id)
    )
    query = sa.select(
        owner.label('resource_id'),
        replica.label('replica_id'),
        _PODS.c.pod_id,
        _STATE.label('place_state'),
        _JOURNAL.c.reason,
        _JOURNAL.c.omitted,
    ).select_from(
        table.join(_PODS, _PODS.c.pod_id == table.c.pod_id).join(
            _JOURNAL,
            sa.and_(
                _JOURNAL.c.region_name == _PODS.c.region_name,
                _JOURNAL.c.resource_type == kind,
                _JOURNAL.c.resource_id == replica,
            ),
            isouter=not recorded,
        )
    )
    if kind != types.ROUTER:
        query = query.where(_ROUTINGS.c.resource_type == kind)
    return owner, query


def _places(
    session: orm.Session, page: Sequence[Resource], most: int
) -> tuple[list[Place], int]:
    """Return places, and of how many resources these are all."""
    found: list[Place] = []
    complete = len(page)
    positions = {one.id: number for number, one in enumerate(page)}
    for kind in _TABLES:
        owner, query = _select_places(kind)
        rows = session.execute(
            query.where(owner.in_(_ids(page, kind)))
            .order_by(owner, _PODS.c.region_name)
            .limit(most + 1)
        ).all()
        found += [
            Place(
                resource_id=row.resource_id,
                replica_id=row.replica_id,
                pod_id=row.pod_id,
                state=State(row.place_state),
                reason=row.reason,
                omitted=tuple(json.loads(row.omitted)) if row.omitted else (),
            )
            for row in rows
        ]
        if len(rows) > most:
            # Those of the last one may go on.
            complete = min(complete, positions[rows[-1].resource_id])
    found.sort(key=lambda one: positions[one.resource_id])
    if len(found) > most:
        complete = min(complete, positions[found[most].resource_id])
    return found, max(complete, 1) if page else 0


def _ids(page: Iterable[Resource], kind: str) -> list[str]:
    return [one.id for one in page if one.type == kind]


def _links(
    session: orm.Session, page: Sequence[Resource], project_id: str | None
) -> list[Link]:
    query = (
        sa.select(
            _ROUTER_PORTS.c.router_id,
            _PORTS.c.network_id,
            _ROUTER_PORTS.c.port_type,
        )
        .select_from(
            _ROUTER_PORTS.join(
                _PORTS, _PORTS.c.id == _ROUTER_PORTS.c.port_id
            ).join(_NETWORKS, _NETWORKS.c.id == _PORTS.c.network_id)
        )
        .where(
            _ROUTER_PORTS.c.router_id.in_(_ids(page, types.ROUTER)),
            _ROUTER_PORTS.c.port_type.in_(_LINKING),
        )
        .distinct()
    )
    if project_id is not None:
        query = query.where(_visible(types.NETWORK, project_id))
    return sorted(
        {
            Link(row.router_id, row.network_id, row.port_type == _GATEWAY)
            for row in session.execute(query)
        }
    )
