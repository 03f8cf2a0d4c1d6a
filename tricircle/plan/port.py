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
the other way, in reports.
"""

from tricircle.plan import network as network_plan
from tricircle.plan import state
from tricircle.replica import bodies
from tricircle.replica import canonical


def omitted(port: state.Port) -> tuple[str, ...]:
    """Name what central has of a port and the region does not get."""
    return tuple(sorted(f'port.{name}' for name in set(port.unsupported)))


def body(port: state.Port) -> tuple[bodies.PortBody, tuple[str, ...]]:
    """Return the body of a port's document, and what is not in it."""
    return bodies.PortBody(
        port=bodies.Port(
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
    ), omitted(port)
