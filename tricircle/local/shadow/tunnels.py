# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Tunnels to hosts of other regions, as agents here are told of them.

Neutron tells its agents of a port as it comes up or goes. What it leaves to
the agents is done here, for a shadow has none: an agent that starts at
another address has all its ports told again, and no two agents have one
address, as the hosts behind an L2 gateway have, and a host that gets another
name has for a while.
"""

import collections
from collections.abc import Collection, Iterable, Mapping
from typing import Any, cast

from neutron.db import models_v2
from neutron.db.models import segment as segment_models
from neutron.objects.plugins.ml2 import vxlanallocation as endpoint_objects
from neutron.plugins.ml2 import models as ml2_models
from neutron.plugins.ml2.drivers.l2pop import rpc as l2pop_rpc
from neutron_lib import constants
from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.local.shadow import host_rows

_ALLOCATION = cast(sa.Table, models_v2.IPAllocation.__table__)
_BINDING = cast(sa.Table, ml2_models.PortBinding.__table__)
_PORT = cast(sa.Table, models_v2.Port.__table__)
_SEGMENT = cast(sa.Table, segment_models.NetworkSegment.__table__)


def set_endpoint(context: Any, name: str, address: str) -> None:
    """Make the end of a host's tunnel known to agents that start later.

    An address has one row. It stays with a host of this region, and with
    another host that is at it as well.

    :param name: what the host is called here
    """
    driver = directory.get_plugin().type_manager.drivers.get(
        constants.TYPE_VXLAN
    )
    if driver is None:
        return
    found = driver.obj.get_endpoint_by_ip(address)
    with db_api.CONTEXT_WRITER.using(context):
        known = host_rows.agents(context.session)
        if found is not None and found.host in known:
            # It may have been at the address before.
            _give_up(context, found.host, known[found.host]['tunnel_ip'])
        _give_up(context, name, address)
    driver.obj.add_endpoint(address, name)


def remove_endpoint(context: Any, name: str) -> None:
    """Forget the end of a host's tunnel, in the caller's transaction."""
    _give_up(context, name, None)


def _give_up(context: Any, name: str, address: str | None) -> None:
    """Take addresses from a host; others that are at one get it.

    :param address: that it keeps
    """
    for one in endpoint_objects.VxlanEndpoint.get_objects(context, host=name):
        if str(one.ip_address) == address:
            continue
        others = _at(context.session, str(one.ip_address)) - {name}
        if others:
            one.host = min(others)
            one.update()
        else:
            one.delete()


def lead_to(context: Any, name: str, before: str, address: str) -> None:
    """Have agents here reach a host's ports at another address.

    The new way is there before the old one goes. Repeating it does no harm.

    :param name: what the host is called here
    :param before: the address that it had
    """
    with db_api.CONTEXT_READER.using(context):
        session = context.session
        ports = _active(session, name)
        numbers = _segments(session, ports)
        shared = {
            network_id
            for other in _at(session, before) - {name}
            for network_id in _active(session, other, ports)
        }
    for network_id in sorted(set(ports) & set(numbers)):
        number = numbers[network_id]
        _tell(
            'add_fdb_entries',
            (network_id, number, address),
            [constants.FLOODING_ENTRY, *ports[network_id]],
        )
        if network_id not in shared:
            # Not the ports: an agent knows them by their MAC address alone.
            _tell(
                'remove_fdb_entries',
                (network_id, number, before),
                [constants.FLOODING_ENTRY],
            )


def keep(
    context: Any, network_id: str, left: Iterable[host_rows.Host]
) -> None:
    """Have agents here keep tunnels that other hosts have to themselves now.

    When the last port of a host goes Neutron takes away the way to its
    address, whoever else is there.

    :param left: hosts that ports of the network have left
    """
    with db_api.CONTEXT_READER.using(context):
        session = context.session
        known = host_rows.agents(session)
        gone = set(left)
        users = collections.Counter(one['tunnel_ip'] for one in known.values())
        addresses = {
            one['tunnel_ip']
            for one in known.values()
            if host_rows.host_of(one) in gone and users[one['tunnel_ip']] > 1
        }
        in_use = {
            one['tunnel_ip']
            for name, one in known.items()
            if one['tunnel_ip'] in addresses
            and _active(session, name, [network_id])
        }
        numbers = _segments(session, [network_id] if in_use else [])
    for number in numbers.values():
        for address in sorted(in_use):
            _tell(
                'add_fdb_entries',
                (network_id, number, address),
                [constants.FLOODING_ENTRY],
            )


def _at(session: orm.Session, address: str) -> set[str]:
    """Return what the hosts at an address are called here."""
    return {
        name
        for name, one in host_rows.agents(session).items()
        if one['tunnel_ip'] == address
    }


def _active(
    session: orm.Session, name: str, networks: Collection[str] | None = None
) -> Mapping[str, list[Any]]:
    """Return what agents here know of a host's ports, by network.

    :param networks: only the ports on these
    """
    query = (
        sa.select(
            _PORT.c.network_id, _PORT.c.mac_address, _ALLOCATION.c.ip_address
        )
        .join(_BINDING, _BINDING.c.port_id == _PORT.c.id)
        .outerjoin(_ALLOCATION, _ALLOCATION.c.port_id == _PORT.c.id)
        .where(
            _BINDING.c.host == name,
            _BINDING.c.status == constants.ACTIVE,
            _PORT.c.status == constants.PORT_STATUS_ACTIVE,
        )
    )
    if networks is not None:
        query = query.where(_PORT.c.network_id.in_(sorted(networks)))
    found: dict[str, list[Any]] = collections.defaultdict(list)
    for row in session.execute(query):
        of_network = found[row.network_id]
        if row.ip_address is not None:
            of_network.append(
                l2pop_rpc.PortInfo(
                    mac_address=str(row.mac_address),
                    ip_address=row.ip_address,
                )
            )
    return found


def _segments(session: orm.Session, networks: Iterable[str]) -> dict[str, int]:
    """Return the VXLAN numbers of networks."""
    rows = session.execute(
        sa.select(_SEGMENT.c.network_id, _SEGMENT.c.segmentation_id).where(
            _SEGMENT.c.network_id.in_(sorted(networks)),
            _SEGMENT.c.network_type == constants.TYPE_VXLAN,
        )
    )
    return {row.network_id: row.segmentation_id for row in rows}


def _tell(method: str, way: tuple[str, int, str], entries: list[Any]) -> None:
    """Tell all agents here, as Neutron's own driver does.

    :param method: of ``L2populationAgentNotifyAPI``
    :param way: network, its VXLAN number, and the address of the host
    """
    driver = directory.get_plugin().mechanism_manager.mech_drivers.get(
        'l2population'
    )
    if driver is None:
        return
    network_id, number, address = way
    getattr(driver.obj.L2populationAgentNotify, method)(
        neutron_context.get_admin_context_without_session(),
        {
            network_id: {
                'segment_id': number,
                'network_type': constants.TYPE_VXLAN,
                'ports': {address: entries},
            }
        },
    )
