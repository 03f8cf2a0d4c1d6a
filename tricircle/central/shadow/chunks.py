# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Shadow ports, as far as central's own rows go: chunks and intents.

A port that is bound in one region has a shadow in every other region that
has its network. The shadows of a network go in chunks, one document each,
so that one more port changes one small document.
"""

from collections.abc import Collection, Iterable
import random
from typing import Final

from oslo_config import cfg
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.conf import client as client_config
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence as presence_db
from tricircle.journal import intent
from tricircle.plan import shadow_ports
from tricircle.replica import types

client_config.register(cfg.CONF)

#: Something else joins the networks.
MODE_NOOP = 'noop'
TYPE_VXLAN = 'vxlan'
#: Chunks in which room is looked for when the last one is full.
_LOOKED_AT: Final = 3


def wanted(session: orm.Session, network_id: str) -> bool:
    """Tell whether the ports of a network have shadows."""
    if cfg.CONF.client.cross_pod_vxlan_mode == MODE_NOOP:
        return False
    return (
        session.scalar(
            sa.select(tables.segments.c.id)
            .where(
                tables.segments.c.network_id == network_id,
                tables.segments.c.network_type == TYPE_VXLAN,
            )
            .limit(1)
        )
        is not None
    )


def assign(session: orm.Session, network_id: str) -> int:
    """Return the chunk of one more port of a network.

    The caller has locked the network's row, before anything else that it
    read: no chunk is filled twice, and none beyond its size. The last chunk
    is filled first; when it is full, some others are looked at, whose ports
    may have gone. So this reads as much on a large network as on a small
    one.
    """
    location = central_models.PortLocation
    last = session.scalar(
        sa.select(sa.func.max(location.shadow_chunk)).where(
            location.network_id == network_id
        )
    )
    if last is None:
        return 0
    limit = cfg.CONF.client.max_shadow_port_bulk_size
    sizes = _sizes(session, network_id, [last])
    if sizes[last] >= limit:
        sizes |= _sizes(session, network_id, _some_below(last))
    return shadow_ports.chunk_for(sizes, limit)


def _some_below(last: int) -> list[int]:
    """Return chunks to look for room in: all of them, if they are few."""
    return random.sample(range(last), min(last, _LOOKED_AT))


def _sizes(
    session: orm.Session, network_id: str, chunks: list[int]
) -> dict[int, int]:
    """Return how many ports are in each of some chunks."""
    location = central_models.PortLocation
    rows = session.execute(
        sa.select(location.shadow_chunk, sa.func.count().label('ports'))
        .where(
            location.network_id == network_id,
            location.shadow_chunk.in_(chunks),
        )
        .group_by(location.shadow_chunk)
    )
    found = {row.shadow_chunk: row.ports for row in rows}
    return {chunk: found.get(chunk, 0) for chunk in chunks}


def chunks_of(session: orm.Session, network_id: str) -> list[int]:
    """Return the chunks that a network has."""
    location = central_models.PortLocation
    return sorted(
        chunk
        for chunk in session.scalars(
            sa.select(location.shadow_chunk)
            .where(
                location.network_id == network_id,
                location.shadow_chunk.is_not(None),
            )
            .distinct()
        )
        if chunk is not None
    )


def intents(
    session: orm.Session,
    network_id: str,
    chunks: Iterable[int],
    changed_in: str,
    project_id: str | None = None,
) -> list[intent.Intent]:
    """Return the intents for a change of the ports of some chunks.

    :param changed_in: the region that the ports are in; it needs no shadow
        of them
    """
    numbers = sorted(set(chunks))
    if not numbers:
        return []
    return [
        intent.Intent(
            types.SHADOW_PORTS,
            types.shadow_id(network_id, number),
            pod.region_name,
            project_id,
        )
        for pod in presence_db.pods_to_tell(session, types.NETWORK, network_id)
        if pod.region_name != changed_in
        for number in numbers
    ]


def intents_for(
    session: orm.Session, port_id: str, project_id: str | None = None
) -> list[intent.Intent]:
    """Return the intents for a change of a port that may have shadows."""
    return [
        one
        for row in session.execute(_located([port_id])).all()
        if row.shadow_chunk is not None
        for one in intents(
            session,
            row.network_id,
            [row.shadow_chunk],
            row.region_name,
            project_id,
        )
    ]


def changed(session: orm.Session, port_id: str) -> None:
    """Record for other regions that a port changed which may have shadows."""
    _record(session, session.execute(_located([port_id])).all())


def forget(
    session: orm.Session,
    port_ids: Iterable[str],
    project_id: str | None = None,
) -> None:
    """Forget where ports are; other regions lose their shadows.

    What is committed now is looked at, not what was when the transaction
    began: a region may be getting a port at the moment it is deleted.

    :param project_id: of the project that the ports are of, if of one
    """
    query = _located(sorted(set(port_ids))).with_for_update(read=True)
    rows = session.execute(query).all()
    _record(session, rows, project_id)
    if rows:
        location = central_models.PortLocation
        session.execute(
            sa.delete(location).where(
                location.port_id.in_([row.port_id for row in rows])
            )
        )


def _located(
    port_ids: Collection[str],
) -> sa.Select[str, str, int | None, str]:
    location, pod = central_models.PortLocation, central_models.Pod
    return (
        sa.select(
            location.port_id,
            location.network_id,
            location.shadow_chunk,
            pod.region_name,
        )
        .join(pod, pod.pod_id == location.pod_id)
        .where(location.port_id.in_(port_ids))
    )


def _record(
    session: orm.Session,
    rows: Iterable[sa.Row[str, str, int | None, str]],
    project_id: str | None = None,
) -> None:
    for row in rows:
        if row.shadow_chunk is not None:
            intent.record(
                session,
                intents(
                    session,
                    row.network_id,
                    [row.shadow_chunk],
                    row.region_name,
                    project_id,
                ),
            )
