# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Namespaces of probe ports on this host, made and removed.

Interfaces are made by Neutron's own driver, as those of its DHCP servers.
"""

from collections.abc import Mapping
import json
import sys
from typing import Any, Final

from neutron.agent.linux import interface
from neutron.agent.linux import ip_lib
from neutron.agent.linux import utils
from neutron.conf.agent import common
from neutron_lib import constants
from oslo_config import cfg

from tricircle.agent.verifying import ports
from tricircle.agent.verifying import sending

PREFIX: Final = 'tricircle-verify-'
_DEVICE: Final = 14


def _device(port_id: str) -> str:
    return f'{constants.TAP_DEVICE_PREFIX}{port_id}'[:_DEVICE]


class Namespaces:
    """Those of this host.

    :param conf: of the Open vSwitch agent
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        common.register_interface_opts(conf)
        self._driver = interface.OVSInterfaceDriver(conf)

    def present(self) -> set[str]:
        """Return the IDs of the ports that have one."""
        return {
            name.removeprefix(PREFIX)
            for name in ip_lib.list_network_namespaces()
            if name.startswith(PREFIX)
        }

    def make(self, port: ports.Wanted) -> None:
        """Make the namespace of a port, and have its interface wired.

        :raises Exception: whatever Neutron's driver raises; what was made
            by then stays, to be removed or completed
        """
        namespace, device = PREFIX + port.id, _device(port.id)
        # First, so that it tells of the interface should this process die.
        ip_lib.IPWrapper().ensure_namespace(namespace)
        self._driver.plug(
            port.network_id,
            port.id,
            device,
            port.mac,
            namespace=namespace,
            mtu=port.mtu,
        )
        # Routes and addresses are those that Neutron says, and no other.
        self._driver.configure_ipv6_ra(
            namespace, device, constants.ACCEPT_RA_DISABLED
        )
        self._driver.init_l3(device, list(port.addresses), namespace=namespace)
        routes = ip_lib.IPDevice(device, namespace=namespace).route
        for gateway in port.gateways:
            routes.add_gateway(gateway)

    def remove(self, port_id: str) -> None:
        """Remove what there is of a port.

        :raises Exception: whatever Neutron's driver raises
        """
        namespace = PREFIX + port_id
        self._driver.unplug(_device(port_id), namespace=namespace)
        wrapper = ip_lib.IPWrapper(namespace=namespace)
        if wrapper.netns.exists(namespace):
            wrapper.netns.delete(namespace)

    def send(self, wanted: Mapping[str, ports.Wanted]) -> dict[str, Any]:
        """Send the probes of ports once; it takes some seconds.

        :returns: see :func:`tricircle.agent.verifying.sending.run`
        :raises Exception: the process cannot be run
        """
        said = utils.execute(
            [sys.executable, '-I', '-m', sending.__name__],
            process_input=sending.packed(
                {
                    port_id: sending.Sender(
                        PREFIX + port_id, _device(port_id), one.mac, one.probes
                    )
                    for port_id, one in wanted.items()
                }
            ),
            run_as_root=True,
            privsep_exec=True,
        )
        return dict(json.loads(said))
