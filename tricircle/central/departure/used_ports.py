# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports that are in a region which leaves, or is lost.

In central they stay, with their addresses: they are of no region, down, and
used by nothing, until another region uses them.
"""

from typing import Any, Final

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.port import locations as port_locations
from tricircle.central.port import reports as port_reports
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence as presence_db
from tricircle.journal import router_intents
from tricircle.replica import messages
from tricircle.replica import types

_Location = central_models.PortLocation
#: Ports in one transaction.
AT_ONCE: Final = 50


def unbind(session: orm.Session, pod: Any) -> None:
    """Let nothing use some ports of a region, as far as central knows.

    Other regions lose their shadows.
    """
    for port_id in _ports(
        session,
        pod,
        sa.or_(_Location.host != '', _Location.device_id != ''),
    ):
        _unbind(session, pod, port_id)


def take_back(session: orm.Session, pod: Any) -> None:
    """Have some ports of a region that is lost in no region."""
    for port_id in _ports(session, pod):
        network_id = _unbind(session, pod, port_id)
        presence_db.revoke(session, types.PORT, port_id, pod.region_name)
        if network_id is not None:
            router_intents.record_on(session, network_id)


def _ports(
    session: orm.Session, pod: Any, *which: sa.ColumnElement[bool]
) -> list[str]:
    return list(
        session.scalars(
            sa.select(_Location.port_id)
            .where(
                _Location.pod_id == pod.pod_id,
                _Location.piece_id.is_(None),
                *which,
            )
            .order_by(_Location.port_id)
            .limit(AT_ONCE)
        )
    )


def _unbind(session: orm.Session, pod: Any, port_id: str) -> str | None:
    """Show a port as unbound; return its network.

    As if its region had said so. Locked in the order of reports.
    """
    port = port_reports.locked(session, port_id)
    location = session.get(_Location, port_id, with_for_update=True)
    if location is None or location.pod_id != pod.pod_id:
        return None
    said = messages.ReportBody(
        revision=location.revision,
        host='',
        device_id='',
        device_owner='',
        vif_type=portbindings.VIF_TYPE_UNBOUND,
        vnic_type=_vnic_type(session, port_id),
        status=constants.PORT_STATUS_DOWN,
    )
    port_locations.note(
        session,
        location,
        said,
        pod.region_name,
        None if port is None else port.project_id,
    )
    session.flush()
    if port is None:
        return None
    port_reports.show(session, port_id, port, said)
    return str(port.network_id)


def _vnic_type(session: orm.Session, port_id: str) -> str:
    binding = tables.port_bindings.c
    return str(
        session.scalar(
            sa.select(binding.vnic_type).where(binding.port_id == port_id)
        )
        or portbindings.VNIC_NORMAL
    )
