# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks, as the engine must know them."""

from typing import Final

from neutron.db import models_v2
from neutron_lib import context as neutron_context
from oslo_config import cfg

from tricircle.client import central
from tricircle.local.asking import dhcp_agents
from tricircle.local.asking import pull
from tricircle.local.engine import kinds
from tricircle.local.network import agent_gateways
from tricircle.local.network import applier
from tricircle.replica import messages
from tricircle.replica import types


def _senders(
    conf: cfg.ConfigOpts, client: central.CentralClient
) -> dict[str, kinds.Sender]:
    def refresh(network_id: str) -> None:
        """Get a network anew: an agent lacks a port here, or has too many."""
        body = messages.PullBody(
            project_id='',
            is_admin=True,
            dhcp_agents=dhcp_agents.needed(conf, network_id),
        )
        gateways = agent_gateways.needed(
            network_id, neutron_context.get_admin_context()
        )
        if gateways is not None:
            body['agent_gateways'] = gateways
        pull.again(client, conf, types.NETWORK, network_id, body)

    return {types.NETWORK: refresh}


KIND: Final = kinds.Kind(
    type=types.NETWORK,
    applier=applier.NetworkApplier(),
    senders=_senders,
    shared_as=('network', 'Network'),
    model=models_v2.Network,
)
