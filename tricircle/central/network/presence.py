# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks in regions: scope, and what a region needs of its own."""

from collections.abc import Collection

from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.api.validators import availability_zone as az_validator
from neutron_lib.db import api as db_api
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.engine import regions
from tricircle.central.group import presence as group_presence
from tricircle.central.held import agent_gateways as agent_gateway_ports
from tricircle.central.held import reservations
from tricircle.central.network import pools
from tricircle.central.qos import presence as qos_presence
from tricircle.central.shadow import chunks as shadow_chunks
from tricircle.db import retries
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence as presence_db
from tricircle.db.central.group import reads as central_groups
from tricircle.journal import intent
from tricircle.plan import network as network_plan
from tricircle.plan import scope
from tricircle.replica import types


class NetworkNotFound(n_exc.NetworkNotFound):
    """A network that is not for this region; the text says why."""

    message = (
        'Network %(net_id)s could not be found in %(region)s: %(reason)s.'
    )


@retries.bounded
def grant(
    network_id: str,
    region_name: str,
    dhcp_agents: int = 1,
    agent_gateways: Collection[str] | None = None,
) -> None:
    """Give a region a network that the caller is known to see.

    :param agent_gateways: see messages.PullBody
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
        pod = regions.receiving_pod(session, region_name)
        holders = presence_db.regions_of(session, types.NETWORK, network_id)
        if region_name not in holders:
            enter(
                session,
                network_id,
                network.project_id or '',
                az_validator.convert_az_string_to_list(
                    network.availability_zone_hints
                ),
                pod,
                holders,
            )
        seen = reservations.reserve(context, network_id, pod, dhcp_agents)
        pools.follow(session, pod, network_plan.subnet_pools(seen))
        qos_presence.follow(session, pod, [seen.qos_policy_id])
        if agent_gateways is not None:
            agent_gateway_ports.settle(
                context, network_id, pod, agent_gateways
            )
        intent.ensure(
            session,
            [
                intent.Intent(
                    types.NETWORK,
                    network_id,
                    region_name,
                    network.project_id,
                    regions.grace(),
                )
            ],
        )


def enter(
    session: orm.Session,
    network_id: str,
    project_id: str,
    hints: list[str],
    pod: presence_db.Pod,
    holders: list[str],
) -> None:
    """Make a network present in a region, in the transaction of the caller.

    :param hints: the network's availability zone hints
    :param holders: regions that have it
    :raises NetworkNotFound: when the region is not in the network's scope
    """
    _check_hints(session, network_id, hints, pod)
    exclusive = _is_local(session, network_id)
    if exclusive and holders:
        raise NetworkNotFound(
            net_id=network_id,
            region=pod.region_name,
            reason='it is of type local and lives in ' + holders[0],
        )
    presence_db.insert(
        session, pod.pod_id, types.NETWORK, network_id, project_id, exclusive
    )
    group_presence.follow(
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


def check_scope(
    session: orm.Session, network_id: str, pod: presence_db.Pod
) -> None:
    """Refuse a region that could not have a network; gives it nothing.

    :raises NetworkNotFound: when the region is not in the network's scope
    """
    holders = presence_db.regions_of(session, types.NETWORK, network_id)
    if pod.region_name in holders:
        return
    hints = session.scalar(
        sa.select(tables.networks.c.availability_zone_hints).where(
            tables.networks.c.id == network_id
        )
    )
    _check_hints(
        session,
        network_id,
        az_validator.convert_az_string_to_list(hints),
        pod,
    )
    if holders and _is_local(session, network_id):
        raise NetworkNotFound(
            net_id=network_id,
            region=pod.region_name,
            reason='it is of type local and lives in ' + holders[0],
        )


def _check_hints(
    session: orm.Session,
    network_id: str,
    hints: list[str],
    pod: presence_db.Pod,
) -> None:
    known = [one.region for one in presence_db.serving(session)]
    if pod.region_name not in scope.regions_of(hints, known):
        raise NetworkNotFound(
            net_id=network_id,
            region=pod.region_name,
            reason='its availability zone hints are '
            + ', '.join(sorted(hints)),
        )


def _is_local(session: orm.Session, network_id: str) -> bool:
    network_type = session.scalar(
        sa.select(tables.segments.c.network_type)
        .where(tables.segments.c.network_id == network_id)
        .order_by(tables.segments.c.segment_index)
        .limit(1)
    )
    return network_type == scope.TYPE_LOCAL
