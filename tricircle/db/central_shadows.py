# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Documents of shadow ports, read from central's database."""

from typing import cast

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import central_models
from tricircle.db import central_ports
from tricircle.db import central_state
from tricircle.db import presence
from tricircle.plan import shadow_ports
from tricircle.replica import types
from tricircle.replica.document import Document

_LOCATIONS = cast(sa.Table, central_models.PortLocation.__table__)
_PODS = cast(sa.Table, central_models.Pod.__table__)


def _located(
    session: orm.Session, network_id: str, chunk: int
) -> list[shadow_ports.LocatedPort]:
    rows = session.execute(
        sa.select(
            _LOCATIONS.c.port_id,
            _LOCATIONS.c.host,
            _LOCATIONS.c.agent_type,
            _LOCATIONS.c.tunnel_ip,
            _PODS.c.region_name,
        )
        .join(_PODS, _PODS.c.pod_id == _LOCATIONS.c.pod_id)
        .where(
            _LOCATIONS.c.network_id == network_id,
            _LOCATIONS.c.shadow_chunk == chunk,
        )
    ).all()
    ports = central_ports.read(session, [row.port_id for row in rows])
    return [
        shadow_ports.LocatedPort(
            port=ports[row.port_id],
            region=row.region_name,
            host=row.host,
            agent_type=row.agent_type,
            tunnel_ip=row.tunnel_ip,
        )
        for row in rows
        if row.port_id in ports
    ]


def _document(
    session: orm.Session,
    document_id: str,
    region_name: str,
    generations: central_state.Generations,
) -> Document | None:
    network_id, chunk = types.parse_shadow_id(document_id)
    # Before the state they are the generations of.
    age = generations(
        session, [(types.SHADOW_PORTS, document_id)], region_name
    )[types.SHADOW_PORTS, document_id]
    if region_name not in presence.regions_of(
        session, types.NETWORK, network_id
    ):
        return None
    located = _located(session, network_id, chunk)
    body, omitted = shadow_ports.body(network_id, chunk, region_name, located)
    shadows = {one['id'] for one in body['ports']}
    groups = {
        group
        for one in located
        if one.port.id in shadows
        for group in one.port.security_groups
    }
    found = central_state.documents(
        session, types.SECURITY_GROUP, groups, region_name, generations
    )
    required: dict[str, Document] = {}
    for one in found.values():
        for other in one.flattened():
            required[other.id] = Document(
                type=other.type,
                id=other.id,
                region=other.region,
                generation=other.generation,
                body=other.body,
                omitted=other.omitted,
            )
    return Document(
        type=types.SHADOW_PORTS,
        id=document_id,
        region=region_name,
        generation=age,
        body=dict(body),
        requires=tuple(required[key] for key in sorted(required)),
        omitted=omitted,
    )


def _documents(
    session: orm.Session,
    ids: list[str],
    region_name: str,
    generations: central_state.Generations,
) -> dict[str, Document]:
    made = {
        one: _document(session, one, region_name, generations) for one in ids
    }
    return {key: one for key, one in made.items() if one is not None}


def register() -> None:
    """Let shadow ports be asked for like everything else."""
    central_state.SOURCES[types.SHADOW_PORTS] = _documents
