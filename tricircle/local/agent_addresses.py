# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A host that changes its tunnel address is reported anew."""

from typing import Any

from neutron.objects import ports as port_objects
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
from oslo_config import cfg

from tricircle.local import ledger
from tricircle.local import outbox
from tricircle.replica import types

_known: dict[tuple[str, str], str | None] = {}


def watch(conf: cfg.ConfigOpts) -> None:
    """Look at every report of an agent; in whichever process it comes."""
    if conf.client.cross_pod_vxlan_mode != 'p2p':
        return
    for event in (events.AFTER_CREATE, events.AFTER_UPDATE):
        registry.subscribe(_reported, resources.AGENT, event)


def _reported(resource: str, event: str, trigger: Any,
              payload: Any = None) -> None:
    agent = (payload.metadata or {}).get('agent') or payload.latest_state
    if not agent or agent.get('agent_type') != types.AGENT_TYPE_OVS:
        return
    host = agent['host']
    address = (agent.get('configurations') or {}).get('tunneling_ip')
    key = (types.AGENT_TYPE_OVS, host)
    # The first report in this process counts as a change: nobody knows what
    # it was when the process started.
    if _known.get(key, '') == address:
        return
    _known[key] = address
    context = payload.context.elevated()
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        if ledger.get(session, ledger.SHADOW_AGENT, host) is not None:
            return
        bound = {binding.port_id for binding in
                 port_objects.PortBinding.get_objects(context, host=host)}
        outbox.enqueue(session, types.PORT,
                       ledger.held(session, types.PORT, bound))
