# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports in regions: in one at a time."""

from collections.abc import Mapping

from neutron_lib import constants
from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.engine import presence
from tricircle.central.engine import regions
from tricircle.central.group import presence as group_presence
from tricircle.central.held import ownership
from tricircle.central.network import presence as network_presence
from tricircle.central.port import together
from tricircle.central.qos import presence as qos_presence
from tricircle.db import retries
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence as presence_db
from tricircle.db.central.port import trunks as central_trunks
from tricircle.journal import group_members
from tricircle.journal import intent
from tricircle.journal import router_intents
from tricircle.replica import messages
from tricircle.replica import types


class PortInUse(n_exc.PortInUse):
    """A port that another region has."""

    message = 'Port %(port_id)s is in region %(holder)s: %(reason)s.'


class PortBeingReleased(PortInUse):
    """A port that another region has, and is giving up on request."""


class PortElsewhere(PortInUse):
    """A port that another region has, and that is only looked at."""


def belongs_to_central(device_owner: str) -> bool:
    """Tell whether a port is no region's.

    The ports of routers and DHCP servers are central's own affair: each
    region has others. One that a region has already stays that region's,
    whatever an administrator makes it say of itself.
    """
    return device_owner.startswith(constants.DEVICE_OWNER_NETWORK_PREFIX)


def grant(port_id: str, region_name: str, purpose: str = messages.USE) -> None:
    """Give a region a port that the caller is known to see.

    With the parent of a trunk goes what the trunk carries, all or nothing.

    :param purpose: see messages.PullBody. To look, it is given only if no
        other region has it or is giving it up; to be deleted, never
    :raises PodNotFound: when there is no such region
    :raises neutron_lib.exceptions.NotFound: when there is no such port, or
        its network is not for the region
    :raises PortInUse: when another region has it and uses it
    :raises PortBeingReleased: when another region has it, does not use it,
        and has been asked to give it up
    :raises PortElsewhere: when it is only looked at
    """
    context = n_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        port = context.session.execute(
            sa.select(
                tables.ports.c.network_id, tables.ports.c.device_owner
            ).where(tables.ports.c.id == port_id)
        ).one_or_none()
        reserved = ownership.is_reserved(context.session, port_id)
        pod = regions.find_pod(context.session, region_name)
        # Without a lock: whoever only looks holds up nobody.
        location = context.session.scalars(
            sa.select(central_models.PortLocation).where(
                central_models.PortLocation.port_id == port_id
            )
        ).one_or_none()
        in_region = location is not None and not location.piece_id
        if (
            port is None
            or reserved
            or (not in_region and belongs_to_central(port.device_owner))
        ):
            raise n_exc.PortNotFound(port_id=port_id)
        look = purpose != messages.USE
        if look and (location is not None or purpose == messages.DELETE):
            network_presence.check_scope(context.session, port.network_id, pod)
            _check_here(context.session, port_id, location, pod)
        trunk = central_trunks.of_port(context.session, port_id)
        if trunk is not None and port_id != trunk.parent_id:
            _check_carried(
                context.session, trunk, port_id, location, pod, look
            )
        networks = {port.network_id} | together.networks_of(
            context.session, port_id, trunk
        )
        absent = networks - presence_db.present_in(
            context.session, types.NETWORK, networks, pod.pod_id
        )
    for network_id in sorted(absent):
        network_presence.grant(network_id, region_name)
    refusal = _enter(port_id, region_name, look)
    if refusal is not None:
        raise refusal


def _check_carried(
    session: orm.Session,
    trunk: central_trunks.Trunk,
    port_id: str,
    location: central_models.PortLocation | None,
    pod: presence_db.Pod,
    look: bool,
) -> None:
    """Refuse a port that a trunk carries where that is not.

    :raises PortElsewhere: when it is only looked at
    :raises PortInUse: when it is to be used
    """
    if (
        location is not None
        and location.pod_id == pod.pod_id
        and not location.release
    ):
        return
    refusal = PortElsewhere if look else PortInUse
    raise refusal(
        port_id=port_id,
        holder='none' if location is None else _holder(session, location),
        reason=f'it is a subport of trunk {trunk.id}, and goes where port '
        f'{trunk.parent_id} is used',
    )


