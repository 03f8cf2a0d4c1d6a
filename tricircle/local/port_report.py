# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How a port of central is in this region, for central to know."""

import dataclasses
import datetime
import json
from typing import Any

from neutron.objects import agent as agent_objects
from neutron.objects import ports as port_objects
from neutron_lib.api.definitions import portbindings
from neutron_lib.db import api as db_api
from oslo_config import cfg
from oslo_utils import timeutils

from tricircle.local import ledger
from tricircle.replica import types
from tricircle.replica.messages import ReportBody

#: VIF types, and the agent that serves them.
AGENT_OF_VIF = {
    portbindings.VIF_TYPE_OVS: types.AGENT_TYPE_OVS,
    portbindings.VIF_TYPE_VHOST_USER: types.AGENT_TYPE_OVS,
}


@dataclasses.dataclass(frozen=True)
class Found:
    """What stands in this region's tables.

    :ivar report: what to tell central, None when there is no port
    :ivar state: the ledger's state, None without a row
    :ivar stale: the row is older than an allocation may take
    """

    report: ReportBody | None
    state: str | None
    stale: bool


def read(context: Any, port_id: str, conf: cfg.ConfigOpts) -> Found:
    """Read a port and its ledger row at one moment."""
    with db_api.CONTEXT_READER.using(context):
        row = ledger.get(context.session, types.PORT, port_id)
        if row is None:
            return Found(None, None, False)
        since = timeutils.utcnow() - datetime.timedelta(
            seconds=conf.tricircle.allocation_grace)
        stale = row.created_at < since
        port = port_objects.Port.get_object(context, id=port_id)
        if port is None or row.state not in ledger.HELD:
            return Found(None, row.state, stale)
        return Found(_report(context, port, row, conf), row.state, stale)


def _report(context: Any, port: Any, row: Any,
            conf: cfg.ConfigOpts) -> ReportBody:
    binding = next((one for one in port.bindings or []
                    if one.status == 'ACTIVE'), None)
    host = binding.host if binding else ''
    vif_type = binding.vif_type if binding else ''
    if vif_type in (portbindings.VIF_TYPE_UNBOUND,
                    portbindings.VIF_TYPE_BINDING_FAILED):
        bound = False
    else:
        bound = bool(host)
    report = ReportBody(
        revision=int(port.revision_number or 0),
        host=host, device_id=port.device_id or '',
        device_owner=port.device_owner or '',
        vif_type=vif_type,
        vnic_type=binding.vnic_type if binding else 'normal',
        status=port.status)
    agent_type = AGENT_OF_VIF.get(vif_type) if bound else None
    if agent_type:
        report['agent_type'] = agent_type
        report['tunnel_ip'] = tunnel_ip(context, host, agent_type, conf)
    if row.digest:
        report['epoch'] = row.epoch
        report['counter'] = row.counter
        report['digest'] = row.digest
    return report


def tunnel_ip(context: Any, host: str, agent_type: str,
              conf: cfg.ConfigOpts) -> str | None:
    """Return the address that other regions reach a host's ports at."""
    if conf.client.cross_pod_vxlan_mode == 'l2gw':
        gateway = conf.tricircle.l2gw_tunnel_ip
        return str(gateway) if gateway else None
    agent = agent_objects.Agent.get_object(
        context, agent_type=agent_type, host=host)
    if agent is None:
        return None
    configurations = agent.configurations or {}
    if isinstance(configurations, str):
        configurations = json.loads(configurations)
    address = configurations.get('tunneling_ip')
    return str(address) if address else None
