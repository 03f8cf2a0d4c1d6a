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
when central is away. A host is known by its region and its name there.
"""

from collections.abc import Iterable, Mapping
import itertools
from typing import Any, cast

from neutron.db.models import agent as agent_models
from neutron.objects import agent as agent_objects
from neutron.objects.plugins.ml2 import vxlanallocation as endpoint_objects
from neutron_lib import constants
from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
from oslo_config import cfg
from oslo_log import log as logging
from oslo_utils import timeutils
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.local.engine import ledger
from tricircle.local.shadow import host_rows
from tricircle.local.shadow import tunnels
from tricircle.local.shadow.host_rows import Host

LOG = logging.getLogger(__name__)

#: In the configuration of a shadow agent: whose host it is.
_REGION = 'tricircle_region'
#: Neutron keeps 255 characters of a host's name.
_LONGEST = 120


def names(session: orm.Session) -> dict[Host, str]:
    """Return what the hosts of other regions are called here.

    Without those whose agent is gone, or is one of this region's by now.
    """
    noted = host_rows.names(session)
    if not noted:
        return {}
    table = cast(sa.Table, agent_models.Agent.__table__)
    there = set(
        session.scalars(
            sa.select(table.c.host).where(
                table.c.host.in_(noted.values()),
                table.c.configurations.contains(_REGION),
            )
        )
    )
    return {host: name for host, name in noted.items() if name in there}


def hosts(context: Any) -> set[Host]:
    """Return the hosts of other regions that are noted here."""
    with db_api.CONTEXT_READER.using(context):
        return set(host_rows.names(context.session))


def name_of(known: Mapping[Host, str], host: Host) -> str:
    """Return what a host is called here, also if it is not here yet.

    :param known: see :func:`names`
    """
    return known.get(host) or _candidate(host, 1)


def _candidate(host: Host, number: int) -> str:
    """Return the name to try after so many that were taken.

    The plain one first, by which an administrator knows it.
    """
    region, name = host
    if number == 0:
        return name
    return f'{name[:_LONGEST]}@{region[:_LONGEST]}' + (
        f'#{number}' if number > 1 else ''
    )


def _agent(context: Any, agent_type: str, name: str) -> Any:
    return agent_objects.Agent.get_object(
        context, agent_type=agent_type, host=name
    )


def _is_shadow(found: Any) -> bool:
    """Tell whether an agent is one of another region.

    An agent of this region that takes the name of a shadow says what it is.
    """
    return _REGION in (found.configurations or {})


def _is_free(found: Any) -> bool:
    """Tell whether no host of this region has the name of an agent."""
    return found is None or _is_shadow(found)


def _address(context: Any, agent_type: str, name: str) -> str | None:
    """Return the address at which agents here reach a shadow's host."""
    found = _agent(context, agent_type, name)
    if found is None or not _is_shadow(found):
        return None
    address = found.configurations.get('tunneling_ip')
    return None if address is None else str(address)


def _is_told(context: Any, found: Any, agent: Mapping[str, Any]) -> bool:
    """Tell whether Neutron has a shadow's agent as it was noted, and alive.

    Whoever noted it may have died before that.
    """
    address = agent['tunnel_ip']
    return (
        found is not None
        and bool(found.is_active)
        and (found.configurations or {}).get('tunneling_ip') == address
        and bool(
            endpoint_objects.VxlanEndpoint.objects_exist(
                context, ip_address=address
            )
        )
    )


