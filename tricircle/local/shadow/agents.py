# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Shadow agents: the hosts of other regions, as this region sees them.

Neutron binds a port only to a live agent, and l2population tells the hosts
here of the tunnel address in that agent's configuration. No agent reports
for a shadow, so the region itself keeps it alive, from its own ledger, also
when central is away.
"""

from collections.abc import Iterable
import datetime
from typing import Any, cast

from neutron.db.models import agent as agent_models
from neutron.objects import agent as agent_objects
from neutron_lib import constants
from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
from oslo_config import cfg
from oslo_log import log as logging
from oslo_utils import timeutils
import sqlalchemy as sa

from tricircle.local.engine import ledger

LOG = logging.getLogger(__name__)


def _state(agent: dict[str, Any]) -> dict[str, Any]:
    return {
        'agent_type': agent['agent_type'],
        'binary': 'neutron-openvswitch-agent',
        'host': agent['host'],
        'topic': constants.L2_AGENT_TOPIC,
        'configurations': {
            'tunneling_ip': agent['tunnel_ip'],
            'tunnel_types': [constants.TYPE_VXLAN],
            'l2_population': True,
            'bridge_mappings': {},
            'enable_distributed_routing': False,
            'arp_responder_enabled': False,
            'in_distributed_mode': False,
            'devices': 0,
            'tricircle_region': agent['region'],
        },
    }


def ensure(context: Any, agents: Iterable[dict[str, Any]]) -> None:
    """Make the agents exist, alive, with their present addresses."""
    plugin = directory.get_plugin()
    for agent in agents:
        with db_api.CONTEXT_WRITER.using(context):
            row = ledger.get(
                context.session, ledger.SHADOW_AGENT, agent['host']
            )
            known = ledger.detail(row)
            if row is None and agent_objects.Agent.objects_exist(
                context, agent_type=agent['agent_type'], host=agent['host']
            ):
                LOG.error(
                    'Host %s of %s has the name of a host of this region: '
                    'its ports are not reachable from here. Host names '
                    'must differ in all regions.',
                    agent['host'],
                    agent['region'],
                )
                continue
            ledger.mark(
                context.session,
                ledger.SHADOW_AGENT,
                agent['host'],
                parent_id=agent['region'],
                detail=dict(agent),
            )
        if known == agent and _alive(context, agent):
            continue
        plugin.create_or_update_agent(
            context, _state(agent), timeutils.utcnow()
        )
        _set_endpoint(plugin, agent)


def _alive(context: Any, agent: dict[str, Any]) -> bool:
    with db_api.CONTEXT_READER.using(context):
        found = agent_objects.Agent.get_object(
            context, agent_type=agent['agent_type'], host=agent['host']
        )
        return found is not None and bool(found.is_active)


def _set_endpoint(plugin: Any, agent: dict[str, Any]) -> None:
    """Make the tunnel's end known to agents that start later."""
    driver = plugin.type_manager.drivers.get(constants.TYPE_VXLAN)
    if driver is None:
        return
    old = driver.obj.get_endpoint_by_host(agent['host'])
    if old is not None and old.ip_address != agent['tunnel_ip']:
        driver.obj.delete_endpoint(old.ip_address)
    driver.obj.add_endpoint(agent['tunnel_ip'], agent['host'])


def remove_unused(context: Any, hosts: Iterable[str]) -> None:
    """Remove the agents of hosts that no shadow port is on any more."""
    plugin = directory.get_plugin()
    for host in sorted(set(hosts)):
        with db_api.CONTEXT_WRITER.using(context):
            session = context.session
            row = ledger.get(session, ledger.SHADOW_AGENT, host)
            if row is None or ledger.shadow_ports_on(session, host):
                continue
            agent = ledger.detail(row)
            agent_objects.Agent.delete_objects(
                context, agent_type=agent['agent_type'], host=host
            )
            ledger.unmark(session, ledger.SHADOW_AGENT, [host])
        driver = plugin.type_manager.drivers.get(constants.TYPE_VXLAN)
        if driver is not None:
            driver.obj.delete_endpoint(agent['tunnel_ip'])


def refresh() -> None:
    """Keep all shadow agents alive; one statement."""
    context = neutron_context.get_admin_context()
    now = timeutils.utcnow()
    table = cast(sa.Table, agent_models.Agent.__table__)
    oldest = now - datetime.timedelta(
        seconds=max(1, int(cfg.CONF.agent_down_time) / 3)
    )
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        hosts = ledger.shadow_hosts(session)
        if hosts:
            session.execute(
                sa.update(table)
                .where(
                    table.c.host.in_(hosts),
                    table.c.heartbeat_timestamp < oldest,
                )
                .values(heartbeat_timestamp=now)
            )
