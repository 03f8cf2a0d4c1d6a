# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What regions have of a project's routers, by names and roles."""

from collections.abc import Mapping
import dataclasses

from tests.functional import cloud as clouds
from tests.functional.routers import routed

BRIDGE = 'bridge'


@dataclasses.dataclass(frozen=True, order=True)
class Shape:
    """A router of a region.

    :ivar name: the router's; the piece that leads outside is ``... out``
    :ivar gateway: network, number of addresses, SNAT; empty without one
    :ivar interfaces: networks, and how many addresses are on each
    :ivar routes: destination, and region and router of the next hop
    :ivar subnets: of the networks here: IP version, who is the gateway, and
        host routes as routes
    :ivar floating_ips: how many it translates
    """

    name: str
    gateway: tuple[str, ...]
    interfaces: tuple[tuple[str, int], ...]
    routes: tuple[tuple[str, str], ...]
    subnets: tuple[tuple[str, ...], ...]
    floating_ips: int


def shapes(
    cloud: clouds.Cloud,
    project: str,
    networks: Mapping[str, str],
    routers: Mapping[str, str],
) -> dict[str, list[Shape]]:
    """Return them by region.

    :param networks: names by ID; the others are bridge networks
    :param routers: names by ID; the others lead outside
    """
    found = {
        name: routed.pieces(region, project)
        for name, region in cloud.regions.items()
    }

    def name_of(piece: routed.Piece) -> str:
        if piece.id in routers:
            return routers[piece.id]
        (gateway,) = (piece.gateway or ('',))[:1]
        return f'{networks.get(gateway, "?")} out'

    # Addresses of regions' own on different networks may be the same.
    owners: dict[tuple[str, str], str] = {}
    for region, some in found.items():
        for piece in some:
            for network, addresses in (
                *piece.interfaces.items(),
                *([piece.gateway[:2]] if piece.gateway else ()),
            ):
                place = region if network in networks else BRIDGE
                for address in addresses:
                    owners[place, address] = f'{name_of(piece)}@{region}'

    def owner(region: str, address: str) -> str:
        return (
            owners.get((region, address))
            or owners.get((BRIDGE, address))
            or address
        )

    return {
        region: sorted(
            Shape(
                name=name_of(piece),
                gateway=(
                    networks.get(piece.gateway[0], BRIDGE),
                    str(len(piece.gateway[1])),
                    str(piece.gateway[2]),
                )
                if piece.gateway
                else (),
                interfaces=tuple(
                    sorted(
                        (networks.get(one, BRIDGE), len(addresses))
                        for one, addresses in piece.interfaces.items()
                    )
                ),
                routes=tuple(
                    sorted(
                        (destination, owner(region, nexthop))
                        for destination, nexthop in piece.routes.items()
                    )
                ),
                subnets=tuple(
                    sorted(
                        (
                            networks[one],
                            str(subnet['ip_version']),
                            owner(region, str(subnet['gateway_ip'])),
                            *sorted(
                                f'{route["destination"]} by '
                                + owner(region, route['nexthop'])
                                for route in subnet['host_routes']
                            ),
                        )
                        for one in piece.interfaces
                        if one in networks
                        for subnet in cloud.region(region).admin.list(
                            'subnet', network_id=one
                        )
                    )
                ),
                floating_ips=len(piece.floating_ips),
            )
            for piece in some
        )
        for region, some in found.items()
    }
