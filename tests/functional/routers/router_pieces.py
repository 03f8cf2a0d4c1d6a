# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Pieces of routers as regions have them, in the topologies of the design."""

import dataclasses

from tests.functional import cloud as clouds
from tests.functional.cloud import hosts
from tests.functional.cloud.client import Json
from tests.functional.routers.router_documents import ordered
from tests.functional.routers.router_documents import Piece
from tests.functional.routers.router_documents import router_port


@dataclasses.dataclass
class Local:
    """A local router: one region, external network, SNAT.

    :ivar instance: ID and address of an instance's port on `first`
    """

    piece: Piece
    external: Json
    first: Json
    second: Json
    instance: tuple[str, str]


def local(region: clouds.Region, project: str) -> Local:
    """Return a local router with everything on it (T1, T9)."""
    piece = Piece.empty(region, project)
    external = piece.add_network('203.0.113.0/24', external=True)
    first = piece.add_network('10.1.0.0/24')
    second = piece.add_network(
        '10.2.0.0/24',
        'fd00:2::/64',
        ipv6_ra_mode='slaac',
        ipv6_address_mode='slaac',
    )
    piece.set_gateway(external, '10', snat=True)
    piece.attach(first, '1')
    piece.attach(second, '1', '1')
    instance = piece.add_port(first, '77')
    piece.add_floating_ip(external, '20', *instance)
    piece.set_routes(
        ('10.50.0.0/24', '10.1.0.9'),
        ('10.51.0.0/24', '10.1.0.9'),
        ('fd00:9::/64', 'fd00:2::9'),
    )
    return Local(piece, external, first, second, instance)


def distributed(region: clouds.Region, project: str) -> Local:
    """Return a local router that is on all hosts."""
    made = local(region, project)
    body = made.piece.body
    body['router']['distributed'] = True
    body['snat_ports'] = ordered(
        [
            router_port(made.first, '5'),
            router_port(made.second, '5'),
            # Neutron makes one for the IPv6 subnets of a network.
            only_v6(router_port(made.second, '6', '6')),
        ]
    )
    return made


def only_v6(port: Json) -> Json:
    """Return a router's port without its IPv4 addresses."""
    fixed_ips = [one for one in port['fixed_ips'] if ':' in one['ip_address']]
    return {**port, 'fixed_ips': fixed_ips}


def bridge(piece: Piece) -> Json:
    """Add a bridge network: external in the region, and nobody's."""
    return piece.add_network(
        '100.0.1.0/24',
        'fd74:1::/64',
        project_id='',
        external=True,
        vxlan=True,
    )


def east_west(region: clouds.Region, project: str) -> Piece:
    """Return a piece of a non-local router: its gateway is a leg (T3)."""
    piece = Piece.empty(region, project)
    between = bridge(piece)
    inside = piece.add_network('10.1.0.0/24')
    piece.set_gateway(between, '11', '11', snat=False)
    piece.attach(inside, '1')
    piece.set_routes(('10.2.0.0/24', '100.0.1.12'))
    return piece


def north_south(region: clouds.Region, project: str) -> Piece:
    """Return the piece with the external network of such a router (T3).

    Its floating IPs are for instances beyond the bridge network.
    """
    piece = Piece.empty(region, project)
    between = bridge(piece)
    external = piece.add_network('203.0.113.0/24', external=True)
    piece.set_gateway(external, '10', snat=True)
    leg = piece.attach(between, '1', '1')
    piece.set_routes(
        ('10.1.0.0/24', '100.0.1.11'), ('10.2.0.0/24', '100.0.1.12')
    )
    piece.add_floating_ip(external, '21', leg['port_id'], '10.1.0.77')
    piece.add_floating_ip(external, '22', leg['port_id'], '10.2.0.77')
    return piece


def l3_host(region: clouds.Region) -> str:
    """Return a host with an Open vSwitch and an L3 agent."""
    host = f'{region.region_name.lower()}-host1'
    region.hosts.add(host, agent_type=hosts.L3_AGENT)
    return host


def come_to(region: clouds.Region, host: str, *router_ids: str) -> None:
    """Have an L3 agent come for routers: what it gets is bound there."""
    for method, more in (
        ('get_router_ids', {}),
        ('sync_routers', {'router_ids': list(router_ids)}),
    ):
        region.agent_rpc.call(
            'call',
            method=method,
            arguments={'host': host, **more},
            version='1.9',
            topic='q-l3-plugin',
        )
