# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Routes of users and routes of ours: side by side, and not mixed up.

All Neutrons here allow one route of each kind: a user's.
"""

import dataclasses
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json
from tests.functional.jobs.sweeps import settled
from tests.functional.jobs.sweeps import sweep_once
from tests.functional.routers.routed import Routed

WAIT = 120

_ONE_EACH = {
    # What was max_routes before.
    'quotas': {'quota_router_route': 1},
    'DEFAULT': {'max_subnet_host_routes': 1},
}

_OF_REGIONS = {
    **_ONE_EACH,
    'DEFAULT': {**_ONE_EACH['DEFAULT'], 'max_dns_nameservers': 1},
}

pytestmark = pytest.mark.own_cloud(
    admin_api=False, central=_ONE_EACH, region=_OF_REGIONS
)


@dataclasses.dataclass
class Mixed:
    """A router with a user's route, and a subnet with one.

    :ivar address: where the router is on that subnet, of which it is not
        the gateway: instances are told the way to it
    """

    made: Routed
    address: str
    extra: Json
    host: Json

    @classmethod
    def make(cls, cloud: clouds.Cloud, project: str) -> 'Mixed':
        """Make them, with three subnets of another region on the router."""
        made = Routed.make(cloud, project)
        made.add_network('net1', '10.0.1.0/24', 'RegionOne')
        made.boot('net1', 'RegionOne')
        port = made.user.create_port(made.networks['net1']['id'])
        address = port['fixed_ips'][0]['ip_address']
        made.user.add_router_interface(made.router['id'], port_id=port['id'])
        # The router itself is no next hop of its routes.
        first, second, *_ = {'10.0.1.250', '10.0.1.251', '10.0.1.252'} - {
            address
        }
        extra = {'destination': '192.0.2.0/24', 'nexthop': first}
        host = {'destination': '198.51.100.0/24', 'nexthop': second}
        made.user.update('router', made.router['id'], routes=[extra])
        made.user.update(
            'subnet', made.subnets['net1']['id'], host_routes=[host]
        )
        for number in (2, 3, 4):
            name = f'net{number}'
            made.add_network(name, f'10.0.{number}.0/24', 'RegionTwo')
            made.boot(name, 'RegionTwo')
            made.attach(name)
        return cls(made, address, extra, host)

    @property
    def router_id(self) -> str:
        """Of the router, in central and in the regions."""
        return str(self.made.router['id'])

    @property
    def subnet_id(self) -> str:
        """Of the subnet with the user's route."""
        return str(self.made.subnets['net1']['id'])

    @property
    def remote(self) -> list[str]:
        """The subnets of the other region."""
        return [
            str(one['cidr'])
            for name, one in self.made.subnets.items()
            if name != 'net1'
        ]

    def host_routes(self) -> list[tuple[str, str]]:
        """Return those of the subnet in its region."""
        shown = self.made.cloud.one.admin.show('subnet', self.subnet_id)
        return sorted(
            (str(one['destination']), str(one['nexthop']))
            for one in shown['host_routes']
        )

    def assert_merged(self) -> None:
        """Assert that regions have both kinds, and users see their own."""
        one, two = (
            self.made.regular('RegionOne'),
            self.made.regular('RegionTwo'),
        )
        wanted = self.extra['destination']
        assert one.routes[wanted] == self.extra['nexthop']
        assert set(one.routes) == {wanted, *self.remote}
        assert set(two.routes) == {wanted, '10.0.1.0/24'}
        assert self.host_routes() == sorted(
            [
                (self.host['destination'], self.host['nexthop']),
                *((cidr, self.address) for cidr in self.remote),
            ]
        )
        self.assert_shown()

    def assert_shown(self) -> None:
        """Assert that users see what they set in central, and no more."""
        user = self.made.user
        shown = user.show('router', self.router_id)
        assert shown['routes'] == [self.extra]
        subnet = user.show('subnet', self.subnet_id)
        assert subnet['host_routes'] == [self.host]


@pytest.fixture(scope='module')
def of_module(module_cloud: clouds.Cloud) -> Mixed:
    """What the tests here share, each of which leaves it whole."""
    return Mixed.make(module_cloud, uuid.uuid4().hex)


@pytest.fixture
def mixed(cloud: clouds.Cloud, of_module: Mixed) -> Mixed:
    """A router and a subnet with both kinds of routes, in place."""
    eventually(of_module.assert_merged, WAIT)
    # A sweep leaves out what is under way.
    eventually(lambda: settled(cloud), WAIT)
    return of_module


def test_routes_of_users_stay_beside_ours_and_are_all_that_users_see(
    mixed: Mixed,
) -> None:
    mixed.assert_merged()

    # The same again, when regions have been told anew.
    mixed.made.detach('net2')

    def without() -> None:
        assert '10.0.2.0/24' not in mixed.made.regular('RegionOne').routes
        assert ('10.0.2.0/24', mixed.address) not in mixed.host_routes()

    eventually(without, WAIT)
    mixed.assert_shown()
    mixed.made.attach('net2')
    eventually(mixed.assert_merged, WAIT)


