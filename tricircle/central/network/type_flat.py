# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The flat type: one network per physical network, and per region outside.

Plain ML2 allows one flat network on a physical network. Central speaks for
several regions, and each may have an external network on a physical network
of the same name: those are different wires.
"""

from typing import Any

from neutron.db import models_v2
from neutron.db.models import external_net
from neutron.db.models import segment as segment_models
from neutron.db.models.plugins.ml2 import flatallocation
from neutron.plugins.ml2.drivers import type_flat
from neutron_lib import constants
from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
from neutron_lib.plugins.ml2 import api
from oslo_db import exception as db_exc
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.engine import availability_zones
from tricircle.central.held import segments as held_segments
from tricircle.central.network import external as external_networks


def _on(physical_network: str) -> sa.ColumnElement[bool]:
    model = segment_models.NetworkSegment
    return sa.and_(
        model.network_type == constants.TYPE_FLAT,
        model.physical_network == physical_network,
    )


def _others(session: orm.Session, physical_network: str) -> list[str | None]:
    """Return the region of each network on a physical network.

    None stands for a network that is not external, or in no one region.
    """
    model = segment_models.NetworkSegment
    rows = session.execute(
        sa.select(
            models_v2.Network.availability_zone_hints,
            external_net.ExternalNetwork.network_id,
        )
        .join(model, model.network_id == models_v2.Network.id)
        .outerjoin(
            external_net.ExternalNetwork,
            external_net.ExternalNetwork.network_id == models_v2.Network.id,
        )
        .where(_on(physical_network))
        .with_for_update(read=True, of=model)
    ).all()
    return [
        availability_zones.region_of_hints(
            session, availability_zones.parse(row.availability_zone_hints)
        )
        if row.network_id is not None
        else None
        for row in rows
    ]


def _lock(session: orm.Session, physical_network: str) -> bool:
    """Lock the allocation of a physical network; tell whether it is there.

    Whoever joins or leaves a physical network holds this lock, so that the
    allocation goes with the last one and not before.
    """
    model = flatallocation.FlatAllocation
    return (
        session.scalar(
            sa.select(model.physical_network)
            .where(model.physical_network == physical_network)
            .with_for_update()
        )
        is not None
    )


class FlatTypeDriver(type_flat.FlatTypeDriver):
    """Shares a physical network's name among the regions' externals."""

    def reserve_provider_segment(
        self, context: Any, segment: dict[str, Any], filters: Any = None
    ) -> dict[str, Any]:
        """Reserve a segment.

        :raises FlatNetworkInUse: 409, when the physical network has a
            network already that is not an external one of another region
        """
        making = external_networks.being_made(context)
        region = making.region_name if making else None
        physical_network = segment[api.PHYSICAL_NETWORK]
        in_use = n_exc.FlatNetworkInUse(physical_network=physical_network)
        with db_api.CONTEXT_WRITER.using(context):
            if region is not None and _lock(context.session, physical_network):
                others = _others(context.session, physical_network)
                held = held_segments.regions_on(
                    context.session, constants.TYPE_FLAT, physical_network
                )
                if None in others or region in {*others, *held}:
                    raise in_use
                segment[api.MTU] = self.get_mtu(physical_network)
                return segment
            try:
                reserved: dict[str, Any] = super().reserve_provider_segment(
                    context, segment, filters
                )
            except n_exc.FlatNetworkInUse as exc:
                if region is None:
                    raise
                # It came while this looked: look again.
                raise db_exc.RetryRequest(in_use) from exc
        return reserved

    def release_segment(self, context: Any, segment: dict[str, Any]) -> None:
        """Release a segment; the allocation goes with the last user."""
        physical_network = segment[api.PHYSICAL_NETWORK]
        with db_api.CONTEXT_WRITER.using(context):
            _lock(context.session, physical_network)
            users = set(
                context.session.scalars(
                    sa.select(segment_models.NetworkSegment.id)
                    .where(_on(physical_network))
                    .with_for_update(read=True)
                )
            )
            if not users - {segment.get(api.ID)}:
                super().release_segment(context, segment)
