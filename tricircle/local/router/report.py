# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What this region has to say of routers: ports, status, floating IPs.

Of a router's ports central hears only where those are that other regions
have to reach.
"""

from collections.abc import Callable
from typing import Any

from neutron.db.models import l3 as l3_models
from neutron.objects import router as router_objects
from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
from oslo_config import cfg
from oslo_log import log as logging
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.client import central
from tricircle.client import central_errors
from tricircle.db.local.models import Replica
from tricircle.local.engine import ledger
from tricircle.local.port import report as port_report
from tricircle.local.process import region
from tricircle.local.router.port import ports as router_ports
from tricircle.local.telling import outbox
from tricircle.local.telling import revisions as report_revisions
from tricircle.replica import messages
from tricircle.replica import types

LOG = logging.getLogger(__name__)


def port_changed(session: orm.Session, port_id: str, delay: float) -> None:
    """Note that central must hear of a router's port, if others reach it.

    In the caller's transaction.
    """
    if router_ports.is_shown(session, port_id):
        outbox.enqueue(session, ledger.ROUTER_PORT, [port_id], delay)


def floating_ip_changed(session: orm.Session, local_id: str) -> None:
    """Note that central must hear of a floating IP, if it is central's.

    In the caller's transaction.
    """
    router_id = session.scalar(
        sa.select(Replica.parent_id).where(
            Replica.resource_type == ledger.FLOATING_IP,
            Replica.local_id == local_id,
        )
    )
    if router_id is not None:
        outbox.enqueue(session, types.ROUTER, [router_id])


def read(router_id: str) -> messages.RouterReportBody | None:
    """Read how a router is, at one moment; None when it is not here."""
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        session = context.session
        if ledger.owned(session, types.ROUTER, router_id) is None:
            return None
        router = router_objects.Router.get_object(context, id=router_id)
        if router is None:
            return None
        floating_ip = l3_models.FloatingIP
        rows = session.execute(
            sa.select(Replica.resource_id, floating_ip.status)
            .join(floating_ip, floating_ip.id == Replica.local_id)
            .where(
                Replica.resource_type == ledger.FLOATING_IP,
                Replica.parent_id == router_id,
            )
        )
        return messages.RouterReportBody(
            revision=int(router.revision_number or 0),
            status=router.status or '',
            floating_ips={row.resource_id: row.status or '' for row in rows},
        )


def senders(
    conf: cfg.ConfigOpts, client: central.CentralClient
) -> dict[str, Callable[[str], None]]:
    """Return what sends the reports, by type of outbox entry.

    Where central knows no such port or router any more, its own job will
    remove it here, and there is nobody to tell.
    """

    def send_port(port_id: str) -> None:
        def look() -> messages.ReportBody | None:
            return port_report.body_now(port_id, conf, ledger.ROUTER_PORT)

        found = look()
        if found is None:
            return

        def send() -> None:
            said = report_revisions.send(
                f'port {port_id}',
                found,
                lambda body: client.report(port_id, region.name(conf), body),
                look,
            )
            port_report.note(port_id, said, ledger.ROUTER_PORT)

        _unless_gone(send)

    def send_router(router_id: str) -> None:
        found = read(router_id)
        if found is not None:
            _unless_gone(
                lambda: report_revisions.send(
                    f'router {router_id}',
                    found,
                    lambda body: client.report_router(
                        router_id, region.name(conf), body
                    ),
                    lambda: read(router_id),
                )
            )

    return {ledger.ROUTER_PORT: send_port, types.ROUTER: send_router}


def _unless_gone(send: Callable[[], Any]) -> None:
    try:
        send()
    except central_errors.CentralError as exc:
        if exc.status != 404 or exc.type == 'PodNotFound':
            raise
        LOG.info('Not reported to central: %s', exc.message)
