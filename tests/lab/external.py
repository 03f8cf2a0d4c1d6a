# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""External networks, which lead to the machine outside."""

import ipaddress
from typing import Any

from lab import topology as topologies
from tests.lab import outside
from tests.lab import tenant as tenants


def network(tenant: tenants.Tenant, region: str, name: str = 'ext') -> Any:
    """Create the external network that the machine is on, in a region.

    It is the tenant's, so that it is deleted with what the tenant has.
    """
    host = outside.host(tenant.lab)
    prefix = ipaddress.ip_interface(host.address).network
    central = tenant.at(topologies.CENTRAL, as_admin=True).network
    made = central.create_network(
        name=f'{tenant.name}-{name}',
        is_router_external=True,
        provider_network_type='flat',
        provider_physical_network=host.physical_network,
        availability_zone_hints=[region],
    )
    central.create_subnet(
        name=f'{tenant.name}-{name}',
        network_id=made.id,
        ip_version=4,
        cidr=str(prefix),
        gateway_ip=outside.address(tenant.lab),
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
