# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Trunks, read from central's database: which ports go together, and where."""

from collections.abc import Iterable, Mapping
import dataclasses
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import rows as central_rows
from tricircle.db.central import sources
from tricircle.db.central.port import documents as port_documents
from tricircle.replica import types
from tricircle.replica.body import bodies
from tricircle.replica.document import Document

_LOCATIONS = cast(sa.Table, central_models.PortLocation.__table__)
_PODS = cast(sa.Table, central_models.Pod.__table__)


@dataclasses.dataclass(frozen=True)
class Trunk:
    """A trunk, and the ports that are where it is.

    :ivar parent_id: ID of the port that instances have
    :ivar carried: IDs of the ports that it carries, in order
    """

    id: str
    project_id: str
    parent_id: str
    carried: tuple[str, ...]

    @property
    def port_ids(self) -> tuple[str, ...]:
        """All of its ports, the parent first."""
        return self.parent_id, *self.carried


def of_port(session: orm.Session, port_id: str) -> Trunk | None:
    """Return the trunk that has a port, as parent or carried; or None."""
    trunks, sub_ports = tables.trunks.c, tables.sub_ports.c
    trunk_id = session.scalar(
        sa.union_all(
            sa.select(trunks.id).where(trunks.port_id == port_id),
            sa.select(sub_ports.trunk_id).where(sub_ports.port_id == port_id),
        )
    )
    return None if trunk_id is None else get(session, trunk_id)


def get(session: orm.Session, trunk_id: str) -> Trunk | None:
    """Return a trunk, None when central has it not."""
    trunks, sub_ports = tables.trunks.c, tables.sub_ports.c
    row = session.execute(
        sa.select(trunks.id, trunks.project_id, trunks.port_id).where(
            trunks.id == trunk_id
        )
    ).one_or_none()
    if row is None:
        return None
    carried = session.scalars(
        sa.select(sub_ports.port_id)
        .where(sub_ports.trunk_id == trunk_id)
        .order_by(sub_ports.port_id)
    )
    return Trunk(row.id, row.project_id or '', row.port_id, tuple(carried))


def is_in(region_name: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions that a located port is in a region to stay.

    For a query on locations and pods.
    """
    return (
        _PODS.c.pod_id == _LOCATIONS.c.pod_id,
        _PODS.c.region_name == region_name,
        _LOCATIONS.c.release == sa.false(),
        _LOCATIONS.c.piece_id.is_(None),
    )


def ports_in(
    session: orm.Session, port_ids: Iterable[str], region_name: str
) -> set[str]:
    """Return which ports are in a region, and not about to leave it."""
    wanted = sorted(set(port_ids))
    if not wanted:
        return set()
    return set(
        session.scalars(
            sa.select(_LOCATIONS.c.port_id).where(
                _LOCATIONS.c.port_id.in_(wanted), *is_in(region_name)
            )
        )
    )


def located(
    session: orm.Session, trunk_ids: Iterable[str], region_name: str
) -> dict[str, str]:
    """Return the projects of those trunks whose place is in a region."""
    rows = session.execute(
        sa.select(tables.trunks.c.id, tables.trunks.c.project_id).where(
            tables.trunks.c.id.in_(sorted(set(trunk_ids))),
            _LOCATIONS.c.port_id == tables.trunks.c.port_id,
            *is_in(region_name),
        )
    )
    return {row.id: row.project_id or '' for row in rows}


def _rows(session: orm.Session, ids: Iterable[str]) -> list[Any]:
    attributes = tables.standard_attributes
    return list(
        session.execute(
            sa.select(
                tables.trunks.c.id,
                tables.trunks.c.project_id,
                tables.trunks.c.name,
                tables.trunks.c.admin_state_up,
                tables.trunks.c.port_id,
                tables.trunks.c.standard_attr_id,
                attributes.c.description,
            )
            .join(
                attributes,
                attributes.c.id == tables.trunks.c.standard_attr_id,
            )
            .where(tables.trunks.c.id.in_(list(ids)))
        )
    )


def _sub_port(row: Any) -> bodies.SubPort:
    return bodies.SubPort(
        port_id=row.port_id,
        segmentation_type=row.segmentation_type,
        segmentation_id=row.segmentation_id,
    )


def documents(
    session: orm.Session,
    ids: list[str],
    region_name: str,
    generations: sources.Generations,
) -> dict[str, Document]:
    """Return documents of trunks, with their ports and what those require.

    A trunk is where its parent is: of others there is none.

    :raises MissingPorts: when what one carries is not in the region
    """
    here = located(session, ids, region_name)
    if not here:
        return {}
    ages = generations(
        session, [(types.TRUNK, one) for one in here], region_name
    )
    found = _rows(session, here)
    carried = central_rows.of(
        session,
        tables.sub_ports.c.trunk_id,
        here,
        _sub_port,
        tables.sub_ports.c.port_id,
    )
    tags = central_rows.tags(session, [row.standard_attr_id for row in found])
    _check_carried(session, carried, region_name)
    ports = port_documents.documents(
        session,
        sorted(
            {row.port_id for row in found}
            | {one['port_id'] for each in carried.values() for one in each}
        ),
        region_name,
        generations,
    )
    return {
        row.id: Document(
            type=types.TRUNK,
            id=row.id,
            region=region_name,
            generation=ages[types.TRUNK, row.id],
            body=dict(
                bodies.TrunkBody(
                    trunk=bodies.Trunk(
                        id=row.id,
                        project_id=row.project_id or '',
                        name=row.name or '',
                        description=row.description or '',
                        admin_state_up=bool(row.admin_state_up),
                        port_id=row.port_id,
                        sub_ports=list(carried[row.id]),
                        tags=sorted(tags[row.standard_attr_id]),
                    )
                )
            ),
            requires=sources.flat(
                ports[one]
                for one in (
                    row.port_id,
                    *(each['port_id'] for each in carried[row.id]),
                )
                if one in ports
            ),
        )
        for row in found
    }


def _check_carried(
    session: orm.Session,
    carried: Mapping[str, tuple[bodies.SubPort, ...]],
    region_name: str,
) -> None:
    wanted = {one['port_id'] for each in carried.values() for one in each}
    missing = wanted - ports_in(session, wanted, region_name)
    for trunk_id, each in carried.items():
        if any(one['port_id'] in missing for one in each):
            raise sources.MissingPorts(trunk_id, region_name)


def along(
    session: orm.Session,
    ports: Mapping[str, Document],
    region_name: str,
    generations: sources.Generations,
) -> dict[str, Document]:
    """Return the documents of the trunks of ports, by the parent's ID.

    Without what the port's own document has already.
    """
    parents = {
        row.id: row.port_id
        for row in session.execute(
            sa.select(tables.trunks.c.id, tables.trunks.c.port_id).where(
                tables.trunks.c.port_id.in_(sorted(ports))
            )
        )
    }
    if not parents:
        return {}
    made = documents(session, list(parents), region_name, generations)
    return {
        parents[key]: _without(one, ports[parents[key]])
        for key, one in made.items()
    }


def _without(trunk: Document, port: Document) -> Document:
    """Return a document that does not require what another has."""
    had = {(one.type, one.id) for one in port.flattened()}
    return dataclasses.replace(
        trunk,
        requires=tuple(
            one for one in trunk.requires if (one.type, one.id) not in had
        ),
    )
