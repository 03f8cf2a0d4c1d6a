# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Who owns a port, where Neutron has no one word for it."""

from typing import Final

from neutron_lib import constants

#: Of the ports that a router has on networks: its interfaces, its gateway.
#: Without those that only its own agents know, as of HA networks.
ROUTER_PORTS: Final[tuple[str, ...]] = (
    *constants.ROUTER_INTERFACE_OWNERS,
    constants.DEVICE_OWNER_ROUTER_GW,
)
#: Those that a region's piece has as central has them: with the ports of a
#: distributed router from which the host is reached that does its SNAT.
CARRIED_PORTS: Final[tuple[str, ...]] = (
    *ROUTER_PORTS,
    constants.DEVICE_OWNER_ROUTER_SNAT,
)

#: Owners of ports that Neutron makes for itself, not for a user.
MADE_BY_NEUTRON: Final = frozenset(
    {
        constants.DEVICE_OWNER_DHCP,
        constants.DEVICE_OWNER_ROUTER_GW,
        constants.DEVICE_OWNER_FLOATINGIP,
        constants.DEVICE_OWNER_AGENT_GW,
        constants.DEVICE_OWNER_ROUTER_SNAT,
        constants.DEVICE_OWNER_ROUTER_INTF,
        constants.DEVICE_OWNER_DVR_INTERFACE,
        constants.DEVICE_OWNER_ROUTER_HA_INTF,
        constants.DEVICE_OWNER_HA_REPLICATED_INT,
        constants.DEVICE_OWNER_LOCAL_IP,
    }
)
