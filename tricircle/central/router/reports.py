# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What regions say of their pieces of routers, taken into central.

A router is ERROR as long as one of its pieces is; a floating IP is what its
region says.
"""

from typing import Any, Final

from neutron_lib import constants
from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tricircle.central.engine import regions
from tricircle.conf import fault_point
from tricircle.db import retries
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.replica import messages

#: Of a router; the worst of its pieces is what the router is.
_SEVERITY: Final = ('', constants.ACTIVE, 'ALLOCATING', constants.ERROR)


class PieceNotFound(n_exc.NotFound):
    """A report on a piece that the region is not known to have."""

    message = 'Router %(router_id)s has no replica in region %(region)s.'


def take(
    piece_id: str, region_name: str, report: messages.RouterReportBody
) -> int | None:
    """Take note of what a region says of a piece of a router.

    :returns: the revision of a newer report that was taken before, for
        which nothing changed; else None
    :raises PodNotFound: when there is no such region
    :raises PieceNotFound: when the region is to have no such piece
    """
    newer: int | None = _take(piece_id, region_name, report)
    fault_point.reach('central.report.stored')
    return newer


@retries.bounded
def _take(
    piece_id: str, region_name: str, report: messages.RouterReportBody
) -> int | None:
    context = n_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        pod = regions.find_pod(session, region_name)
        piece = session.get(
            central_models.RouterPiece,
            (piece_id, pod.pod_id),
            with_for_update=True,
        )
        if piece is None:
            raise PieceNotFound(router_id=piece_id, region=region_name)
        if messages.is_outdated(report, piece.revision):
            return int(piece.revision)
        piece.revision = report['revision']
        piece.status = report['status']
        session.flush()
        _show_router(session, piece.router_id)
        _show_floating_ips(session, piece.router_id, report['floating_ips'])
    return None


def _show_router(session: Any, router_id: str) -> None:
    piece = central_models.RouterPiece
    said = set(
        session.scalars(
            sa.select(piece.status).where(piece.router_id == router_id)
        )
    )
    known = [one for one in said if one in _SEVERITY]
    status = max(known, key=_SEVERITY.index, default='') or constants.ACTIVE
    # Row by row, not by update_router: that would be a change of central's.
    session.execute(
        sa.update(tables.routers)
        .where(tables.routers.c.id == router_id)
        .values(status=status)
    )


def _show_floating_ips(
    session: Any, router_id: str, statuses: dict[str, str]
) -> None:
    """Show what the region says of those that are still on the router."""
    table = tables.floating_ips
    by_status: dict[str, list[str]] = {}
    for floating_ip_id, status in statuses.items():
        by_status.setdefault(status, []).append(floating_ip_id)
    for status, ids in sorted(by_status.items()):
        session.execute(
            sa.update(table)
            .where(table.c.id.in_(ids), table.c.router_id == router_id)
            .values(status=status)
        )
