# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the pieces of a router are, whichever addresses they were given.

Two routers laid out of the same wishes have the same shape, in whatever
order the wishes came, and whatever failed meanwhile.
"""

import dataclasses
from typing import Any

from lab import cloud
from tests.lab import administrator

_PIECE = 'piece'
_NORTH_SOUTH = 'north-south'
_GATEWAY = 'network:router_gateway'


@dataclasses.dataclass(frozen=True, order=True)
class Piece:
    """A router in a region.

    Networks are told by their name, next hops by the piece that has them,
    or by their address when none has.

    :ivar role: the central router's own piece, or the one that leads outside
    :ivar gateway: network, None without a gateway
    :ivar routes: destinations and next hops
    """

    region: str
    role: str
    interfaces: tuple[str, ...]
    gateway: str | None
    enable_snat: bool
    routes: tuple[tuple[str, str], ...]


def of(lab: cloud.Lab, router: Any) -> tuple[Piece, ...]:
    """Return the shape of a router of central's: all of its pieces.

    :param router: its project has no other
    """
    found = []
    owner_of: dict[str, str] = {}
    for region in (one.name for one in lab.topology.regions):
        admin = administrator.at(lab, region)
        for one in admin.network.routers(project_id=router.project_id):
            role = _PIECE if one.id == router.id else _NORTH_SOUTH
            ports = list(admin.network.ports(device_id=one.id))
            owner_of |= {
                fixed['ip_address']: f'{region} {role}'
                for port in ports
                for fixed in port.fixed_ips
            }
            found.append((region, role, one, _networks(admin, ports)))
    return tuple(
        sorted(
            Piece(
                region,
                role,
                tuple(sorted(name for owner, name in on if owner != _GATEWAY)),
                next((name for owner, name in on if owner == _GATEWAY), None),
                bool((one.external_gateway_info or {}).get('enable_snat')),
                tuple(
                    sorted(
                        (
                            route['destination'],
                            owner_of.get(route['nexthop'], route['nexthop']),
                        )
                        for route in one.routes
                    )
                ),
            )
            for region, role, one, on in found
        )
    )


def _networks(admin: Any, ports: list[Any]) -> list[tuple[str, str]]:
    """Return the owner and the network of each port of a router."""
    names = {one.id: one.name for one in admin.network.networks()}
    return [
        (str(port.device_owner), str(names[port.network_id])) for port in ports
    ]
