# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Segments that are free when every region has confirmed, not before.

A deleted network is gone from central at once, and from a region when that
has followed. Another network with the same VNI or VLAN would be refused
there until then, or carry the frames of both. So the type driver keeps the
segment as allocated, and ``held_segments`` says what it waits for; it is
released when somebody next makes a network.
"""

from collections.abc import Mapping
from typing import Any

from neutron.services.segments import exceptions
from neutron_lib.plugins.ml2 import api
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence as presence_db
from tricircle.journal import confirmation
from tricircle.journal import intent
from tricircle.replica import types

_Held = central_models.HeldSegment


def hold(session: orm.Session, segment: Mapping[str, Any]) -> bool:
    """Hold a segment of a network that is being deleted.

    :param session: in the transaction of the deletion
    :param segment: with the ID of its network
    :returns: False when no region has the network, and nothing is held
    """
    network_id = segment['network_id']
    regions = {
        intent.entry_id(types.NETWORK, network_id, pod.region_name): (
            pod.region_name
        )
        for pod in presence_db.pods_to_tell(session, types.NETWORK, network_id)
    }
    awaited = intent.record_awaited(
        session,
        [
            intent.Intent(types.NETWORK, network_id, region_name)
            for region_name in regions.values()
        ],
    )
    if not awaited:
        return False
    session.execute(
        sa.insert(_Held),
        [
            {
                'segment_id': segment[api.ID],
                'network_id': network_id,
                'network_type': segment[api.NETWORK_TYPE],
                'physical_network': segment.get(api.PHYSICAL_NETWORK),
                'segmentation_id': segment.get(api.SEGMENTATION_ID),
                'region_name': regions[entry_id],
                'entry_id': entry_id,
                'counter': counter,
            }
            for entry_id, counter in sorted(awaited.items())
        ],
    )
    return True


def check_removal(session: orm.Session, segment: Mapping[str, Any]) -> None:
    """Refuse to take from a network the segment that regions have it on.

    They have the first one, and keep it for as long as they have the network.

    :param session: in the transaction of the removal
    :param segment: with its index and the ID of its network
    :raises SegmentInUse: 409
    """
    network_id = segment['network_id']
    if session.scalar(
        sa.select(
            sa.exists().where(
                tables.segments.c.network_id == network_id,
                tables.segments.c.segment_index < segment['segment_index'],
            )
        )
    ):
        return
    regions = [
        pod.region_name
        for pod in presence_db.pods_to_tell(session, types.NETWORK, network_id)
    ]
    if regions:
        raise exceptions.SegmentInUse(
            segment_id=segment[api.ID],
            reason=(
                f'{", ".join(regions)} has network {network_id} on it; it '
                'goes with the network'
            ),
        )


def release_confirmed(context: Any, type_manager: Any) -> None:
    """Release the segments that no region has any more.

    :param context: in a transaction
    :param type_manager: ML2's
    """
    session = context.session
    rows = session.execute(
        sa.select(
            _Held.id,
            _Held.segment_id,
            _Held.network_type,
            _Held.physical_network,
            _Held.segmentation_id,
            confirmation.waiting(_Held).label('waits'),
        )
    ).all()
    busy = {row.segment_id for row in rows if row.waits}
    done = {row.id: row for row in rows if row.segment_id not in busy}
    if not done:
        return
    taken = confirmation.take(session, _Held, done)
    # Another request may have been first, and given out what it was.
    gone = {row.segment_id for key, row in done.items() if key not in taken}
    free = {done[one].segment_id: done[one] for one in sorted(taken)}
    for row in free.values():
        if row.segment_id in gone:
            continue
        type_manager.release_network_segment(
            context,
            {
                api.ID: row.segment_id,
                api.NETWORK_TYPE: row.network_type,
                api.PHYSICAL_NETWORK: row.physical_network,
                api.SEGMENTATION_ID: row.segmentation_id,
            },
        )


def regions_on(
    session: orm.Session, network_type: str, physical_network: str
) -> set[str]:
    """Return the regions that may still have a network on a physical one."""
    return set(
        session.scalars(
            sa.select(_Held.region_name).where(
                _Held.network_type == network_type,
                _Held.physical_network == physical_network,
                confirmation.waiting(_Held),
            )
        )
    )
