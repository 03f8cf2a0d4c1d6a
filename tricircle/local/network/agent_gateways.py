# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports of L3 agents on central's external networks.

Through them floating IPs of distributed routers go in and out, on the host
of the instance. Neutron makes one for each agent when the agent, or a
floating IP, needs it. Here central has the address: what Neutron notes first,
which agent needs one where (``dvr_fip_gateway_port_network``), is what
central is told, all of a network at once, and the network's document brings
the ports.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final
import uuid

from neutron.db import models_v2
from neutron.db.models import agent as agent_models
from neutron.db.models import dvr as dvr_models
from neutron.db.models import external_net as external_models
from neutron.db.models import l3 as l3_models
from neutron.db.models import l3_attrs
from neutron_lib import constants
from neutron_lib import exceptions
from neutron_lib.api.definitions import portbindings
from neutron_lib.db import api as db_api
from neutron_lib.plugins import constants as plugin_constants
from neutron_lib.plugins import directory
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.conf import durations
from tricircle.conf import fault_point
from tricircle.local.engine import fixed_ips
from tricircle.local.engine import held_ports
from tricircle.local.engine import ledger
from tricircle.local.engine import parts
from tricircle.local.telling import outbox
from tricircle.replica import types

_NAMESPACE: Final = uuid.UUID('f27d0c43-6b0e-4d0a-9a55-3c1e8f6b7d28')


def port_id(network_id: str, agent_id: str) -> str:
    """Return the ID of an agent's port, which this region chooses."""
    return str(uuid.uuid5(_NAMESPACE, f'{network_id}/{agent_id}'))


def _needed(
    session: orm.Session, network_id: str
) -> dict[str, tuple[str, str]]:
    """Return ID and host of the agents that need a port, by its ID."""
    row, agent = dvr_models.DvrFipGatewayPortAgentBinding, agent_models.Agent
    return {
        port_id(network_id, found.id): (found.id, found.host)
        for found in session.execute(
            sa.select(agent.id, agent.host)
            .join(row, row.agent_id == agent.id)
            .where(row.network_id == network_id)
        )
    }


def needed(network_id: str, context: Any) -> list[str] | None:
    """Return the IDs of all ports that agents need on a network.

    :returns: None when it is no external one, and there can be none
    """
    external = external_models.ExternalNetwork
    with db_api.CONTEXT_READER.using(context):
        session = context.session
        if session.get(external, network_id) is None:
            return None
        return sorted(_needed(session, network_id))


def ask(context: Any, network_id: str, agent_id: str) -> None:
    """Note that an agent needs a port, and have central told."""
    row = dvr_models.DvrFipGatewayPortAgentBinding
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        if session.get(row, (network_id, agent_id)) is None:
            session.add(row(network_id=network_id, agent_id=agent_id))
        outbox.enqueue(session, types.NETWORK, [network_id])


def adopt(
    context: Any, network_id: str, agent_id: str, host: str
) -> dict[str, Any] | None:
    """Give an agent the port that is here for it and not its own yet.

    :returns: the port, None when there is none
    """
    wanted = port_id(network_id, agent_id)
    if wanted not in _marked(context, network_id):
        return None
    try:
        found: dict[str, Any] = directory.get_plugin().update_port(
            context, wanted, {'port': _device(agent_id, host)}
        )
    except exceptions.PortNotFound:
        return None
    return found


def observe(context: Any, network_id: str) -> list[dict[str, Any]]:
    """Read back the ports of agents on a network in document form."""
    return held_ports.observe(context, ledger.AGENT_GATEWAY, network_id)


