# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Distributed routers of one region: central has all their addresses."""

from collections.abc import Iterator
import dataclasses
import functools

import pytest

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.cloud import hosts
from tests.functional.cloud.client import Json
from tests.functional.kills import killed_at
from tests.functional.routers.routed import Routed

WAIT = 60

INTERFACE = 'network:router_interface_distributed'
SNAT = 'network:router_centralized_snat'
AGENT_GATEWAY = 'network:floatingip_agent_gateway'

# Its region has L3 agents, which other tests do not expect.
pytestmark = pytest.mark.own_cloud()


@pytest.fixture
def host(cloud: clouds.Cloud) -> Iterator[str]:
    """A host of RegionOne whose L3 agent has distributed routers."""
    name = cloud.one.default_host
    add_agent(cloud.one, name)
    yield name
    cloud.one.hosts.remove(name, hosts.L3_AGENT)


def add_agent(region: clouds.Region, name: str) -> None:
    """Have an L3 agent on a host."""
    region.hosts.add(name, agent_type=hosts.L3_AGENT, agent_mode='dvr_snat')


def allocations(region: clouds.Region, network: Json) -> list[Json]:
    """Return the addresses that a region has given out on a network."""
    return [
        dict(row)
        for row in region.database.query(
            'SELECT a.ip_address FROM ipamallocations a'
            ' JOIN ipamsubnets i ON i.id = a.ipam_subnet_id'
            ' JOIN subnets s ON s.id = i.neutron_subnet_id'
            ' WHERE s.network_id = %s ORDER BY a.ip_address',
            network['id'],
        )
    ]


def assert_no_ports(region: clouds.Region, made: Routed) -> None:
    """Assert that a region has not a port of a router that is gone."""
    assert not region.admin.list('port', device_id=made.router['id'])
    assert not region.admin.list('port', network_id=made.external['id'])


@dataclasses.dataclass
class Distributed(Routed):
    """A distributed router of RegionOne."""

    @classmethod
    def make_one(
        cls, cloud: clouds.Cloud, project: str, **router: object
    ) -> 'Distributed':
        """Make it with a network and a gateway, as an admin may."""
        made = cls(
            cloud,
            project,
            cloud.central.admin.create_router(
                project_id=project,
                availability_zone_hints=['RegionOne'],
                **{'distributed': True, **router},
            ),
        )
        made.add_network('net1', '10.0.1.0/24', 'RegionOne')
        made.attach('net1')
        made.add_external('RegionOne')
        made.set_gateway()
        return made

    def ports(self, region: clouds.Region, owner: str) -> dict[str, Json]:
        """Return the router's ports of some owner, by ID."""
        return by_id(
            region.admin.list(
                'port', device_id=self.router['id'], device_owner=owner
            )
        )

    def state(self) -> Json:
        """Return how far the router is in the region."""
        states = self.cloud.central.admin.get(
            f'/routers/{self.router["id"]}/replicas'
        ).json()
        (state,) = states['replicas']
        return dict(state)

    def assert_there(self, distributed: bool = True, count: int = 1) -> None:
        """Assert that the region has it as central has it.

        :param count: of its interfaces: one on each IPv4 subnet, and one on
            the IPv6 subnets of a network
        """
        state = self.state()
        assert state['status'] == 'IN_SYNC', state
        assert state['omitted'] == []
        shown = self.cloud.one.admin.show('router', self.router['id'])
        assert shown['distributed'] is distributed
        wanted = self.user.show('router', self.router['id'])
        assert shown['admin_state_up'] == wanted['admin_state_up']
        for owner in (INTERFACE, SNAT):
            here = self.ports(self.cloud.one, owner)
            there = by_id(
                self.cloud.central.admin.list(
                    'port', device_id=self.router['id'], device_owner=owner
                )
            )
            assert here == there
            assert len(here) == (count if distributed else 0)
        # The piece has what it has in one place.
        piece = self.regular('RegionOne')
        assert set(piece.interfaces) == {
            one['id'] for one in self.networks.values()
        }
        if self.external:
            assert piece.gateway is not None
            assert piece.gateway[1] == self.gateway_addresses()

    def ask_for_agent_gateway(self, name: str) -> Json | None:
        """Ask for the port on a host as its L3 agent does.

        :returns: None when it is told that there is none yet
        """
        try:
            found = self.cloud.one.agent_rpc.call(
                'call',
                method='get_agent_gateway_port',
                arguments={'network_id': self.external['id'], 'host': name},
                version='1.9',
                topic='q-l3-plugin',
            )
        except hosts.AgentRpcError as exc:
            assert 'AgentGatewayNotReserved' in str(exc)
            return None
        assert isinstance(found, dict)
        return found

    def held(self) -> dict[str, Json]:
        """Return the ports that central holds for L3 agents, by ID."""
        rows = self.cloud.central.database.query(
            'SELECT port_id FROM reserved_ports WHERE network_id = %s'
            " AND kind = 'agent_gateway'",
            self.external['id'],
        )
        ids = [str(row['port_id']) for row in rows]
        return by_id(
            self.cloud.central.admin.list('port', id=ids) if ids else []
        )

    def assert_served(self, name: str) -> None:
        """Assert that the agent on a host has a port that central holds."""
        port = self.ask_for_agent_gateway(name)
        assert port is not None
        assert port['binding:host_id'] == name
        assert port['device_id'] == str(
            self.cloud.one.hosts.row(name, hosts.L3_AGENT)['id']
        )
        assert self.agent_gateways() == self.held() == by_id([port])

    def assert_no_agent_gateway(self) -> None:
        """Assert that no agent has a port, and central holds none."""
        assert self.agent_gateways() == self.held() == {}

    def agent_gateways(self) -> dict[str, Json]:
        """Return the ports that L3 agents have in the region, by ID."""
        return by_id(
            self.cloud.one.admin.list(
                'port',
                network_id=self.external['id'],
                device_owner=AGENT_GATEWAY,
            )
        )


