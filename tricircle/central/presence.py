# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Presence: the one place where a region is given a resource.

Whatever way a request comes, by pull, by a port that a region makes, by a
push to a region that never asked, it comes through here, and here is
checked who asks, whether the region is in the resource's scope, and whether
another region has what only one may have. What is granted is committed in
one piece: the row of ``resource_routings``, the region's own addresses, the
project's security groups, the entries of the journal.
"""

import dataclasses
from typing import Any

from neutron.db import models_v2
from neutron.db.models import securitygroup as group_models
from neutron.extensions import securitygroup as group_ext
from neutron_lib import constants
from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.api.validators import availability_zone as az_validator
from neutron_lib.db import api as db_api
from neutron_lib.db import model_query
from oslo_config import cfg
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central import reservations
from tricircle.central import shadow_chunks
from tricircle.conf import central as central_config
from tricircle.conf import fault_point
from tricircle.db import central_groups
from tricircle.db import central_models
from tricircle.db import neutron_tables as tables
from tricircle.db import presence as presence_db
from tricircle.journal import intent
from tricircle.plan import scope
from tricircle.replica import types

central_config.register(cfg.CONF)


class PodNotFound(n_exc.NotFound):
    """A region that is no pod, or is central's own."""

    message = 'Pod %(region)s could not be found.'


class NetworkNotFound(n_exc.NetworkNotFound):
    """A network that is not for this region; the text says why."""

    message = (
        'Network %(net_id)s could not be found in %(region)s: %(reason)s.'
    )


class PortInUse(n_exc.PortInUse):
    """A port that another region has."""

    message = 'Port %(port_id)s is in region %(holder)s: %(reason)s.'


@dataclasses.dataclass(frozen=True)
class Caller:
    """On whose behalf a region asks.

    :ivar project_id: the project of the user in the region
    :ivar is_admin: the user may see everything
    """

    project_id: str
    is_admin: bool

    @classmethod
    def of(cls, context: Any) -> 'Caller':
        """Return who made a request to central itself."""
        return cls(context.project_id or '', bool(context.is_admin))


_MODELS = {
    types.NETWORK: models_v2.Network,
    types.PORT: models_v2.Port,
    types.SECURITY_GROUP: group_models.SecurityGroup,
}


def check_visible(
    caller: Caller, resource_type: str, resource_id: str
) -> None:
    """Refuse what the caller's project may not see.

    Neutron decides: its own resource, one shared with it, an external
    network, a port on its own network.

    :raises neutron_lib.exceptions.NotFound: the type's own
    """
    if caller.is_admin:
        return
    model = _MODELS[resource_type]
    if caller.project_id:
        context = n_context.Context(
            project_id=caller.project_id,
            roles=['member', 'reader'],
            is_admin=False,
            is_service_role=False,
            overwrite=False,
        )
        with db_api.CONTEXT_READER.using(context):
            if (
                model_query.query_with_hooks(context, model, field='id')
                .filter(model.id == resource_id)
                .first()
                is not None
            ):
                return
    raise not_found(resource_type, resource_id)


def not_found(resource_type: str, resource_id: str) -> n_exc.NotFound:
    """Return Neutron's own error for a resource that is not there."""
    match resource_type:
        case types.NETWORK:
            return n_exc.NetworkNotFound(net_id=resource_id)
        case types.PORT:
            return n_exc.PortNotFound(port_id=resource_id)
        case _:
            return group_ext.SecurityGroupNotFound(id=resource_id)


def find_pod(session: orm.Session, region_name: str) -> presence_db.Pod:
    """Return the pod of a region.

    :raises PodNotFound: when the region is none that has resources
    """
    for pod in presence_db.pods(session):
        if pod.region_name == region_name:
            return pod
    raise PodNotFound(region=region_name)


def _grace() -> float:
    return float(cfg.CONF.tricircle.replica_grace)


def grant(
    resource_type: str,
    resource_id: str,
    region_name: str,
    caller: Caller,
    dhcp_agents: int = 1,
) -> None:
    """Give a region a resource; safe to repeat, and in several at once.

    For ports this includes the port's network, for all their security
    groups. Not to be called in a transaction: it has its own.

    :param resource_type: network, port or security-group
    :param caller: who must be able to see the resource
    :param dhcp_agents: how many DHCP ports the region needs on a network
    :raises PodNotFound: when there is no such region
    :raises neutron_lib.exceptions.NotFound: the type's own, when the caller
        may not see it, or the region is not in its scope
    :raises PortInUse: when another region has the port
    :raises neutron_lib.exceptions.IpAddressGenerationFailure: when a subnet
        has no address left for the region
    """
    check_visible(caller, resource_type, resource_id)
    match resource_type:
        case types.NETWORK:
            grant_network(resource_id, region_name, dhcp_agents)
        case types.PORT:
            _grant_port(resource_id, region_name)
        case _:
            _grant_group(resource_id, region_name)
    fault_point.reach('central.presence.granted')


