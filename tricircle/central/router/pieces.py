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

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import held_ports
from tricircle.db.central import models as central_models
from tricircle.plan import router as router_plan
from tricircle.plan import state


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
            [router_id, router_plan.north_south_id(router_id)]
        ),
    )
