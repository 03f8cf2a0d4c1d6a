# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Pieces of routers, as rows: which region has which."""

from collections.abc import Iterable
import dataclasses
from typing import cast

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import presence
from tricircle.db.central.held import ports as held_ports
from tricircle.plan import state
from tricircle.plan.router import pieces as router_pieces
from tricircle.replica import types

_PIECES = cast(sa.Table, central_models.RouterPiece.__table__)
_ROUTINGS = cast(sa.Table, central_models.ResourceRouting.__table__)


@dataclasses.dataclass(frozen=True, order=True)
class Placed:
    """A piece of a router in a region.

    :ivar router_id: the central router
    :ivar project_id: the project of that
    """

    piece_id: str
    pod_id: str
    router_id: str
    project_id: str


def insert_absent(session: orm.Session, pieces: Iterable[Placed]) -> None:
    """Make pieces present in their regions, if they are not yet.

    One look when all of them are. A piece without presence gets that too:
    nobody would tell the region of later changes otherwise.
    """
    wanted = sorted(set(pieces))
    known = _known(session, wanted)
    for one in wanted:
        key = (one.piece_id, one.pod_id)
        if known.get(key):
            continue
        if key not in known:
            session.execute(
                sa.insert(_PIECES).values(
                    piece_id=one.piece_id,
                    pod_id=one.pod_id,
                    router_id=one.router_id,
                    status='',
                    revision=0,
                )
            )
        presence.insert_absent(
            session, one.pod_id, types.ROUTER, {one.piece_id: one.project_id}
        )


def _known(
    session: orm.Session, pieces: list[Placed]
) -> dict[tuple[str, str], bool]:
    """Tell by ID and pod of those that are there whether they are present."""
    if not pieces:
        return {}
    rows = session.execute(
        sa.select(
            _PIECES.c.piece_id,
            _PIECES.c.pod_id,
            _ROUTINGS.c.id.is_not(None).label('present'),
        )
        .select_from(
            _PIECES.outerjoin(
                _ROUTINGS,
                sa.and_(
                    _ROUTINGS.c.top_id == _PIECES.c.piece_id,
                    _ROUTINGS.c.pod_id == _PIECES.c.pod_id,
                    _ROUTINGS.c.resource_type == types.ROUTER,
                ),
            )
        )
        .where(
            _PIECES.c.piece_id.in_(sorted({one.piece_id for one in pieces}))
        )
    )
    return {(row.piece_id, row.pod_id): bool(row.present) for row in rows}


def of_router(session: orm.Session, router_id: str) -> set[tuple[str, str]]:
    """Return (ID, region) of the pieces of a router."""
    piece, pod = central_models.RouterPiece, central_models.Pod
    rows = session.execute(
        sa.select(piece.piece_id, pod.region_name)
        .join(pod, pod.pod_id == piece.pod_id)
        .where(piece.router_id == router_id)
    )
    return {(row.piece_id, row.region_name) for row in rows}


def held_for(session: orm.Session, router_id: str) -> list[state.Held]:
    """Return what is held for a router, whatever became of it."""
    return held_ports.noted(
        session,
        central_models.ReservedPort.router_id.in_(
            [router_id, router_pieces.north_south_id(router_id)]
        ),
    )
