# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What central has, and may give out, of what a region has of its own."""

from collections.abc import Collection, Iterable, Sequence
import json
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import presence
from tricircle.plan import clashes
from tricircle.plan import scope
from tricircle.plan.state import Segment

# Neutron's tables by name: the Admin API does not load Neutron for them.
_NETWORKS: Final = sa.table(
    'networks', sa.column('id'), sa.column('availability_zone_hints')
)
_SEGMENTS: Final = sa.table(
    'networksegments',
    sa.column('network_id'),
    sa.column('network_type'),
    sa.column('physical_network'),
    sa.column('segmentation_id'),
    sa.column('is_dynamic'),
)
_VLANS: Final = sa.table(
    'ml2_vlan_allocations',
    sa.column('physical_network'),
    sa.column('vlan_id'),
    sa.column('allocated'),
)
_VNIS: Final = sa.table(
    'ml2_vxlan_allocations', sa.column('vxlan_vni'), sa.column('allocated')
)


def find(
    session: orm.Session,
    region_name: str,
    own: Sequence[clashes.OwnNetwork],
) -> list[clashes.Clash]:
    """Return what networks of a region have in common with central's.

    :param region_name: of a region that has joined, or is about to: any
        network of central may come to one that is not known
    :param own: networks that are not central's
    """
    segments = {one for network in own for one in network.segments}
    return clashes.find(
        own,
        clashes.Central(
            _known(session, [one.id for one in own]),
            _used(session, region_name, segments),
            _vlans(session, segments) | _vnis(session, segments),
        ),
    )


def _known(session: orm.Session, ids: Collection[str]) -> frozenset[str]:
    return frozenset(
        session.scalars(
            sa.select(_NETWORKS.c.id).where(_NETWORKS.c.id.in_(ids))
        )
    )


def _used(
    session: orm.Session, region_name: str, segments: Collection[Segment]
) -> dict[Segment, tuple[str, ...]]:
    table = _SEGMENTS
    physical = {one.physical_network for one in segments}
    # With a physical network, and without one: NULL is in no list.
    rows = session.execute(
        sa.select(
            table.c.network_id,
            table.c.network_type,
            table.c.physical_network,
            table.c.segmentation_id,
            _NETWORKS.c.availability_zone_hints,
        )
        .join(_NETWORKS, _NETWORKS.c.id == table.c.network_id)
        .where(
            table.c.is_dynamic == sa.false(),
            table.c.network_type.in_({one.network_type for one in segments}),
            sa.or_(
                table.c.segmentation_id.in_(_numbers(segments)),
                sa.and_(
                    table.c.segmentation_id.is_(None),
                    table.c.physical_network.in_(physical - {None}),
                ),
            ),
        )
        .order_by(table.c.network_id)
    )
    pods = [one.region for one in presence.pods(session)]
    known = region_name in {one.region_name for one in pods}
    found: dict[Segment, tuple[str, ...]] = {}
    for row in rows:
        segment = Segment(
            row.network_type, row.physical_network, row.segmentation_id
        )
        hints = _hints(row.availability_zone_hints)
        if not known or region_name in scope.regions_of(hints, pods):
            found[segment] = (*found.get(segment, ()), row.network_id)
    return found


def _hints(text: Any) -> list[str]:
    return list(json.loads(text)) if text else []


def _numbers(segments: Iterable[Segment], network_type: str = '') -> set[int]:
    return {
        one.segmentation_id
        for one in segments
        if one.segmentation_id is not None
        and network_type in ('', one.network_type)
    }


def _vlans(
    session: orm.Session, segments: Iterable[Segment]
) -> frozenset[Segment]:
    """Return which ML2 has left, of the ranges.

    What it has given out may be of a range or not: the rows do not say.
    """
    rows = session.execute(
        sa.select(_VLANS.c.physical_network, _VLANS.c.vlan_id).where(
            _VLANS.c.vlan_id.in_(_numbers(segments, 'vlan')),
            _VLANS.c.allocated == sa.false(),
        )
    )
    return frozenset(
        Segment('vlan', row.physical_network, row.vlan_id) for row in rows
    )


def _vnis(
    session: orm.Session, segments: Iterable[Segment]
) -> frozenset[Segment]:
    """Return the same of VNIs."""
    return frozenset(
        Segment('vxlan', None, one)
        for one in session.scalars(
            sa.select(_VNIS.c.vxlan_vni).where(
                _VNIS.c.vxlan_vni.in_(_numbers(segments, 'vxlan')),
                _VNIS.c.allocated == sa.false(),
            )
        )
    )
