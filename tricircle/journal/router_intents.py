# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Have routers laid out over the regions again.

What one region must have of a router depends on what others have. So no
change of a router is an intent for a region: it is one for central itself,
whose plan then says which regions are concerned.
"""

from collections.abc import Collection, Iterable, Mapping
import json
from typing import Any, cast, Final

from oslo_config import cfg
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.conf import client as client_config
from tricircle.db import device_owners
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central.job import entries
from tricircle.db.central.router import pieces as piece_rows
from tricircle.journal import intent
from tricircle.journal import second_look
from tricircle.replica import references
from tricircle.replica import types

client_config.register(cfg.CONF)

#: Region of the entries while ``[client] top_region_name`` says nothing.
_UNNAMED: Final = 'central'
_LOCATIONS = cast(sa.Table, central_models.PortLocation.__table__)
_JOURNAL = cast(sa.Table, central_models.JournalEntry.__table__)
_PIECES = cast(sa.Table, central_models.RouterPiece.__table__)
_PODS = cast(sa.Table, central_models.Pod.__table__)
_ROUTERS = tables.routers
_HELD = cast(sa.Table, central_models.ReservedPort.__table__)


def region_name() -> str:
    """Return the region that the entries are under: central's."""
    return cfg.CONF.client.top_region_name or _UNNAMED


def record(
    session: orm.Session,
    router_ids: Iterable[str],
    project_id: str | None = None,
    delay: float = 0.0,
) -> None:
    """Have central lay routers out again, once the transaction commits.

    :param delay: seconds until then
    """
    name = region_name()
    intent.record(
        session,
        [
            intent.Intent(types.ROUTER_PLAN, one, name, project_id, delay)
            for one in sorted(set(router_ids))
        ],
    )


def existing(session: orm.Session, router_ids: Iterable[str]) -> list[str]:
    """Return those IDs that are of routers of central.

    What a port says that it belongs to is what its maker wrote there.
    """
    wanted = [one for one in set(router_ids) if references.is_uuid(one)]
    if not wanted:
        return []
    return sorted(
        session.scalars(
            sa.select(_ROUTERS.c.id).where(_ROUTERS.c.id.in_(wanted))
        )
    )


def routers_on(session: orm.Session, network_id: str) -> list[str]:
    """Return the IDs of the routers that a network is on."""
    return list(session.scalars(_routers_on(network_id)))


def record_on(session: orm.Session, network_id: str) -> None:
    """Have the routers laid out again that a network is on.

    Where there is none, central looks again when this has committed
    (:func:`look_again`): an interface may have been added since the
    transaction began, whose plan would have seen nothing of what this one
    does.
    """
    found = routers_on(session, network_id)
    if found:
        record(session, found)
    else:
        second_look.want(session, network_id)


def look_again(session: orm.Session, limit: int = 500) -> bool:
    """Have routers laid out that those did not see who looked for them.

    :param limit: looks at once; there is one for each who looked
    :returns: whether there may be more
    """
    looks = second_look.wanted(session, limit)
    if not looks:
        return False
    found = session.scalars(_routers_on(*looks.values())).all()
    if found:
        record(session, found)
    second_look.done(session, list(looks))
    return len(looks) == limit


def record_all(session: orm.Session) -> None:
    """Have all routers laid out again that have something on them."""
    port = tables.ports
    record(
        session,
        session.scalars(
            sa.select(_ROUTERS.c.id)
            .join(port, port.c.device_id == _ROUTERS.c.id)
            .where(port.c.device_owner.in_(device_owners.ROUTER_PORTS))
            .distinct()
        ),
    )


def record_first_port(
    session: orm.Session, network_id: str, pod_id: str, port_id: str
) -> None:
    """Have a network's routers laid out if a region has no port of it yet.

    In the transaction that puts a port in the region. Two that are first
    do not see each other, and both record it.

    :param port_id: the port
    """
    is_first = (
        ~sa.select(sa.literal(1))
        .select_from(_LOCATIONS)
        .where(
            _LOCATIONS.c.network_id == network_id,
            _LOCATIONS.c.pod_id == pod_id,
            _LOCATIONS.c.port_id != port_id,
            _LOCATIONS.c.piece_id.is_(None),
        )
        .exists()
    )
    if session.scalar(sa.select(is_first)):
        record_on(session, network_id)


