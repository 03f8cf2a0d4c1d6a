# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Port forwardings: regions do not get them, so they are refused there.

Neutron says nothing of them before they are made, so this looks at what a
session is about to write. Where no region has anything of the router or
the instance, nothing is refused; what was made then shows in the state of
the router's replicas.
"""

from collections.abc import Iterable

from neutron.db.models import port_forwarding as models
from neutron_lib import exceptions as n_exc
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables


class PortForwardingNotCarried(n_exc.BadRequest):
    """A port forwarding that no region would have."""

    message = (
        'Floating IP %(floating_ip_id)s cannot forward to port %(port_id)s, '
        'which is in a region, or whose router is: regions do not get port '
        'forwardings. Associate a floating IP with the port instead, and '
        'let its security groups say what may come in.'
    )


def check(session: orm.Session, touched: Iterable[object]) -> None:
    """Check port forwardings that are about to be written.

    :param touched: what the session writes, of any kind
    :raises PortForwardingNotCarried: 400
    """
    for one in touched:
        if isinstance(one, models.PortForwarding):
            _check(session, one)


def _check(session: orm.Session, wanted: models.PortForwarding) -> None:
    floating_ip, location, piece = (
        tables.floating_ips,
        central_models.PortLocation,
        central_models.RouterPiece,
    )
    port_id = wanted.internal_neutron_port_id
    concerned = sa.or_(
        sa.exists().where(location.port_id == port_id),
        sa.exists().where(
            floating_ip.c.id == wanted.floatingip_id,
            piece.router_id == floating_ip.c.router_id,
        ),
    )
    if session.scalar(sa.select(sa.literal(1)).where(concerned)) is not None:
        raise PortForwardingNotCarried(
            floating_ip_id=wanted.floatingip_id, port_id=port_id
        )
