# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Where the ports of routers are: legs, gateways of subnets, interfaces.

What a router sends to an instance of another region comes from the host
that has the router, where there may be no instance at all. The hosts of
other regions take nothing from a host that they have no tunnel to, so its
ports are shown to them like those of instances. Central's own port stays
what it is: a reservation, or a port of the router there.
"""

from collections.abc import Collection, Mapping
import dataclasses
from typing import Any

from neutron_lib import constants
from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.engine import regions
from tricircle.central.port import locations as port_locations
from tricircle.central.shadow import chunks as shadow_chunks
from tricircle.db import retries
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.replica import messages
from tricircle.replica.held_ports import HeldPort


@dataclasses.dataclass(frozen=True)
class _Expected:
    """A port that central knows a region may have on a router.

    :ivar pod_id: None where central does not say which region
    :ivar is_gateway: of a subnet. It is there as long as the region has the
        network; whether a router is to have it is for central's interfaces
        to say
    """

    network_id: str
    pod_id: str | None = None
    is_gateway: bool = False


@retries.bounded
def take(
    port_id: str, region_name: str, report: messages.ReportBody
) -> int | None:
    """Take note of where a region has a port of a router.

    :returns: the revision of a newer report that was taken before; else None
    :raises PodNotFound: when there is no such region
    :raises neutron_lib.exceptions.PortNotFound: when central has no such
        port, or the router is not to have it (any more)
    :raises PortNotPresent: when it is another region's
    """
    context = n_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        port_locations.lock_network(
            session,
            report,
            tables.networks.c.id == tables.ports.c.network_id,
            tables.ports.c.id == port_id,
        )
        pod = regions.find_pod(session, region_name)
        piece_id = report['device_id']
        expected = _reserved(session, port_id, piece_id) or _of_central(
            session, port_id, piece_id
        )
        if expected is None or not _is_on(
            session, expected, piece_id, expected.pod_id or pod.pod_id
        ):
            raise n_exc.PortNotFound(port_id=port_id)
        known = session.get(
            central_models.PortLocation, port_id, with_for_update=True
        )
        for holder in (expected.pod_id, known.pod_id if known else None):
            if holder not in (None, pod.pod_id):
                raise port_locations.PortNotPresent(
                    port_id=port_id, region=region_name
                )
        if known is None:
            known = central_models.PortLocation(
                port_id=port_id,
                pod_id=pod.pod_id,
                network_id=expected.network_id,
                host='',
                revision=0,
            )
            session.add(known)
        if messages.is_outdated(report, known.revision):
            return int(known.revision)
        known.piece_id = piece_id
        port_locations.note(session, known, report, region_name, '')
    return None


def _reserved(
    session: orm.Session, port_id: str, piece_id: str
) -> _Expected | None:
    """Return what is held under an ID, if a piece may have it."""
    held = central_models.ReservedPort
    row = session.execute(
        sa.select(held.network_id, held.pod_id, held.kind, held.router_id)
        .where(held.port_id == port_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        return None
    is_gateway = row.kind == HeldPort.GATEWAY
    if not is_gateway and row.router_id != piece_id:
        return None
    return _Expected(row.network_id, row.pod_id, is_gateway)


def _of_central(
    session: orm.Session, port_id: str, piece_id: str
) -> _Expected | None:
    """Return a port that central's router has, if a piece is that."""
    row = session.execute(
        sa.select(tables.ports.c.network_id)
        .where(
            tables.ports.c.id == port_id,
            tables.ports.c.device_id == piece_id,
            tables.ports.c.device_owner.in_(constants.ROUTER_INTERFACE_OWNERS),
        )
        .with_for_update()
    ).one_or_none()
    return None if row is None else _Expected(row.network_id)


def _is_on(
    session: orm.Session, expected: _Expected, piece_id: str, pod_id: str
) -> bool:
    """Tell whether a region has a piece that is to have a port."""
    piece = session.get(central_models.RouterPiece, (piece_id, pod_id))
    if piece is None:
        return False
    if not expected.is_gateway:
        return True
    return (
        session.scalar(
            sa.select(tables.ports.c.id)
            .where(
                tables.ports.c.device_id == piece.router_id,
                tables.ports.c.network_id == expected.network_id,
                tables.ports.c.device_owner.in_(
                    constants.ROUTER_INTERFACE_OWNERS
                ),
            )
            .limit(1)
        )
        is not None
    )


def forget_unused(
    session: orm.Session,
    piece_ids: Collection[str],
    used: Mapping[tuple[str, str], Collection[str]],
    busy: Collection[tuple[str, str]],
) -> None:
    """Forget where ports were that pieces do not have any more.

    :param piece_ids: all IDs that pieces of the router may have
    :param used: IDs of the ports of each piece, by its ID and region; a
        piece that is not among them has none
    :param busy: pieces that may still have what they are not to have, by
        ID and region
    """
    location, pod = central_models.PortLocation, central_models.Pod
    rows: Any = session.execute(
        sa.select(location.port_id, location.piece_id, pod.region_name)
        .join(pod, pod.pod_id == location.pod_id)
        .where(location.piece_id.in_(sorted(piece_ids)))
    ).all()
    unused = [
        row.port_id
        for row in rows
        if (key := (row.piece_id, row.region_name)) not in busy
        and row.port_id not in used.get(key, ())
    ]
    if unused:
        shadow_chunks.forget(session, unused)
