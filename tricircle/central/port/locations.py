# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Where ports are, as their regions reported, and what follows from it.

A port that is bound to a host is shown to the other regions that have its
network, so that their hosts reach it.
"""

from typing import Final

from neutron_lib import exceptions as n_exc
from neutron_lib.api.definitions import portbindings
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.shadow import chunks as shadow_chunks
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.journal import intent
from tricircle.replica import messages

_NOT_BOUND: Final = frozenset(
    ['', portbindings.VIF_TYPE_UNBOUND, portbindings.VIF_TYPE_BINDING_FAILED]
)


class PortNotPresent(n_exc.Conflict):
    """A report on a port that is not in the region that reports."""

    message = 'Port %(port_id)s is not present in region %(region)s.'


def bound_to(report: messages.ReportBody) -> str:
    """Return the host that a port is bound to, '' when it is not."""
    return '' if report['vif_type'] in _NOT_BOUND else report['host']


def needs_chunk(report: messages.ReportBody) -> bool:
    """Tell whether other regions could reach a port by a tunnel."""
    return bool(
        bound_to(report)
        and report.get('tunnel_ip')
        and report.get('agent_type')
    )


def lock_network(
    session: orm.Session,
    report: messages.ReportBody,
    *of: sa.ColumnElement[bool],
) -> None:
    """Fill the chunks of a network in turn.

    Before anything is read in this transaction, so that what others filled
    is seen. Only where a chunk may be needed, because this holds up whoever
    makes a port on the network.

    :param of: which network. By columns of other tables: a subquery would
        read what was before the wait
    """
    if not needs_chunk(report):
        return
    session.execute(
        sa.select(tables.networks.c.id).where(*of).with_for_update()
    ).first()


def note(
    session: orm.Session,
    location: central_models.PortLocation,
    report: messages.ReportBody,
    region_name: str,
    project_id: str | None,
    renamed: bool = False,
) -> None:
    """Take note of a report, and keep the port's place among the shadows.

    The other regions hear of it when what they are to show has changed. The
    caller has locked the port's network (:func:`lock_network`).

    :param renamed: the port has another DNS name by now
    """
    before = _shown(location)
    if not needs_chunk(report):
        location.shadow_chunk = None
    elif location.shadow_chunk is None and shadow_chunks.wanted(
        session, location.network_id
    ):
        location.shadow_chunk = shadow_chunks.assign(
            session, location.network_id
        )
    location.host = bound_to(report)
    location.device_id = report['device_id']
    location.vif_type = report['vif_type']
    location.agent_type = report.get('agent_type')
    location.tunnel_ip = report.get('tunnel_ip')
    location.status = report['status']
    location.revision = report['revision']
    after = _shown(location)
    if before != after or renamed:
        intent.record(
            session,
            shadow_chunks.intents(
                session,
                location.network_id,
                {one[0] for one in (before, after) if one[0] is not None},
                region_name,
                project_id,
            ),
        )


def _shown(
    location: central_models.PortLocation,
) -> tuple[int | None, str, str | None, str | None]:
    """Return what the other regions show of a port, its chunk first."""
    return (
        location.shadow_chunk,
        location.host,
        location.agent_type,
        location.tunnel_ip,
    )