@db_api.retry_db_errors
def grant_network(
    network_id: str, region_name: str, dhcp_agents: int = 1
) -> None:
    """Give a region a network that the caller is known to see.

    :raises PodNotFound: when there is no such region
    :raises NetworkNotFound: when the region is not in the network's scope
    :raises neutron_lib.exceptions.IpAddressGenerationFailure: when a subnet
        has no address left for the region
    """
    context = n_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        # The first statement, so that all others see what those wrote who
        # had the lock before: one region after the other.
        network = session.execute(
            sa.select(
                tables.networks.c.project_id,
                tables.networks.c.availability_zone_hints,
            )
            .where(tables.networks.c.id == network_id)
            .with_for_update()
        ).one_or_none()
        if network is None:
            raise n_exc.NetworkNotFound(net_id=network_id)
        pod = find_pod(session, region_name)
        holders = presence_db.regions_of(session, types.NETWORK, network_id)
        if region_name not in holders:
            _enter_network(
                session,
                network_id,
                network.project_id or '',
                az_validator.convert_az_string_to_list(
                    network.availability_zone_hints
                ),
                pod,
                holders,
            )
        reservations.reserve(context, network_id, pod, dhcp_agents)
        intent.ensure(
            session,
            [
                intent.Intent(
                    types.NETWORK,
                    network_id,
                    region_name,
                    network.project_id,
                    _grace(),
                )
            ],
        )


def _enter_network(
    session: orm.Session,
    network_id: str,
    project_id: str,
    hints: list[str],
    pod: presence_db.Pod,
    holders: list[str],
) -> None:
    regions = [one.region for one in presence_db.pods(session)]
    if pod.region_name not in scope.regions_of(hints, regions):
        raise NetworkNotFound(
            net_id=network_id,
            region=pod.region_name,
            reason='its availability zone hints are '
            + ', '.join(sorted(hints)),
        )
    network_type = session.scalar(
        sa.select(tables.segments.c.network_type)
        .where(tables.segments.c.network_id == network_id)
        .order_by(tables.segments.c.segment_index)
        .limit(1)
    )
    exclusive = network_type == scope.TYPE_LOCAL
    if exclusive and holders:
        raise NetworkNotFound(
            net_id=network_id,
            region=pod.region_name,
            reason='it is of type local and lives in ' + holders[0],
        )
    presence_db.insert(
        session, pod.pod_id, types.NETWORK, network_id, project_id, exclusive
    )
    follow_groups(
        session,
        pod,
        central_groups.of_project(session, project_id) if project_id else [],
    )
    # What the other regions have on it, this one has to reach.
    intent.record(
        session,
        [
            intent.Intent(
                types.SHADOW_PORTS,
                types.shadow_id(network_id, chunk),
                pod.region_name,
                project_id,
            )
            for chunk in shadow_chunks.chunks_of(session, network_id)
        ],
    )


def follow_groups(
    session: orm.Session, pod: presence_db.Pod, group_ids: list[str]
) -> None:
    """Give a region security groups, and those their rules lead to.

    In the transaction of the caller. Groups that the region has already
    are left alone: whatever gave them to it gave those that they lead to.
    """
    if not group_ids:
        return
    absent = set(group_ids) - presence_db.present_in(
        session, types.SECURITY_GROUP, group_ids, pod.pod_id
    )
    if not absent:
        return
    closure = central_groups.closure(session, absent)
    projects = central_groups.existing(session, closure)
    presence_db.insert_absent(
        session, pod.pod_id, types.SECURITY_GROUP, projects
    )
    intent.ensure(
        session,
        [
            intent.Intent(
                types.SECURITY_GROUP,
                group_id,
                pod.region_name,
                project_id,
                _grace(),
            )
            for group_id, project_id in projects.items()
        ],
    )


def follow_ports(
    session: orm.Session,
    pod: presence_db.Pod,
    port_ids: list[str],
    project_id: str,
) -> None:
    """Give a region the security groups of ports that it has or gets.

    A project that is new in the region takes all its groups along, because
    its users choose among them there.
    """
    table = tables.port_groups
    group_ids = set(
        session.scalars(
            sa.select(table.c.security_group_id).where(
                table.c.port_id.in_(port_ids)
            )
        )
    )
    absent = group_ids - presence_db.present_in(
        session, types.SECURITY_GROUP, group_ids, pod.pod_id
    )
    if not absent:
        return
    if project_id:
        absent.update(central_groups.of_project(session, project_id))
    follow_groups(session, pod, sorted(absent))


