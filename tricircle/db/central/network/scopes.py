# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The regions that networks may be in, for who does not load Neutron."""

from collections.abc import Collection
import json
from typing import Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central.pod import pods
from tricircle.plan import scope

_NETWORKS: Final = sa.table(
    'networks', sa.column('id'), sa.column('availability_zone_hints')
)
_PORTS: Final = sa.table('ports', sa.column('id'), sa.column('network_id'))


def regions_of(
    session: orm.Session, network_ids: Collection[str]
) -> dict[str, frozenset[str]]:
    """Return the regions that networks of central may be in, by ID.

    A network that central has not is a region's own, and not among them.
    """
    if not network_ids:
        return {}
    there = [
        scope.Region(pod.region_name, pod.az_name)
        for pod in pods.find(session, {})
    ]
    rows = session.execute(
        sa.select(_NETWORKS.c.id, _NETWORKS.c.availability_zone_hints).where(
            _NETWORKS.c.id.in_(network_ids)
        )
    )
    return {
        network_id: scope.regions_of(json.loads(hints or '[]'), there)
        for network_id, hints in rows
    }


def networks_of(
    session: orm.Session, port_ids: Collection[str]
) -> dict[str, str]:
    """Return the networks of ports of central, by the IDs of the ports."""
    if not port_ids:
        return {}
    rows = session.execute(
        sa.select(_PORTS.c.id, _PORTS.c.network_id).where(
            _PORTS.c.id.in_(port_ids)
        )
    )
    return {port_id: network_id for port_id, network_id in rows}