def _claim(
    context: Any, agent: dict[str, Any], seen_as: str | None
) -> tuple[str, bool]:
    """Give a host the name that it has here, and note its agent.

    In the caller's transaction, which has read nothing yet. Regions name
    their hosts as they like: one whose name a host of this or of a third
    region has gets another, so that nobody's traffic goes where a region
    says that another's host is.

    :param seen_as: the name that the host had a moment ago, if any
    :returns: the name, and whether all of it was noted before
    """
    session = context.session
    if seen_as is not None:
        # Whoever takes the agent away is done with it, or comes later.
        host_rows.locked(session, seen_as)
    host = host_rows.host_of(agent)
    known = host_rows.agents(session)
    before = host_rows.by_host(known).get(host)
    if before is not None:
        found = _agent(context, agent['agent_type'], before)
        if found is None or _is_shadow(found):
            same = known[before] == agent and _is_told(context, found, agent)
            _note(session, before, agent)
            return before, same
        LOG.warning(
            'Host %s of %s is called otherwise here: this region has a host '
            'of that name now',
            agent['host'],
            agent['region'],
        )
        ledger.unmark(session, ledger.SHADOW_AGENT, [before])
        del known[before]
    name = next(
        candidate
        for candidate in (_candidate(host, one) for one in itertools.count())
        if candidate not in known
        and _is_free(_agent(context, agent['agent_type'], candidate))
    )
    _note(session, name, agent)
    return name, False


def _note(session: orm.Session, name: str, agent: dict[str, Any]) -> None:
    ledger.mark(
        session,
        ledger.SHADOW_AGENT,
        name,
        parent_id=agent['region'],
        detail=dict(agent),
    )


def _state(agent: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        'agent_type': agent['agent_type'],
        'binary': 'neutron-openvswitch-agent',
        'host': name,
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
            _REGION: agent['region'],
            'tricircle_host': agent['host'],
        },
    }


def ensure(context: Any, agents: Iterable[dict[str, Any]]) -> dict[Host, str]:
    """Make the agents exist, alive, with their present addresses.

    :returns: what all hosts of other regions are called here
    """
    plugin = directory.get_plugin()
    with db_api.CONTEXT_READER.using(context):
        seen = host_rows.names(context.session)
    for agent in agents:
        with db_api.CONTEXT_WRITER.using(context):
            name, is_as_wanted = _claim(
                context, agent, seen.get(host_rows.host_of(agent))
            )
        if is_as_wanted:
            continue
        address = agent['tunnel_ip']
        before = _address(context, agent['agent_type'], name)
        if before is not None and before != address:
            # Whoever dies in between leaves Neutron's row as it was, and all
            # of it is done again.
            tunnels.lead_to(context, name, before, address)
        plugin.create_or_update_agent(
            context, _state(agent, name), timeutils.utcnow()
        )
        if before is not None and before != address:
            # Who asked Neutron in between was told the old one.
            tunnels.lead_to(context, name, before, address)
        tunnels.set_endpoint(context, name, address)
    with db_api.CONTEXT_READER.using(context):
        return names(context.session)


def remove_unneeded(
    context: Any, hosts: Iterable[Host], document_id: str
) -> None:
    """Remove the agents of hosts that no shadow port is on any more.

    Nor is one on its way: another document's ports may be about to come.

    :param document_id: of the shadow ports by which it is asked
    """
    with db_api.CONTEXT_READER.using(context):
        seen = host_rows.names(context.session)
    for host in sorted(set(hosts) & set(seen)):
        with db_api.CONTEXT_WRITER.using(context):
            session = context.session
            row = host_rows.locked(session, seen[host])
            if (
                row is None
                or host_rows.host_of(ledger.detail(row)) != host
                or host_rows.is_needed(session, host, but_by=document_id)
            ):
                continue
            agent, name = ledger.detail(row), row.resource_id
            found = _agent(context, agent['agent_type'], name)
            if found is not None and _is_shadow(found):
                found.delete()
            # In one go, nobody would find what is left.
            tunnels.remove_endpoint(context, name)
            ledger.unmark(session, ledger.SHADOW_AGENT, [name])


def refresh() -> None:
    """Keep all shadow agents alive; one statement.

    For all hosts of the region: by the database's clock, not by that of the
    host that does it.
    """
    context = neutron_context.get_admin_context()
    table = cast(sa.Table, agent_models.Agent.__table__)
    oldest = clock.Now(-max(1.0, int(cfg.CONF.agent_down_time) / 3))
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        here = list(host_rows.agents(session))
        if here:
            session.execute(
                sa.update(table)
                .where(
                    table.c.host.in_(here),
                    # Not those of this region's own that took the name.
                    table.c.configurations.contains(_REGION),
                    table.c.heartbeat_timestamp < oldest,
                )
                .values(heartbeat_timestamp=clock.Now())
            )