def by_id(ports: list[Json]) -> dict[str, Json]:
    """Return what is central's of ports."""
    return {
        str(one['id']): {
            'mac_address': one['mac_address'],
            'network_id': one['network_id'],
            'fixed_ips': sorted(
                (fixed['subnet_id'], fixed['ip_address'])
                for fixed in one['fixed_ips']
            ),
        }
        for one in ports
    }


def test_a_distributed_router_is_one_in_its_region(
    cloud: clouds.Cloud, fresh_project: str, host: str
) -> None:
    made = Distributed.make_one(cloud, fresh_project)
    eventually(made.assert_there, WAIT)

    # More comes on it, and goes.
    made.add_network('net2', '10.0.2.0/24', 'RegionOne')
    made.attach('net2')
    automatic = [
        made.user.create_subnet(
            made.networks['net2']['id'],
            cidr,
            ipv6_ra_mode='slaac',
            ipv6_address_mode='slaac',
        )
        for cidr in ('fd00:2::/64', 'fd00:3::/64')
    ]
    for one in automatic:
        made.user.add_router_interface(made.router['id'], subnet_id=one['id'])
    eventually(lambda: made.assert_there(count=3), WAIT)
    instance = made.boot('net2', 'RegionOne')
    floating = made.add_floating_ip(instance)

    def floats() -> None:
        made.assert_there(count=3)
        assert made.regular('RegionOne').floating_ips == {
            floating['floating_ip_address']: (
                instance.port_id,
                instance.addresses[0],
            )
        }

    eventually(floats, WAIT)

    for one in automatic:
        made.user.remove_router_interface(
            made.router['id'], subnet_id=one['id']
        )
        left = 3 if one is automatic[0] else 2
        eventually(functools.partial(made.assert_there, count=left), WAIT)
    made.delete()
    eventually(made.assert_nothing_left, WAIT)
    assert_no_ports(cloud.one, made)


def test_ports_of_l3_agents_have_addresses_that_central_holds(
    cloud: clouds.Cloud, fresh_project: str, host: str
) -> None:
    made = Distributed.make_one(cloud, fresh_project)
    eventually(made.assert_there, WAIT)

    eventually(lambda: made.assert_served(host), WAIT)

    # An agent that is made anew is another one.
    held = made.held()
    agent = cloud.one.hosts.row(host, hosts.L3_AGENT)
    cloud.one.admin.remove('agent', str(agent['id']))
    eventually(made.assert_no_agent_gateway, WAIT)
    add_agent(cloud.one, host)
    eventually(lambda: made.assert_served(host), WAIT)
    assert made.held().keys().isdisjoint(held)

    # It goes with the last gateway there.
    made.clear_gateway()
    eventually(made.assert_no_agent_gateway, WAIT)
    made.delete()
    eventually(made.assert_nothing_left, WAIT)


