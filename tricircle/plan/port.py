# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The document of a port.

Device, host and status are not in it: they are the region's own, and flow
the other way, in reports. A region that makes the port is told of the device
that somebody in central said it is for, such as a load balancer's; and one
that does not remember what it reported, of that.
"""

from typing import Any, cast, Final

from tricircle.plan import network as network_plan
from tricircle.plan import state
from tricircle.replica import messages
from tricircle.replica.body import bodies
from tricircle.replica.body import canonical

#: ``neutron_lib.constants.DEVICE_OWNER_NETWORK_PREFIX``.
_OF_AGENTS: Final = 'network:'
#: How owners of ports begin whom somebody else tells a region of: Nova of
#: instances, Neutron of what it makes for itself.
_TOLD_OTHERWISE: Final = ('baremetal:', 'compute:', _OF_AGENTS, 'trunk:')


def initial(port: state.Port) -> dict[str, Any]:
    """Return what a region makes a port with, and changes as it likes."""
    if port.device_owner.startswith(_TOLD_OTHERWISE):
        return {}
    device = {
        'device_id': port.device_id,
        'device_owner': port.device_owner,
    }
    return device if any(device.values()) else {}


def told(port: state.Port, region_name: str) -> messages.ToldBody | None:
    """Return what a region said last of its port, should it not remember.

    What Neutron's agents made for themselves they claim anew by themselves.
    """
    said = port.told
    if (
        said is None
        or not said.revision
        or said.region_name != region_name
        or port.device_owner.startswith(_OF_AGENTS)
    ):
        return None
    made = messages.ToldBody(
        revision=said.revision,
        host=said.host,
        device_id=said.device_id,
        device_owner=port.device_owner,
    )
    if port.trunk_id is not None:
        made['trunk_id'] = port.trunk_id
    return made


def omitted(port: state.Port) -> tuple[str, ...]:
    """Name what central has of a port and the region does not get."""
    return tuple(sorted(f'port.{name}' for name in set(port.unsupported)))


def body(port: state.Port) -> tuple[bodies.PortBody, tuple[str, ...]]:
    """Return the body of a port's document, and what is not in it."""
    made = bodies.Port(
        {
            'id': port.id,
            'network_id': port.network_id,
            'project_id': port.project_id,
            'name': port.name,
            'description': port.description,
            'admin_state_up': port.admin_state_up,
            'mac_address': port.mac_address,
            'fixed_ips': network_plan.ordered_addresses(
                bodies.FixedIP(
                    subnet_id=fixed.subnet_id, ip_address=fixed.ip_address
                )
                for fixed in port.fixed_ips
            ),
            'security_groups': sorted(port.security_groups),
            'port_security_enabled': port.port_security_enabled,
            'allowed_address_pairs': canonical.ordered(
                {
                    'mac_address': pair.mac_address,
                    'ip_address': pair.ip_address,
                }
                for pair in port.address_pairs
            ),
            'extra_dhcp_opts': canonical.ordered(
                {
                    'opt_name': option.opt_name,
                    'opt_value': option.opt_value,
                    'ip_version': option.ip_version,
                }
                for option in port.dhcp_options
            ),
            'binding:vnic_type': port.vnic_type,
            'tags': sorted(port.tags),
        }
    )
    if port.qos_policy_id is not None:
        made['qos_policy_id'] = port.qos_policy_id
    made.update(cast(bodies.Port, port.optional))
    return bodies.PortBody(port=made), omitted(port)