def apply(
    context: Any,
    network_id: str,
    wanted: Iterable[Mapping[str, Any]],
    doing: parts.Parts,
) -> None:
    """Create and delete ports of agents until they are as wanted.

    One that an agent has and central no longer holds, as after a restore, is
    asked for again; one that no agent needs any more, central hears of.
    """
    by_id = {str(one['id']): one for one in wanted}
    marked = _marked(context, network_id)
    if not (by_id or marked):
        # As with most networks.
        return
    here = held_ports.read(context, marked)
    with db_api.CONTEXT_READER.using(context):
        agents = _needed(context.session, network_id)
    stays = {
        one
        for one, port in here.items()
        if one in by_id and held_ports.project(port) == dict(by_id[one])
    }
    if any(one in agents and one not in by_id for one in here):
        outbox.enqueue_now(types.NETWORK, [network_id])
    with doing.part('ports of L3 agents removed'):
        _remove(context, {*marked} - stays)
    hosts = set()
    for new in sorted(set(by_id) - stays):
        agent_id, host = agents.get(new, ('', ''))
        with doing.part(f'port {new} of an L3 agent'):
            _create(context, network_id, by_id[new], _device(agent_id, host))
            hosts.add(host)
    if '' in hosts:
        outbox.enqueue_now(types.NETWORK, [network_id], durations.AGENT_GONE)
    _tell(context, network_id, hosts - {''})


def remove(context: Any, network_id: str) -> None:
    """Delete all ports of agents on a network that goes."""
    _remove(context, _marked(context, network_id))


def _remove(context: Any, port_ids: Iterable[str]) -> None:
    for one in sorted(port_ids):
        held_ports.delete(context, one, ledger.AGENT_GATEWAY)


def gone(session: orm.Session, network_id: str, everywhere: bool) -> None:
    """Note that agents have lost ports on a network, and have central told.

    In the transaction that deleted them.

    :param everywhere: no agent needs one any more
    """
    port, row = models_v2.Port, dvr_models.DvrFipGatewayPortAgentBinding
    marked = {
        one.resource_id
        for one in ledger.children(session, ledger.AGENT_GATEWAY, network_id)
    }
    left = set(session.scalars(sa.select(port.id).where(port.id.in_(marked))))
    ledger.unmark(session, ledger.AGENT_GATEWAY, marked - left)
    if everywhere:
        session.execute(
            sa.delete(row)
            .where(row.network_id == network_id)
            .execution_options(synchronize_session=False)
        )
    if marked - left:
        outbox.enqueue(session, types.NETWORK, [network_id])


def deleted(session: orm.Session, gone_id: str) -> None:
    """Have central told, in the transaction that deletes a port."""
    row = ledger.owned(session, ledger.AGENT_GATEWAY, gone_id)
    if row is not None and row.parent_id:
        network_id = str(row.parent_id)
        ledger.unmark(session, ledger.AGENT_GATEWAY, [gone_id])
        outbox.enqueue(session, types.NETWORK, [network_id])


def _marked(context: Any, network_id: str) -> list[str]:
    return held_ports.marked(context, ledger.AGENT_GATEWAY, network_id)


def _device(agent_id: str, host: str) -> dict[str, str]:
    return {'device_id': agent_id, portbindings.HOST_ID: host}


def _create(
    context: Any,
    network_id: str,
    wanted: Mapping[str, Any],
    device: Mapping[str, str],
) -> None:
    held_ports.mark(context, ledger.AGENT_GATEWAY, wanted['id'], network_id)
    held_ports.create(
        context,
        {
            **wanted,
            'fixed_ips': fixed_ips.to_create(context, wanted['fixed_ips']),
        },
        network_id,
        constants.DEVICE_OWNER_AGENT_GW,
        **device,
    )
    fault_point.reach('local.agent_gateway.created')


def _tell(context: Any, network_id: str, hosts: Collection[str]) -> None:
    """Tell agents of the routers that waited for their ports.

    An agent that asked in vain gives up after a few times.
    """
    plugin = directory.get_plugin(plugin_constants.L3)
    if plugin is None or not hosts:
        return
    router, extra, port = (
        l3_models.Router,
        l3_attrs.RouterExtraAttributes,
        models_v2.Port,
    )
    with db_api.CONTEXT_READER.using(context):
        router_ids = list(
            context.session.scalars(
                sa.select(router.id)
                .join(extra, extra.router_id == router.id)
                .join(port, port.id == router.gw_port_id)
                .where(
                    port.network_id == network_id,
                    extra.distributed.is_(True),
                )
            )
        )
    if not router_ids:
        return
    for host in sorted(hosts):
        plugin.l3_rpc_notifier.routers_updated_on_host(
            context, router_ids, host
        )
