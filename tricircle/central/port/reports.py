# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What regions say of ports: bound, up, unbound, deleted.

A report may come late, twice, or after a newer one; a region sends the
latest state it has until central took it. So a report is applied when it is
no older than the last one that was taken.
"""

from typing import Any

from neutron.objects import trunk as trunk_objects
from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
from oslo_utils import timeutils
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.engine import regions
from tricircle.central.port import devices
from tricircle.central.port import dns_names
from tricircle.central.port import locations as port_locations
from tricircle.central.port import precommits
from tricircle.central.port import router_ports as router_port_locations
from tricircle.central.port import together
from tricircle.conf import fault_point
from tricircle.db import device_owners
from tricircle.db import retries
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence as presence_db
from tricircle.db.central.port import reads as central_ports
from tricircle.journal import intent
from tricircle.replica import messages
from tricircle.replica import types
from tricircle.replica.document import Generation


def take(
    port_id: str, region_name: str, report: messages.ReportBody
) -> int | None:
    """Take note of what a region says of a port.

    :returns: the revision of a newer report that was taken before, for
        which nothing changed; else None
    :raises PodNotFound: when there is no such region
    :raises neutron_lib.exceptions.PortNotFound: when central has no such
        port (any more)
    :raises PortNotPresent: when the port is not in that region
    :raises ReservedDevice: when it says what no region may say of a port
    """
    newer: int | None
    if report['device_owner'] in device_owners.ROUTER_PORTS:
        newer = router_port_locations.take(port_id, region_name, report)
    else:
        devices.check_reported(report)
        newer = _take(port_id, region_name, report)
    fault_point.reach('central.report.stored')
    return newer


@retries.bounded
def _take(
    port_id: str, region_name: str, report: messages.ReportBody
) -> int | None:
    context = n_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        noted = central_models.PortLocation
        port_locations.lock_network(
            session,
            report,
            tables.networks.c.id == noted.network_id,
            noted.port_id == port_id,
            noted.shadow_chunk.is_(None),
        )
        pod = regions.find_pod(session, region_name)
        port = locked(session, port_id)
        if port is None:
            raise n_exc.PortNotFound(port_id=port_id)
        location = session.get(
            central_models.PortLocation, port_id, with_for_update=True
        )
        if location is None or location.pod_id != pod.pod_id:
            raise port_locations.PortNotPresent(
                port_id=port_id, region=region_name
            )
        if messages.is_outdated(report, location.revision):
            return int(location.revision)
        renamed = dns_names.take(session, port_id, report)
        show(session, port_id, port, report, renamed)
        was_used = bool(location.host or location.device_id)
        port_locations.note(
            session, location, report, region_name, port.project_id, renamed
        )
        if 'counter' in report:
            intent.confirm(
                session,
                types.PORT,
                port_id,
                region_name,
                Generation(report.get('epoch', 0), report['counter']),
                report.get('digest', ''),
            )
        used = bool(location.host or location.device_id)
        if (used and location.release) or (
            was_used and not used and not location.made_here
        ):
            # Used again: a release that was asked for is called off. Used
            # no more: a port made in central is for whichever region wants
            # it next.
            together.release(
                session, location, region_name, port.project_id, not used
            )
    return None


def locked(session: orm.Session, port_id: str) -> Any:
    """Return what a report changes of a port, locked; None without one."""
    return session.execute(
        sa.select(
            tables.ports.c.network_id,
            tables.ports.c.project_id,
            tables.ports.c.standard_attr_id,
            tables.ports.c.status,
            tables.ports.c.device_id,
            tables.ports.c.device_owner,
        )
        .where(tables.ports.c.id == port_id)
        .with_for_update()
    ).one_or_none()


def show(
    session: orm.Session,
    port_id: str,
    port: Any,
    report: messages.ReportBody,
    renamed: bool = False,
) -> None:
    """Make central's port show what the region said.

    Row by row, not by update_port: that would be a change of central's, to
    be sent to the region that it came from.

    :param renamed: its DNS name has just changed, so that it is shown anew
    """
    told = {
        'status': report['status'],
        'device_id': report['device_id'],
        'device_owner': report['device_owner'],
    }
    bindings = tables.port_bindings
    bound = {
        'host': report['host'],
        'vif_type': report['vif_type'],
        'vnic_type': report['vnic_type'],
    }
    is_active = sa.and_(
        bindings.c.port_id == port_id,
        bindings.c.status == central_ports.ACTIVE_BINDING,
    )
    shown = session.execute(
        sa.select(
            bindings.c.host, bindings.c.vif_type, bindings.c.vnic_type
        ).where(is_active)
    ).one_or_none()
    if shown is None:
        session.execute(
            sa.insert(bindings).values(
                port_id=port_id, status=central_ports.ACTIVE_BINDING, **bound
            )
        )
    elif dict(shown._mapping) != bound:
        session.execute(sa.update(bindings).where(is_active).values(bound))
    elif not renamed and all(port._mapping[key] == told[key] for key in told):
        return
    session.execute(
        sa.update(tables.ports)
        .where(tables.ports.c.id == port_id)
        .values(told)
    )
    attributes = tables.standard_attributes
    session.execute(
        sa.update(attributes)
        .where(attributes.c.id == port.standard_attr_id)
        .values(
            revision_number=attributes.c.revision_number + 1,
            updated_at=timeutils.utcnow().replace(microsecond=0),
        )
    )


def delete(port_id: str, region_name: str) -> None:
    """Delete a port in central because a region has deleted it.

    As any deletion of a port, with all that hangs on it. Of a port that is
    gone, or that this region has not (any more), nothing is left to do: it
    is none of its business. A region releases no port that was deleted in
    it, so it has what it deleted until central has heard.

    :raises PodNotFound: when there is no such region
    :raises neutron_lib.exceptions.InUse: when something in central holds
        the port
    """
    context = n_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        regions.find_pod(context.session, region_name)
        holders = presence_db.regions_of(context.session, types.PORT, port_id)
        there = context.session.scalar(
            sa.select(tables.ports.c.id).where(tables.ports.c.id == port_id)
        )
    if there is None or region_name not in holders:
        return
    _leave_trunk(context, port_id)
    with precommits.gone_from(context, port_id, region_name):
        directory.get_plugin().delete_port(context, port_id)


@retries.bounded
def _leave_trunk(context: Any, port_id: str) -> None:
    """Take a port out of its trunk, and end the trunk of a parent.

    A region that has trunks refuses to delete such a port, as Neutron does
    anywhere. One that has none knows no better.
    """
    with db_api.CONTEXT_WRITER.using(context):
        for found in (
            trunk_objects.SubPort.get_object(context, port_id=port_id),
            trunk_objects.Trunk.get_object(context, port_id=port_id),
        ):
            if found is not None:
                found.delete()
