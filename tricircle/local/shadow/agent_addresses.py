# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Noticing that a host's tunnel address changed.

Other regions reach the ports on a host at that address, so what is bound
there has to be reported again.
"""

from typing import Any

from neutron.plugins.ml2 import models as ml2_models
from neutron_lib import context as neutron_context
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
from oslo_config import cfg
import sqlalchemy as sa

from tricircle.conf import client as client_conf
from tricircle.db import retries
from tricircle.db.local.models import Replica
from tricircle.local.engine import ledger
from tricircle.local.port import detail as port_detail
from tricircle.local.telling import outbox
from tricircle.replica import types

#: Address of each host when it was last looked at, in this process.
_seen: dict[str, str | None] = {}


def watch(conf: cfg.ConfigOpts) -> None:
    """Look at every report of an agent, in whichever process it comes."""
    if conf[client_conf.GROUP].cross_pod_vxlan_mode != 'p2p':
        return
    for event in (events.AFTER_CREATE, events.AFTER_UPDATE):
        registry.subscribe(_reported, resources.AGENT, event)


def _reported(resource: str, event: str, trigger: Any, payload: Any) -> None:
    agent = payload.latest_state
    if not agent or agent.get('agent_type') != types.AGENT_TYPE_OVS:
        return
    configurations = agent.get('configurations') or {}
    if configurations.get('tricircle_region'):
        # A shadow of another region's.
        return
    host, address = agent['host'], configurations.get('tunneling_ip')
    is_known = host in _seen and _seen[host] == address
    if is_known and event != events.AFTER_CREATE:
        # One that was removed may have been another in between.
        return
    report_again(host, address)
    _seen[host] = address


@retries.bounded
def report_again(host: str, address: str | None) -> None:
    """Report the central ports on a host that were reported otherwise.

    Those of routers as well: other regions take nothing from a host that
    they have no tunnel to.
    """
    context = neutron_context.get_admin_context()
    binding = ml2_models.PortBinding
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        rows = session.execute(
            sa.select(
                Replica.resource_type, Replica.resource_id, Replica.detail
            )
            .join(binding, binding.port_id == Replica.resource_id)
            .where(
                Replica.resource_type.in_((types.PORT, ledger.ROUTER_PORT)),
                Replica.state.in_(ledger.HELD),
                binding.host == host,
            )
        )
        changed: dict[str, list[str]] = {
            types.PORT: [],
            ledger.ROUTER_PORT: [],
        }
        for row in rows:
            if port_detail.told_address(row.detail) != address and (
                row.resource_type == types.PORT
                or port_detail.is_shown(row.detail)
            ):
                changed[row.resource_type].append(row.resource_id)
        for kind, ids in changed.items():
            outbox.enqueue(session, kind, ids)
