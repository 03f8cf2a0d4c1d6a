# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks as routing cares for them, read from central's database."""

import collections
from collections.abc import Iterable, Mapping
from typing import Any

from neutron_lib.api.validators import availability_zone as az_validator
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import rows as central_rows
from tricircle.plan.router import state as router_state
from tricircle.replica import types


def hints(text: str | None) -> tuple[str, ...]:
    """Return the hints in a column of Neutron's tables."""
    return tuple(az_validator.convert_az_string_to_list(text))


def _regions_of_networks(
    session: orm.Session, ids: list[str], names: Mapping[str, str]
) -> tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]]]:
    """Return where networks are, and where ports of them are.

    The second reads distinct pairs off an index, not a row of each port.
    Ports of routers do not count.
    """
    routing, location = (
        central_models.ResourceRouting,
        central_models.PortLocation,
    )
    present = session.execute(
        sa.select(routing.top_id.label('network_id'), routing.pod_id).where(
            routing.top_id.in_(ids), routing.resource_type == types.NETWORK
        )
    )
    populated = session.execute(
        sa.select(location.network_id, location.pod_id)
        .where(location.network_id.in_(ids), location.piece_id.is_(None))
        .distinct()
    )
    return _sets(present, names), _sets(populated, names)


def _sets(
    rows: Iterable[Any], names: Mapping[str, str]
) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = collections.defaultdict(set)
    for row in rows:
        if row.pod_id in names:
            found[row.network_id].add(names[row.pod_id])
    return {key: frozenset(regions) for key, regions in found.items()}


def read(
    session: orm.Session, ids: list[str], names: Mapping[str, str]
) -> dict[str, router_state.Network]:
    """Return networks by ID, without those that central has not.

    :param names: name of each region, by the ID of its pod
    """
    net, segment = tables.networks, tables.segments
    rows = session.execute(
        sa.select(
            net.c.id,
            net.c.availability_zone_hints,
            segment.c.network_type,
            tables.external_networks.c.network_id.label('external_id'),
        )
        .select_from(
            net.outerjoin(
                segment,
                sa.and_(
                    segment.c.network_id == net.c.id,
                    segment.c.segment_index == 0,
                    segment.c.is_dynamic == sa.false(),
                ),
            ).outerjoin(
                tables.external_networks,
                tables.external_networks.c.network_id == net.c.id,
            )
        )
        .where(net.c.id.in_(ids))
    ).all()
    sub = tables.subnets
    subnets = central_rows.of(
        session,
        sub.c.network_id,
        ids,
        lambda row: router_state.Subnet(
            id=row.id,
            cidr=row.cidr,
            ip_version=row.ip_version,
            gateway_ip=row.gateway_ip or None,
        ),
    )
    presences, populated = _regions_of_networks(session, ids, names)
    return {
        row.id: router_state.Network(
            id=row.id,
            external=row.external_id is not None,
            hints=hints(row.availability_zone_hints),
            network_type=row.network_type,
            presences=presences.get(row.id, frozenset()),
            instance_regions=populated.get(row.id, frozenset()),
            subnets=subnets[row.id],
        )
        for row in rows
    }
