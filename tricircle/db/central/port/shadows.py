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

import collections
from collections.abc import Iterable, Mapping
import dataclasses
from typing import cast

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import presence
from tricircle.db.central import sources
from tricircle.db.central.group import documents as group_documents
from tricircle.db.central.port import reads as central_ports
from tricircle.plan import shadow_ports
from tricircle.replica import types
from tricircle.replica.document import Document

_LOCATIONS = cast(sa.Table, central_models.PortLocation.__table__)
_PODS = cast(sa.Table, central_models.Pod.__table__)


@dataclasses.dataclass(frozen=True)
class _Chunk:
    """What a document is of.

    :ivar key: its ID
    """

    key: str
    network_id: str
    number: int


def _located(
    session: orm.Session, chunks: Iterable[_Chunk]
) -> Mapping[tuple[str, int], list[shadow_ports.LocatedPort]]:
    """Return the ports of chunks, by network and number."""
    # Not joined: a database that thinks all networks small would begin with
    # the regions, and read the whole network.
    regions = {
        row.pod_id: row.region_name
        for row in session.execute(
            sa.select(_PODS.c.pod_id, _PODS.c.region_name)
        )
    }
    rows = session.execute(
        sa.select(
            _LOCATIONS.c.port_id,
            _LOCATIONS.c.network_id,
            _LOCATIONS.c.shadow_chunk,
            _LOCATIONS.c.host,
            _LOCATIONS.c.agent_type,
            _LOCATIONS.c.tunnel_ip,
            _LOCATIONS.c.pod_id,
        )
        # Not a tuple in a list, for which no database uses its index.
        .where(
            sa.or_(
                *(
                    sa.and_(
                        _LOCATIONS.c.network_id == one.network_id,
                        _LOCATIONS.c.shadow_chunk == one.number,
                    )
                    for one in chunks
                )
            )
        )
    ).all()
    ports = central_ports.read(session, [row.port_id for row in rows])
    found: dict[tuple[str, int], list[shadow_ports.LocatedPort]] = (
        collections.defaultdict(list)
    )
    for row in rows:
        if row.port_id in ports:
            found[row.network_id, row.shadow_chunk].append(
                shadow_ports.LocatedPort(
                    port=ports[row.port_id],
                    region=regions[row.pod_id],
                    host=row.host,
                    agent_type=row.agent_type,
                    tunnel_ip=row.tunnel_ip,
                )
            )
    return found


def documents(
    session: orm.Session,
    ids: list[str],
    region_name: str,
    generations: sources.Generations,
) -> dict[str, Document]:
    """Return documents of chunks; each group in them is read once."""
    # Before the state they are the generations of.
    ages = generations(
        session, [(types.SHADOW_PORTS, one) for one in ids], region_name
    )
    named = [_Chunk(one, *types.parse_shadow_id(one)) for one in ids]
    present = presence.present_in_region(
        session, types.NETWORK, [one.network_id for one in named], region_name
    )
    chunks = [one for one in named if one.network_id in present]
    if not chunks:
        return {}
    located = _located(session, chunks)
    made = {
        one: shadow_ports.body(
            one.network_id,
            one.number,
            region_name,
            located.get((one.network_id, one.number), ()),
        )
        for one in chunks
    }
    groups = {
        one: {
            group
            for port in body['ports']
            for group in port['security_groups']
        }
        for one, (body, _omitted) in made.items()
    }
    wanted = sorted(set().union(*groups.values()))
    found = (
        group_documents.documents(session, wanted, region_name, generations)
        if wanted
        else {}
    )
    return {
        one.key: Document(
            type=types.SHADOW_PORTS,
            id=one.key,
            region=region_name,
            generation=ages[types.SHADOW_PORTS, one.key],
            body=dict(body),
            requires=_required(
                found[group] for group in groups[one] if group in found
            ),
            omitted=omitted,
        )
        for one, (body, omitted) in made.items()
    }


def _required(groups: Iterable[Document]) -> tuple[Document, ...]:
    """Return groups and what these require, each once and by itself."""
    return group_documents.ordered(sources.flat(groups))
