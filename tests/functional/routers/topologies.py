# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The topologies of routers beside T1 and T3, and what regions make of them.

Each is a list of steps, of which the last one is the one to disturb. What
comes of it is compared by names and roles: two projects that take the same
steps get other IDs and may get other addresses.
"""

from collections.abc import Callable
import dataclasses
from typing import Any

from tests.functional import cloud as clouds
from tests.functional.cloud.client import Json
from tests.functional.routers import routed
from tests.functional.routers import router_shapes

ONE, TWO = 'RegionOne', 'RegionTwo'
_V6 = {'ipv6_ra_mode': 'slaac', 'ipv6_address_mode': 'slaac'}

Step = Callable[[], object]


@dataclasses.dataclass
class Topology:
    """What one project has in central.

    :ivar subnets: those of a network, IPv4 first
    """

    cloud: clouds.Cloud
    project: str
    networks: dict[str, Json] = dataclasses.field(default_factory=dict)
    subnets: dict[str, list[Json]] = dataclasses.field(default_factory=dict)
    routers: dict[str, Json] = dataclasses.field(default_factory=dict)

    @property
    def user(self) -> clouds.NeutronClient:
        """The tenant, in central."""
        return self.cloud.central.client(self.project)

    def network(self, name: str, *cidrs: str, hints: tuple[str, ...]) -> None:
        """Make a network of the tenant's."""
        made = self.user.create_network(
            name=name, availability_zone_hints=list(hints)
        )
        self.networks[name] = made
        self.subnets[name] = [
            self.user.create_subnet(
                made['id'], cidr, **(_V6 if ':' in cidr else {})
            )
            for cidr in cidrs
        ]

    def external(self, name: str, region: str, *cidrs: str) -> None:
        """Make an external network, as an admin does."""
        admin = self.cloud.central.admin
        made = admin.create_network(
            name=name,
            availability_zone_hints=[region],
            **{'router:external': True},
        )
        for cidr in cidrs:
            admin.create_subnet(made['id'], cidr, enable_dhcp=False)
        self.networks[name] = made

    def router(
        self, name: str, *hints: str, gateway: str | None = None
    ) -> None:
        """Make a router."""
        more: dict[str, Any] = {}
        if gateway is not None:
            more['external_gateway_info'] = {
                'network_id': self.networks[gateway]['id']
            }
        self.routers[name] = self.user.create_router(
            name=name, availability_zone_hints=list(hints), **more
        )

    def attach(self, router: str, network: str) -> None:
        """Put all subnets of a network on a router, as their gateway."""
        for subnet in self.subnets[network]:
            self.user.add_router_interface(
                self.routers[router]['id'], subnet_id=subnet['id']
            )

    def attach_port(self, router: str, network: str, address: str) -> None:
        """Put a network on a router by a port of the user's."""
        ports = self.user.list(
            'port',
            network_id=self.networks[network]['id'],
            fixed_ips=f'ip_address={address}',
        )
        port = (
            ports[0]
            if ports
            else self.user.create_port(
                self.networks[network]['id'],
                fixed_ips=[{'ip_address': address}],
            )
        )
        self.user.add_router_interface(
            self.routers[router]['id'], port_id=port['id']
        )

    def boot(self, region: str, *networks: str) -> None:
        """Boot an instance with a port on each of some networks."""
        for one in networks:
            self.cloud.region(region).nova(self.project).boot(
                network_id=self.networks[one]['id']
            )

    def floating_ip(self, region: str, network: str, external: str) -> None:
        """Give the first instance on a network in a region a floating IP."""
        (port, *_) = self.cloud.region(region).admin.list(
            'port',
            network_id=self.networks[network]['id'],
            device_owner='compute:nova',
        )
        if not self.user.list('floatingip', port_id=port['id']):
            self.user.create(
                'floatingip',
                floating_network_id=self.networks[external]['id'],
                port_id=port['id'],
            )

    def pieces(self, region: str) -> list[routed.Piece]:
        """Return the routers that a region has for the project."""
        return routed.pieces(self.cloud.region(region), self.project)

    def shape(self) -> dict[str, list[router_shapes.Shape]]:
        """Return what the regions have, by their names."""
        return router_shapes.shapes(
            self.cloud,
            self.project,
            {str(one['id']): name for name, one in self.networks.items()},
            {str(one['id']): name for name, one in self.routers.items()},
        )


