# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Which pieces of a router regions have, or are getting or losing."""

import dataclasses

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.plan import router as router_plan


@dataclasses.dataclass(frozen=True)
class HeldPort:
    """A port that is held for a piece.

    :ivar router_id: ID of the piece
    """

    port_id: str
    router_id: str
    network_id: str
    pod_id: str
    kind: str


def of_router(session: orm.Session, router_id: str) -> set[tuple[str, str]]:
    """Return (ID, region) of the pieces of a router."""
    piece, pod = central_models.RouterPiece, central_models.Pod
    rows = session.execute(
        sa.select(piece.piece_id, pod.region_name)
        .join(pod, pod.pod_id == piece.pod_id)
        .where(piece.router_id == router_id)
    )
    return {(row.piece_id, row.region_name) for row in rows}


def held_for(session: orm.Session, router_id: str) -> list[HeldPort]:
    """Return what is held for a router, whatever became of it."""
    held = central_models.ReservedPort
    rows = session.execute(
        sa.select(
            held.port_id,
            held.router_id,
            held.network_id,
            held.pod_id,
            held.kind,
        ).where(
            held.router_id.in_(
                [router_id, router_plan.north_south_id(router_id)]
            )
        )
    )
    return [
        HeldPort(
            row.port_id,
            row.router_id or '',
            row.network_id,
            row.pod_id,
            row.kind,
        )
        for row in rows
    ]