def _routers_on(*network_ids: str) -> sa.Select[Any]:
    port = tables.ports
    return (
        sa.select(_ROUTERS.c.id)
        .join(port, port.c.device_id == _ROUTERS.c.id)
        .where(
            port.c.network_id.in_(sorted(set(network_ids))),
            port.c.device_owner.in_(device_owners.ROUTER_PORTS),
        )
        .distinct()
    )


def differing(
    session: orm.Session,
    region: str,
    digests: Mapping[tuple[str, str], str],
    omitted: Mapping[tuple[str, str], Collection[str]],
) -> set[tuple[str, str]]:
    """Return the resources that a region has not, or has otherwise.

    What is under way counts as such: nobody knows what it will come to. And
    so does what its state does not say yet that the region does not get.

    :param digests: of the documents that it should have, by type and ID
    :param omitted: what is not in them
    """
    keys = {
        intent.entry_id(kind, resource_id, region): (kind, resource_id)
        for kind, resource_id in digests
    }
    rows = session.execute(
        sa.select(_JOURNAL.c.id, _JOURNAL.c.digest, _JOURNAL.c.omitted).where(
            _JOURNAL.c.id.in_(list(keys)), entries.CONFIRMED
        )
    )
    settled = {row.id: row for row in rows}

    def is_known(row_id: str, key: tuple[str, str]) -> bool:
        row = settled.get(row_id)
        return (
            row is not None
            and row.digest == digests[key]
            and {*omitted.get(key, ())} <= {*json.loads(row.omitted or '[]')}
        )

    return {key for row_id, key in keys.items() if not is_known(row_id, key)}


def record_of_piece(session: orm.Session, piece_id: str, region: str) -> None:
    """Have the router of a piece laid out again."""
    found = session.scalar(
        sa.select(_PIECES.c.router_id)
        .join(_PODS, _PODS.c.pod_id == _PIECES.c.pod_id)
        .where(
            _PIECES.c.piece_id == piece_id,
            _PODS.c.region_name == region,
        )
    )
    if found is not None:
        record(session, [found])


def remove_piece(session: orm.Session, piece_id: str, region: str) -> None:
    """Note that a region no longer has a piece.

    What was held for it can be released: its router is laid out again.
    """
    record_of_piece(session, piece_id, region)
    session.execute(
        sa.delete(_PIECES).where(
            _PIECES.c.piece_id == piece_id,
            _PIECES.c.pod_id
            == sa.select(_PODS.c.pod_id)
            .where(_PODS.c.region_name == region)
            .scalar_subquery(),
        )
    )


def adopt_pieces(
    session: orm.Session,
    pod_id: str,
    routers: Mapping[str, tuple[str, str]],
) -> None:
    """Make pieces present that a region has and central lost track of.

    Their routers are laid out again, which also tells whether the region is
    to have them.

    :param routers: ID and project of the router by the ID of its piece
    """
    piece_rows.insert_absent(
        session,
        [
            piece_rows.Placed(piece_id, pod_id, router_id, project_id)
            for piece_id, (router_id, project_id) in routers.items()
        ],
    )
    record(session, [router_id for router_id, _ in routers.values()])


def forget_removed(session: orm.Session, piece_ids: Collection[str]) -> None:
    """Remove the entries of pieces that no region has any more.

    Those of a router that is gone: it does not return.
    """
    session.execute(
        sa.delete(_JOURNAL).where(
            _JOURNAL.c.resource_id.in_(sorted(piece_ids)),
            _JOURNAL.c.resource_type == types.ROUTER,
            entries.CONFIRMED,
            _JOURNAL.c.digest.is_(None),
        )
    )


def holds_more(
    session: orm.Session,
    piece_id: str,
    region: str,
    used: Collection[str],
) -> bool:
    """Tell whether more is held or shown for a piece than it uses now.

    :param used: IDs of the ports that it has
    """
    return (
        session.scalar(
            sa.union_all(
                *(
                    sa.select(table.c.port_id)
                    .join(_PODS, _PODS.c.pod_id == table.c.pod_id)
                    .where(
                        of_piece == piece_id,
                        _PODS.c.region_name == region,
                        table.c.port_id.not_in(sorted(used)),
                    )
                    for table, of_piece in (
                        (_HELD, _HELD.c.router_id),
                        (_LOCATIONS, _LOCATIONS.c.piece_id),
                    )
                )
            ).limit(1)
        )
        is not None
    )