def several_external(made: Topology) -> Step:
    """T2: two local routers with a way out each, and a network over both."""
    made.network('both', '10.0.9.0/24', hints=())
    for number, region in enumerate((ONE, TWO), 1):
        made.network(f'net{number}', f'10.0.{number}.0/24', hints=(region,))
        made.external(f'ext{number}', region, f'203.0.{number}.0/24')
        made.router(f'R{number}', region, gateway=f'ext{number}')
        made.boot(region, f'net{number}', 'both')
    made.attach('R1', 'net1')
    return lambda: made.attach('R2', 'net2')


def several_gateways(made: Topology) -> Step:
    """T5: two local routers, and one for east-west by ports of the user's."""
    for number, region in enumerate((ONE, TWO), 1):
        made.network(f'net{number}', f'10.0.{number}.0/24', hints=(region,))
        made.external(f'ext{number}', region, f'203.0.{number}.0/24')
        made.router(f'R{number}', region, gateway=f'ext{number}')
        made.attach(f'R{number}', f'net{number}')
        made.boot(region, f'net{number}')
    made.router('R3')
    made.attach_port('R3', 'net1', '10.0.1.254')
    return lambda: made.attach_port('R3', 'net2', '10.0.2.254')


def local_gateways(made: Topology) -> Step:
    """T6: one network over both regions, a local router in each."""
    made.network('both', '10.0.1.0/24', hints=())
    for number, region in enumerate((ONE, TWO), 1):
        made.external(f'ext{number}', region, f'203.0.{number}.0/24')
        made.router(f'R{number}', region, gateway=f'ext{number}')
        made.boot(region, 'both')
    made.attach('R1', 'both')
    return lambda: made.attach_port('R2', 'both', '10.0.1.253')


def stretched(made: Topology) -> Step:
    """T7: networks over both regions on one router."""
    made.router('R')
    for number in (1, 2):
        made.network(f'net{number}', f'10.0.{number}.0/24', hints=())
    made.boot(ONE, 'net1')
    made.boot(TWO, 'net2')
    made.attach('R', 'net1')
    return lambda: made.attach('R', 'net2')


def dual_stack(made: Topology) -> Step:
    """T8: T3 with IPv6 beside IPv4."""
    made.external('ext', TWO, '203.0.113.0/24')
    made.router('R', gateway='ext')
    for number, region in enumerate((ONE, TWO), 1):
        made.network(
            f'net{number}',
            f'10.0.{number}.0/24',
            f'fd00:{number}::/64',
            hints=(region,),
        )
        made.boot(region, f'net{number}')
    made.attach('R', 'net1')
    return lambda: made.attach('R', 'net2')


def stretched_dual_stack(made: Topology) -> Step:
    """T7 with IPv6 beside IPv4."""
    made.router('R')
    for number in (1, 2):
        made.network(
            f'net{number}',
            f'10.0.{number}.0/24',
            f'fd00:{number}::/64',
            hints=(),
        )
    made.boot(ONE, 'net1')
    made.boot(TWO, 'net2')
    made.attach('R', 'net1')
    return lambda: made.attach('R', 'net2')


def self_service(made: Topology) -> Step:
    """T9: networks of one region, one of them with IPv6, and a floating IP."""
    made.external('ext', ONE, '203.0.113.0/24', 'fd00:113::/64')
    made.router('R', ONE, gateway='ext')
    made.network('net1', '10.0.1.0/24', 'fd00:1::/64', hints=(ONE,))
    made.network('net2', '10.0.2.0/24', hints=(ONE,))
    for one in ('net1', 'net2'):
        made.boot(ONE, one)
        made.attach('R', one)
    return lambda: made.floating_ip(ONE, 'net1', 'ext')
