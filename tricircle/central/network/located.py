# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Where networks and routers may be, as far as the one or the other counts.

Read row by row, for a request that has to be refused or not.
"""

import dataclasses

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.engine import availability_zones
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence
from tricircle.plan import scope
from tricircle.replica import types


@dataclasses.dataclass(frozen=True)
class Network:
    """A network, as far as its location counts.

    :ivar hints: names of regions and zones; for one that lives in one
        region and has settled there, the name of that region
    :ivar unsettled: it lives in one region, and nobody knows which yet
    """

    id: str
    hints: tuple[str, ...]
    unsettled: bool = False

    def regions(self, known: list[scope.Region]) -> frozenset[str]:
        """Return the regions that it brings a router to.

        None, when any may become its only one.
        """
        if self.unsettled:
            return frozenset()
        return scope.regions_of(self.hints, known)


def find(session: orm.Session, network_id: str) -> Network | None:
    """Read a network; None when there is none."""
    net, segment = tables.networks, tables.segments
    row = session.execute(
        sa.select(net.c.availability_zone_hints, segment.c.network_type)
        .select_from(
            net.outerjoin(
                segment,
                sa.and_(
                    segment.c.network_id == net.c.id,
                    segment.c.segment_index == 0,
                ),
            )
        )
        .where(net.c.id == network_id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    hints = availability_zones.parse(row.availability_zone_hints)
    settled = []
    if row.network_type == scope.TYPE_LOCAL:
        settled = presence.regions_of(session, types.NETWORK, network_id)
    return Network(
        network_id,
        tuple(settled or hints),
        unsettled=row.network_type == scope.TYPE_LOCAL
        and not settled
        and not hints,
    )


def router_hints(session: orm.Session, router_id: str) -> list[str]:
    """Return the hints of a router."""
    extra = tables.router_attributes
    return availability_zones.parse(
        session.scalar(
            sa.select(extra.c.availability_zone_hints).where(
                extra.c.router_id == router_id
            )
        )
    )