def test_a_users_own_limit_holds_in_central_as_in_a_region(
    cloud: clouds.Cloud, mixed: Mixed
) -> None:
    made = mixed.made
    more = {'destination': '203.0.113.0/24', 'nexthop': '10.0.1.9'}
    # A router that the region made by itself, with nothing on it from here.
    local = cloud.two.client(made.project)
    network = local.create_network(name='own')
    subnet = local.create_subnet(network['id'], '10.0.1.0/24')
    router = local.create_router(name='own')
    local.add_router_interface(router['id'], subnet_id=subnet['id'])

    for user, router_id in (
        (made.user, mixed.router_id),
        (local, router['id']),
    ):
        with pytest.raises(clouds.ApiError) as refused:
            user.update('router', router_id, routes=[mixed.extra, more])
        assert (refused.value.status, refused.value.type) == (
            409,
            'OverQuota',
        )
    answer = made.user.put(
        f'/routers/{mixed.router_id}/add_extraroutes',
        {'router': {'routes': [more]}},
    )
    assert answer.status_code == 409, answer.text
    assert answer.json()['NeutronError']['type'] == 'OverQuota'
    with pytest.raises(clouds.ApiError) as refused:
        made.user.update(
            'subnet', mixed.subnet_id, host_routes=[mixed.host, more]
        )
    assert (refused.value.status, refused.value.type) == (
        400,
        'HostRoutesExhausted',
    )
    mixed.assert_merged()
    local.remove_router_interface(router['id'], subnet_id=subnet['id'])
    local.remove('router', router['id'])
    local.remove('network', network['id'])


def test_how_many_name_servers_a_subnet_has_is_centrals_to_watch(
    cloud: clouds.Cloud, mixed: Mixed
) -> None:
    servers = ['203.0.113.1', '203.0.113.2']
    local = cloud.one.client(mixed.made.project)
    network = local.create_network(name='own')
    error = clouds.refused(
        lambda: local.create_subnet(
            network['id'], '10.0.9.0/24', dns_nameservers=servers
        )
    )
    local.remove('network', network['id'])

    mixed.made.user.update('subnet', mixed.subnet_id, dns_nameservers=servers)

    assert (error.status, error.type) == (400, 'DNSNameServersExhausted')

    def followed() -> None:
        shown = cloud.one.admin.show('subnet', mixed.subnet_id)
        assert shown['dns_nameservers'] == servers

    eventually(followed, WAIT)
    mixed.made.user.update('subnet', mixed.subnet_id, dns_nameservers=[])


def test_routes_that_were_taken_out_of_a_regions_database_come_back(
    cloud: clouds.Cloud, mixed: Mixed
) -> None:
    database = cloud.one.database
    assert database.execute(
        'DELETE FROM routerroutes WHERE router_id = %s', mixed.router_id
    )
    assert database.execute(
        'DELETE FROM subnetroutes WHERE subnet_id = %s', mixed.subnet_id
    )
    # One that nobody asked central for.
    assert database.execute(
        'INSERT INTO routerroutes (destination, nexthop, router_id)'
        ' VALUES (%s, %s, %s)',
        '203.0.113.0/24',
        '10.0.1.9',
        mixed.router_id,
    )
    assert set(mixed.made.regular('RegionOne').routes) == {'203.0.113.0/24'}
    assert mixed.host_routes() == []

    code, said = sweep_once(cloud, '--region', 'RegionOne')

    assert code == 0, said
    assert f'router {mixed.router_id} differs' in said
    assert f'network {mixed.made.networks["net1"]["id"]} differs' in said
    eventually(mixed.assert_merged, WAIT)


def test_not_even_an_admin_of_a_region_takes_routes_away(
    cloud: clouds.Cloud, mixed: Mixed
) -> None:
    admin = cloud.one.admin
    path = f'/routers/{mixed.router_id}/remove_extraroutes'

    answers = [
        admin.put(f'/routers/{mixed.router_id}', {'router': {'routes': []}}),
        admin.put(path, {'router': {'routes': [mixed.extra]}}),
        admin.put(
            f'/subnets/{mixed.subnet_id}', {'subnet': {'host_routes': []}}
        ),
    ]

    for answer in answers:
        assert answer.status_code == 409, answer.text
        assert answer.json()['NeutronError']['type'] == 'BelongsToCentral'
    mixed.assert_merged()
    _code, said = sweep_once(cloud, '--region', 'RegionOne')
    assert mixed.router_id not in said
    mixed.assert_merged()


def test_routes_are_the_same_after_documents_came_twice(
    cloud: clouds.Cloud, mixed: Mixed
) -> None:
    network_id = mixed.made.networks['net1']['id']
    twice = [
        cloud.one.from_xjob.duplicate(
            method='PUT', path=f'/replicas/{kind}/{resource_id}'
        )
        for kind, resource_id in (
            ('router', mixed.router_id),
            ('network', network_id),
        )
    ]

    # Neither concerns a route.
    mixed.made.user.update('router', mixed.router_id, name='again')
    mixed.made.user.update('subnet', mixed.subnet_id, name='again')

    def followed() -> None:
        assert all(one.spent for one in twice)
        admin = cloud.one.admin
        assert admin.show('router', mixed.router_id)['name'] == 'again'
        assert admin.show('subnet', mixed.subnet_id)['name'] == 'again'

    eventually(followed, WAIT)
    mixed.assert_merged()


def test_routes_are_the_same_after_a_region_was_restarted(
    cloud: clouds.Cloud, mixed: Mixed
) -> None:
    cloud.one.kill9()
    cloud.one.start()

    mixed.assert_merged()
    _code, said = sweep_once(cloud, '--region', 'RegionOne')
    assert mixed.router_id not in said
    assert str(mixed.made.networks['net1']['id']) not in said
    # And what comes next does not bring anything but itself.
    mixed.made.user.update('router', mixed.router_id, name='later')

    def followed() -> None:
        shown = cloud.one.admin.show('router', mixed.router_id)
        assert shown['name'] == 'later'

    eventually(followed, WAIT)
    mixed.assert_merged()
