# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""The guard in a process of its own, beside the switch that it guards.

The bridges, their OpenFlow controller, the extension API and the registry
are Neutron's own, the objects are too; only the agent's main loop, and the
server at the other end of the RPC, are played by the test. It writes
commands as lines of JSON, and reads one line for each.
"""

import functools
import json
import sys
import threading
import traceback
from typing import Any
import uuid

import netaddr
from neutron.agent.common import ovs_lib  # noqa: F401  (registers options)
from neutron.api.rpc.callbacks import resources
from neutron.api.rpc.handlers import resources_rpc
from neutron.common import config as neutron_config
from neutron.conf.agent import common as agent_conf
from neutron.objects import ports
from neutron.objects import subnet as subnets
from neutron.plugins.ml2.drivers.openvswitch.agent import (
    ovs_agent_extension_api as extension_api,  # noqa: H301
)
from neutron.plugins.ml2.drivers.openvswitch.agent.openflow.native import (
    base_oskenapp,  # noqa: H301
)
from neutron.plugins.ml2.drivers.openvswitch.agent.openflow.native import (
    br_phys,  # noqa: H301
)
from neutron.plugins.ml2.drivers.openvswitch.agent.openflow.native import (
    br_tun,  # noqa: H301
)
from neutron.plugins.ml2.drivers.openvswitch.agent.openflow.native import (
    main as openflow,  # noqa: H301
)
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from os_ken.base import app_manager
from oslo_config import cfg
import oslo_messaging

from tricircle.agent import region_guard
from tricircle.conf import agent as guard_conf


class Server:
    """A region's Neutron, as far as the guard asks it."""

    def __init__(self) -> None:
        self.silent = False
        self.ports: list[ports.Port] = []
        self.subnets: list[subnets.Subnet] = []

    def bulk_pull(
        self, context: Any, kind: str, filter_kwargs: dict[str, list[str]]
    ) -> list[Any]:
        if self.silent:
            raise oslo_messaging.MessagingTimeout
        rows = self.ports if kind == resources.PORT else self.subnets
        return [
            row
            for row in rows
            if all(getattr(row, k) in v for k, v in filter_kwargs.items())
        ]


class Agent:
    """What the commands do."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.server = Server()
        resources_rpc.ResourcesPullRpcApi = lambda: self.server
        neutron_config.register_common_config_options()
        agent_conf.register_root_helper(cfg.CONF)
        cfg.CONF([], project='neutron', default_config_files=[])
        cfg.CONF.set_override('ovsdb_connection', options['database'], 'OVS')
        cfg.CONF.set_override('of_connect_timeout', 5, 'OVS')
        cfg.CONF.set_override('of_request_timeout', 2, 'OVS')
        guard_conf.register(cfg.CONF)
        for name, value in options['guard'].items():
            cfg.CONF.set_override(name, value, 'tricircle_region_guard')
        openflow.init_config()
        apps = app_manager.AppManager.get_instance()
        apps.load_apps([base_oskenapp.__name__, 'os_ken.app.ofctl.service'])
        apps.instantiate_apps(**apps.create_contexts())
        app = app_manager.lookup_service_brick(
            base_oskenapp.BaseNeutronAgentOSKenApp.__name__
        )
        self._tunnels = functools.partial(
            br_tun.OVSTunnelBridge, os_ken_app=app
        )
        self._wires = functools.partial(
            br_phys.OVSPhysicalBridge, os_ken_app=app
        )
        self.api = extension_api.OVSAgentExtensionAPI(
            None, self._tunnels('br-tun'), {'bridge': self._wires('br-phys')}
        )
        self.guard = region_guard.RegionGuard()

    def connect(self) -> None:
        """Set the bridges up as the agent does: at start and restart."""
        tunnels = self.api.br_tun
        wires = self._wires('br-phys')
        for bridge in (tunnels, wires):
            bridge.set_secure_mode()
            bridge.setup_controllers(cfg.CONF)
        wires.setup_default_table()
        self.api.br_phys['bridge'] = wires
        inner = tunnels.get_port_ofport('patch-int')
        outer = [tunnels.get_port_ofport(f'vx{n}') for n in ('own', 'other')]
        tunnels.install_drop()
        (_, _, parser) = tunnels._get_dp()
        tunnels.install_apply_actions(
            [parser.OFPActionOutput(port, 0) for port in outer],
            priority=1,
            in_port=inner,
        )
        for port in outer:
            tunnels.install_output(port=inner, priority=1, in_port=port)

    def initialize(self) -> None:
        self.guard.consume_api(self.api)
        self.guard.initialize(None, 'ovs')

    def restarted(self) -> None:
        self.connect()
        self.guard.handle_switch_restart()

    def answer(
        self,
        network: str,
        servers: list[str] | None = None,
        routers: list[str] | None = None,
        dhcp: bool = True,
        ra_mode: str | None = 'slaac',
        tell: bool = True,
    ) -> None:
        """Set what the server answers, and send the notifications of it."""
        self.server.silent = False
        old = self.server.ports
        self.server.subnets = [
            subnets.Subnet(
                id=str(uuid.uuid4()),
                network_id=network,
                ip_version=version,
                enable_dhcp=dhcp,
                ipv6_ra_mode=ra_mode if version == 6 else None,
            )
            for version in (4, 6)
        ]
        owners = [('network:dhcp', mac) for mac in servers or []]
        owners += [('network:router_interface', mac) for mac in routers or []]
        self.server.ports = [
            ports.Port(
                id=str(uuid.uuid4()),
                network_id=network,
                device_owner=owner,
                mac_address=netaddr.EUI(mac),
            )
            for owner, mac in owners
        ]
        if not tell:
            return
        for port in self.server.ports:
            self._publish(events.AFTER_UPDATE, port.id, (None, port))
        for port in old:
            # As the cache tells of a port that it did not hold any more.
            self._publish(events.AFTER_DELETE, port.id, (None,))

    def _publish(self, event: str, port: str, states: tuple[Any, ...]) -> None:
        payload = events.DBEventPayload(None, resource_id=port, states=states)
        registry.publish(resources.PORT, event, self, payload=payload)

    def silence(self) -> None:
        self.server.silent = True

    def handle_port(self, **data: Any) -> None:
        self.guard.handle_port(None, data)

    def delete_port(self, **data: Any) -> None:
        self.guard.delete_port(None, data)


def main(kind: type[Agent] = Agent) -> None:
    agent = kind(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            getattr(agent, name)(**arguments)
            told = 'done'
        except Exception:
            told = traceback.format_exc()
        print(json.dumps(told), flush=True)


if __name__ == '__main__':
    threading.current_thread().name = 'agent'
    main()
