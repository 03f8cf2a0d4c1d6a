# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Port forwardings: noticing when one is made, changed or removed.

Neutron tells of them after its transactions only, and of a port's forwardings
not at all that go with the port.
"""

from collections.abc import Iterable
from typing import Any

from neutron.db.models import l3 as l3_models
from neutron.db.models import port_forwarding as models
from neutron_lib import constants
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.held import ownership
from tricircle.db.central import neutron_tables as tables


def check(session: orm.Session, touched: Iterable[object]) -> None:
    """Check port forwardings that are about to be written.

    :param touched: what the session writes, of any kind
    :raises ReservedForRegion: 409, when one is to a port that central holds
        for a region
    """
    for one in touched:
        if isinstance(one, models.PortForwarding):
            ownership.check_port_in(
                session, one.internal_neutron_port_id, 'forwarded to'
            )


def routers_of(session: orm.Session, one: Any) -> list[str]:
    """Return the router that a port forwarding is on.

    With the last one of a floating IP that goes, that is said before: see
    :func:`routers_left`.
    """
    table = tables.floating_ips
    found = session.scalar(
        sa.select(table.c.router_id).where(table.c.id == one.floatingip_id)
    )
    return [found] if found else []


def router_described(session: orm.Session, attribute_id: int) -> str | None:
    """Return the router of a port forwarding, by its standard attributes."""
    row, floating_ip = tables.port_forwardings, tables.floating_ips
    return session.scalar(
        sa.select(floating_ip.c.router_id)
        .join(row, row.c.floatingip_id == floating_ip.c.id)
        .where(row.c.standard_attr_id == attribute_id)
    )


def routers_left(session: orm.Session, one: Any) -> list[str]:
    """Return the router that a floating IP is on no more.

    One that forwarded ports: of the others Neutron tells in time.
    """
    if one in session.deleted:
        # With its port, of which Neutron tells.
        return []
    routers = sa.inspect(one).attrs.router_id.history
    ports = sa.inspect(one).attrs.fixed_port_id.history
    if one.router_id or one.fixed_port_id or ports.has_changes():
        return []
    left = [router_id for router_id in routers.deleted or () if router_id]
    if left and one.status == constants.FLOATINGIP_STATUS_ACTIVE:
        # No region has it any more that would say so.
        one.status = constants.FLOATINGIP_STATUS_DOWN
    return left


#: What the rows are, for the engine.
ROWS = {
    models.PortForwarding: routers_of,
    l3_models.FloatingIP: routers_left,
}