def follow_rule(
    session: orm.Session, group_id: str, remote_group_id: str | None
) -> None:
    """Give the regions of a group the remote group of its new rule.

    In the transaction that makes the rule.
    """
    if remote_group_id is None or remote_group_id == group_id:
        return
    for pod in presence_db.pods_to_tell(
        session, types.SECURITY_GROUP, group_id
    ):
        follow_groups(session, pod, [remote_group_id])


@db_api.retry_db_errors
def _grant_group(group_id: str, region_name: str) -> None:
    context = n_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        pod = find_pod(context.session, region_name)
        if not central_groups.existing(context.session, [group_id]):
            raise group_ext.SecurityGroupNotFound(id=group_id)
        follow_groups(context.session, pod, [group_id])


def belongs_to_central(device_owner: str) -> bool:
    """Tell whether a port is no region's.

    The ports of routers and DHCP servers are central's own affair: each
    region has others.
    """
    return device_owner.startswith(constants.DEVICE_OWNER_NETWORK_PREFIX)


def _grant_port(port_id: str, region_name: str) -> None:
    context = n_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        port = context.session.execute(
            sa.select(
                tables.ports.c.network_id, tables.ports.c.device_owner
            ).where(tables.ports.c.id == port_id)
        ).one_or_none()
    if port is None or belongs_to_central(port.device_owner):
        raise n_exc.PortNotFound(port_id=port_id)
    grant_network(port.network_id, region_name)
    refusal = _enter_port(port_id, region_name)
    if refusal is not None:
        raise refusal


@db_api.retry_db_errors
def _enter_port(port_id: str, region_name: str) -> PortInUse | None:
    """Return the refusal, which must not undo that a release was asked."""
    context = n_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        port = session.execute(
            sa.select(
                tables.ports.c.network_id,
                tables.ports.c.project_id,
                tables.ports.c.device_id,
            )
            .where(tables.ports.c.id == port_id)
            .with_for_update()
        ).one_or_none()
        if port is None:
            raise n_exc.PortNotFound(port_id=port_id)
        pod = find_pod(session, region_name)
        location = session.scalars(
            sa.select(central_models.PortLocation)
            .where(central_models.PortLocation.port_id == port_id)
            .with_for_update()
        ).one_or_none()
        if location is None:
            place_port(
                session,
                pod,
                port_id,
                port.network_id,
                port.project_id or '',
                port.device_id,
            )
            return None
        if location.pod_id == pod.pod_id:
            if location.release:
                _keep(session, location, region_name)
            return None
        return _ask_to_release(session, location)


def place_port(
    session: orm.Session,
    pod: presence_db.Pod,
    port_id: str,
    network_id: str,
    project_id: str,
    device_id: str,
    made_here: bool = False,
) -> None:
    """Make a port present in a region, in the transaction of the caller.

    :param device_id: what uses the port
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
    follow_ports(session, pod, [port_id], project_id)
    intent.ensure(
        session,
        [
            intent.Intent(
                types.PORT, port_id, pod.region_name, project_id, _grace()
            )
        ],
    )


def _keep(
    session: orm.Session,
    location: central_models.PortLocation,
    region_name: str,
) -> None:
    """Call a release off: the region wants the port again."""
    location.release = False
    intent.record(
        session,
        [
            intent.Intent(
                types.PORT, location.port_id, region_name, delay=_grace()
            )
        ],
    )


def _ask_to_release(
    session: orm.Session, location: central_models.PortLocation
) -> PortInUse:
    holder = (
        session.scalar(
            sa.select(central_models.Pod.region_name).where(
                central_models.Pod.pod_id == location.pod_id
            )
        )
        or ''
    )
    if location.host or location.device_id:
        return PortInUse(
            port_id=location.port_id,
            holder=holder,
            reason='%s %s uses it there'
            % (
                ('device', location.device_id)
                if location.device_id
                else ('host', location.host)
            ),
        )
    location.release = True
    intent.record(
        session, [intent.Intent(types.PORT, location.port_id, holder)]
    )
    return PortInUse(
        port_id=location.port_id,
        holder=holder,
        reason='nothing uses it there, and %s is being asked to release it; '
        'try again' % holder,
    )
