# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports that a router replica has: gateways, interfaces, those for SNAT.

They have no document of their own. Each is marked before it is made, with
its router as parent, so that whatever an interruption leaves is found.
"""

from collections.abc import Collection
from typing import Any, Final

from neutron.db import models_v2
from neutron.db.models import l3 as l3_models
from neutron.db.models import segment as segments_models
from neutron_lib import constants
from neutron_lib.db import api as db_api
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.local.engine import held_ports
from tricircle.local.engine import ledger
from tricircle.local.engine import refusals
from tricircle.local.port import detail as port_detail
from tricircle.local.router import reads as router_reads
from tricircle.replica import types
from tricircle.replica.body import canonical

GATEWAY = 'gateway'
INTERFACE = 'interface'
SNAT = 'snat'
#: What a router's port may be marked as: it may have been one by itself.
_MARKS: Final = (ledger.ROUTER_PORT, types.PORT)


def project(port: dict[str, Any]) -> dict[str, Any]:
    """Return a router's port in document form."""
    return {
        'port_id': port['id'],
        'network_id': port['network_id'],
        'mac_address': str(port['mac_address']),
        'fixed_ips': canonical.ordered(
            {
                'subnet_id': str(one['subnet_id']),
                'ip_address': str(one['ip_address']),
            }
            for one in port['fixed_ips']
        ),
    }


def attached(
    context: Any,
    router_id: str,
    owners: Collection[str] = constants.ROUTER_INTERFACE_OWNERS,
) -> dict[str, dict[str, Any]]:
    """Return the interfaces that a router has, in document form, by ID.

    Only those that the L3 agent gets: where Neutron was interrupted, a port
    may name the router and not be on it.
    """
    row = l3_models.RouterPort
    return {
        port['id']: project(port)
        for port in router_reads.ports(
            context,
            models_v2.Port.device_id == router_id,
            sa.exists().where(
                row.port_id == models_v2.Port.id,
                row.router_id == router_id,
                row.port_type.in_(owners),
            ),
        )
    }


def is_on(context: Any, router_id: str, port_id: str) -> bool:
    """Tell whether Neutron has a port on a router, whatever the port says."""
    row = l3_models.RouterPort
    with db_api.CONTEXT_READER.using(context):
        return bool(
            context.session.scalar(
                sa.select(
                    sa.exists().where(
                        row.port_id == port_id, row.router_id == router_id
                    )
                )
            )
        )


def find(context: Any, port_id: str) -> dict[str, Any] | None:
    """Return a port of the region, None when there is none of that ID."""
    found = router_reads.ports(context, models_v2.Port.id == port_id)
    return found[0] if found else None


def claim(
    context: Any, router_id: str, kind: str, wanted: dict[str, Any]
) -> dict[str, Any] | None:
    """Mark a port that is about to be made.

    :param kind: :data:`GATEWAY`, :data:`INTERFACE` or :data:`SNAT`
    :param wanted: a RouterGateway or RouterInterface
    :returns: the port when there is one of that ID, which central owns
    :raises ReplicaConflict: when the region has one of its own
    """
    port_id = wanted['port_id']
    found = find(context, port_id)
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        if found is not None and not (
            ledger.held(session, ledger.ROUTER_PORT, [port_id])
            or ledger.held(session, types.PORT, [port_id])
        ):
            raise refusals.ReplicaConflict(type=types.PORT, id=port_id)
        known = ledger.get(session, ledger.ROUTER_PORT, port_id)
        ledger.mark(
            session,
            ledger.ROUTER_PORT,
            port_id,
            parent_id=router_id,
            detail={
                # What central was told of it, for one.
                **ledger.detail(known),
                'kind': kind,
                port_detail.SHOWN: _spans_regions(
                    session, wanted['network_id']
                ),
            },
        )
    return found


def is_nobodys(session: orm.Session, network_id: str) -> bool:
    """Tell whether a network of central has no project: bridge networks."""
    row = ledger.owned(session, types.NETWORK, network_id)
    return row is not None and row.project_id == ''


def _spans_regions(session: orm.Session, network_id: str) -> bool:
    """Tell whether a network of central is one VXLAN over several regions.

    One whose segment this region chose is in no other.
    """
    row = ledger.owned(session, types.NETWORK, network_id)
    if row is None or not ledger.detail(row).get('provider', True):
        return False
    segment = segments_models.NetworkSegment
    return bool(
        session.scalar(
            sa.select(
                sa.exists().where(
                    segment.network_id == network_id,
                    segment.network_type == constants.TYPE_VXLAN,
                )
            )
        )
    )


def is_shown(session: orm.Session, port_id: str) -> bool:
    """Tell whether other regions have to know where a router's port is.

    They do on a network that they have as well: of a host that they have no
    tunnel to they take nothing, and it may run no instance.
    """
    row = ledger.owned(session, ledger.ROUTER_PORT, port_id)
    return row is not None and port_detail.is_shown(row.detail)


def ours(context: Any, router_id: str, kind: str | None = None) -> list[str]:
    """Return the IDs of the ports that were marked for a router."""
    with db_api.CONTEXT_READER.using(context):
        return [
            row.resource_id
            for row in ledger.children(
                context.session, ledger.ROUTER_PORT, router_id
            )
            if kind is None or ledger.detail(row).get('kind') == kind
        ]


def delete(context: Any, port_id: str) -> None:
    """Delete a port of central's that may still be there, and its marks."""
    held_ports.delete(context, port_id, *_MARKS)


def forget(context: Any, port_id: str) -> None:
    """Take the marks off a port that is gone."""
    held_ports.unmark(context, port_id, *_MARKS)
