# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The outside: an external network, and who is seen from there."""

import ipaddress
import re
from typing import Any

from lab import cloud
from lab import topology as topologies
from tests.lab import packets
from tests.lab import tenant as tenants
from tests.lab import waiting

#: A machine's only interface.
_INTERFACE = 'eth0'
_SOURCE = re.compile(r'(\S+) > \S+: ICMP echo request')


def host(lab: cloud.Lab) -> topologies.ExternalHost:
    """Return the first machine outside of the cloud."""
    return lab.topology.external_hosts[0]


def address(lab: cloud.Lab) -> str:
    """Return its address."""
    return str(ipaddress.ip_interface(host(lab).address).ip)


def network(tenant: tenants.Tenant, region: str, name: str = 'ext') -> Any:
    """Create the external network that the machine is on, in a region.

    It is the tenant's, so that it is deleted with what the tenant has.
    """
    outside = host(tenant.lab)
    prefix = ipaddress.ip_interface(outside.address).network
    central = tenant.at(topologies.CENTRAL, as_admin=True).network
    made = central.create_network(
        name=f'{tenant.name}-{name}',
        is_router_external=True,
        provider_network_type='flat',
        provider_physical_network=outside.physical_network,
        availability_zone_hints=[region],
    )
    central.create_subnet(
        name=f'{tenant.name}-{name}',
        network_id=made.id,
        ip_version=4,
        cidr=str(prefix),
        gateway_ip=address(tenant.lab),
        enable_dhcp=False,
        allocation_pools=[
            {'start': str(prefix[100]), 'end': str(prefix[199])}
        ],
    )
    return made


def gateway_address(router: Any) -> str:
    """Return the address of a router on its external network."""
    (fixed,) = router.external_gateway_info['external_fixed_ips']
    return str(fixed['ip_address'])


def seen_as(lab: cloud.Lab, instance: tenants.Instance) -> set[str]:
    """Return the addresses that an instance's pings come from, outside."""
    outside = host(lab).name
    with packets.captured(lab, _INTERFACE, 'icmp', outside) as frames:
        assert packets.ping(lab, instance, address(lab), 3).lost == 0
    return {found[1] for frame in frames if (found := _SOURCE.search(frame))}


def await_silence(lab: cloud.Lab, target: str) -> None:
    """Wait until an address does not answer the outside any more."""

    def silent() -> None:
        assert packets.ping(lab, host(lab).name, target, 2).received == 0

    waiting.eventually(silent, 30.0)