def test_what_an_l3_agent_needs_waits_for_central(
    cloud: clouds.Cloud, fresh_project: str, host: str
) -> None:
    made = Distributed.make_one(cloud, fresh_project)
    eventually(made.assert_there, WAIT)
    addresses = allocations(cloud.one, made.external)
    cloud.central.stop()

    for _try in range(2):
        assert made.ask_for_agent_gateway(host) is None

    assert allocations(cloud.one, made.external) == addresses
    cloud.central.start()
    eventually(lambda: made.assert_served(host), WAIT)
    made.delete()
    eventually(made.assert_nothing_left, WAIT)


@pytest.mark.thorough
def test_an_l3_agent_is_served_after_kill_9_of_central_as_it_has_its_port(
    cloud: clouds.Cloud, fresh_project: str, host: str
) -> None:
    made = Distributed.make_one(cloud, fresh_project)
    eventually(made.assert_there, WAIT)

    with killed_at(cloud.central, 'central.presence.granted'):
        # It may be in time for the agent all the same.
        made.ask_for_agent_gateway(host)

    eventually(lambda: made.assert_served(host), WAIT)
    made.delete()
    eventually(made.assert_nothing_left, WAIT)


# Each becomes the one and the other, from either beginning.
@pytest.mark.parametrize(
    'distributed', [pytest.param(True, marks=pytest.mark.thorough), False]
)
# A region does it in tests/unit/one_region.
@pytest.mark.thorough
def test_a_router_becomes_distributed_and_the_contrary(
    cloud: clouds.Cloud, fresh_project: str, host: str, distributed: bool
) -> None:
    made = Distributed.make_one(
        cloud, fresh_project, distributed=not distributed
    )
    instance = made.boot('net1', 'RegionOne')
    floating = made.add_floating_ip(instance)

    def there(distributed: bool) -> None:
        made.assert_there(distributed)
        assert made.regular('RegionOne').floating_ips.keys() == {
            floating['floating_ip_address']
        }

    eventually(lambda: there(not distributed), WAIT)
    admin = cloud.central.admin
    for wanted in (distributed, not distributed):
        admin.update('router', made.router['id'], admin_state_up=False)
        admin.update('router', made.router['id'], distributed=wanted)
        admin.update('router', made.router['id'], admin_state_up=True)
        eventually(functools.partial(there, wanted), WAIT)
    made.delete()
    eventually(made.assert_nothing_left, WAIT)
    assert_no_ports(cloud.one, made)


def test_a_region_without_distributed_routers_has_it_in_one_place(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    with cloud.one.configured({'DEFAULT': {'enable_dvr': False}}):
        made = Distributed.make_one(cloud, fresh_project)

        def there() -> None:
            state = made.state()
            assert state['status'] == 'IN_SYNC'
            assert state['omitted'] == ['router.distributed']
            piece = made.regular('RegionOne')
            assert piece.interfaces
            assert piece.gateway
            assert not made.ports(cloud.one, INTERFACE)
            assert not made.ports(cloud.one, SNAT)

        eventually(there, WAIT)
        # The sweep finds nothing that differs.
        answer = cloud.one.service.get(f'/replicas/router/{made.router["id"]}')
        applied = answer.json()['replica']
        assert applied['digest'] == applied['applied_digest']
        assert applied['digest'] == made.state()['digest']
    # When it has them, the next change makes it what it is to be.
    made.user.update('router', made.router['id'], description='changed')
    eventually(made.assert_there, WAIT)
    made.delete()
    eventually(made.assert_nothing_left, WAIT)
    assert_no_ports(cloud.one, made)


def test_a_network_of_several_regions_does_not_come_onto_it(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Distributed.make_one(cloud, fresh_project)
    made.add_network('wide', '10.0.3.0/24')

    with pytest.raises(clouds.ApiError) as refused:
        made.attach('wide')

    assert refused.value.status == 400
    assert refused.value.type == 'RouterKindAcrossRegions'
    assert 'RegionOne, RegionTwo' in refused.value.message
    made.delete()
    eventually(made.assert_nothing_left, WAIT)