@retries.bounded
def _enter(port_id: str, region_name: str, look: bool) -> PortInUse | None:
    """Return the refusal, which must not undo that a release was asked."""
    context = n_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        # First, so that a trunk that is being made on it is seen.
        ports = together.lock(session, [port_id])
        if port_id not in ports:
            raise n_exc.PortNotFound(port_id=port_id)
        pod = regions.find_pod(session, region_name)
        trunk = central_trunks.of_port(session, port_id)
        if trunk is not None:
            ports |= together.lock(
                session, together.companions(trunk, port_id)
            )
        locations = together.locations(session, ports)
        if port_id not in locations or not look:
            regions.check_receives(pod)
        if look and port_id in locations:
            _check_here(session, port_id, locations[port_id], pod)
            return None
        elsewhere = [
            one for one in locations.values() if one.pod_id != pod.pod_id
        ]
        if elsewhere and look:
            _check_here(session, port_id, elsewhere[0], pod)
        if elsewhere:
            return _ask_to_release(session, trunk, locations, elsewhere)
        _keep(
            session,
            trunk,
            [one for one in locations.values() if one.release],
            region_name,
        )
        for one in together.ready(session, pod, ports.values()):
            if one.id not in locations:
                place(
                    session,
                    pod,
                    one.id,
                    one.network_id,
                    one.project_id or '',
                    one.device_id,
                    one.policy_id,
                )
        if trunk is not None:
            presence.give(
                session, pod, types.TRUNK, {trunk.id: trunk.project_id}
            )
    return None


def _check_here(
    session: orm.Session,
    port_id: str,
    location: central_models.PortLocation | None,
    pod: presence_db.Pod,
) -> None:
    """Refuse a look at what a region has not, or is about to give up.

    :raises PortElsewhere: if so
    """
    if location is None:
        raise PortElsewhere(
            port_id=port_id, holder='none', reason='central has it'
        )
    if location.pod_id == pod.pod_id and not location.release:
        return
    raise PortElsewhere(
        port_id=port_id,
        holder=_holder(session, location),
        reason='it comes to another region when it is used there',
    )


def place(
    session: orm.Session,
    pod: presence_db.Pod,
    port_id: str,
    network_id: str,
    project_id: str,
    device_id: str,
    qos_policy_id: str | None,
    made_here: bool = False,
) -> None:
    """Make a port present in a region, in the transaction of the caller.

    :param device_id: what uses the port
    :param qos_policy_id: its own policy, if it has one
    :param made_here: the region chose the port's ID
    :raises oslo_db.exception.DBDuplicateEntry: when a region has the port
    """
    presence_db.insert(
        session, pod.pod_id, types.PORT, port_id, project_id, exclusive=True
    )
    session.add(
        central_models.PortLocation(
            port_id=port_id,
            pod_id=pod.pod_id,
            network_id=network_id,
            device_id=device_id,
            made_here=made_here,
        )
    )
    session.flush()
    if made_here:
        router_intents.record_first_port(
            session, network_id, pod.pod_id, port_id
        )
    else:
        # It may have a floating IP already.
        router_intents.record_on(session, network_id)
    group_presence.follow_ports(session, pod, [port_id], project_id)
    qos_presence.follow(session, pod, [qos_policy_id])
    if not made_here:
        group_members.moved(session, [port_id], pod.region_name)
    intent.ensure(
        session,
        [
            intent.Intent(
                types.PORT,
                port_id,
                pod.region_name,
                project_id,
                regions.grace(),
            )
        ],
    )


def _keep(
    session: orm.Session,
    trunk: central_trunks.Trunk | None,
    locations: list[central_models.PortLocation],
    region_name: str,
) -> None:
    """Call a release off: the region wants the ports again."""
    if not locations:
        return
    for one in locations:
        one.release = False
    together.record(
        session, trunk, locations, region_name, delay=regions.grace()
    )


def _holder(
    session: orm.Session, location: central_models.PortLocation
) -> str:
    return (
        session.scalar(
            sa.select(central_models.Pod.region_name).where(
                central_models.Pod.pod_id == location.pod_id
            )
        )
        or ''
    )


def _ask_to_release(
    session: orm.Session,
    trunk: central_trunks.Trunk | None,
    locations: Mapping[str, central_models.PortLocation],
    elsewhere: list[central_models.PortLocation],
) -> PortInUse:
    """Have other regions give up ports that nothing uses there."""
    for one in elsewhere:
        if together.is_used(trunk, one, locations):
            return PortInUse(
                port_id=one.port_id,
                holder=_holder(session, one),
                reason='%s %s uses it there'
                % (
                    ('device', one.device_id)
                    if one.device_id
                    else ('host', one.host)
                ),
            )
    for one in elsewhere:
        one.release = True
        together.record(session, trunk, [one], _holder(session, one))
    holder = _holder(session, elsewhere[0])
    return PortBeingReleased(
        port_id=elsewhere[0].port_id,
        holder=holder,
        reason='nothing uses it there, and %s is being asked to release it; '
        'try again' % holder,
    )
