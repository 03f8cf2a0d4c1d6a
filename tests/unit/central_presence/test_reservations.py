# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import netaddr
from neutron_lib import exceptions as n_exc

from tests.unit.central_presence import base
from tricircle.central.held import holding
from tricircle.central.held import ownership
from tricircle.central.held import reservations
from tricircle.replica import types
from tricircle.replica.held_ports import HeldPort

SLAAC = {'ipv6_ra_mode': 'slaac', 'ipv6_address_mode': 'slaac'}


class TestReservations(base.PresenceTestCase):
    def test_what_is_held_belongs_to_no_project(self):
        network = self.make_network()
        self.pulled('network', network['id'])
        for row in self.rows(base.ReservedPort):
            port = self.plugin.get_port(self.context, row.port_id)
            self.assertEqual('', port['project_id'])
            self.assertEqual('network:dhcp', port['device_owner'])
            self.assertEqual(network['id'], port['network_id'])
            self.assertEqual('', port['binding:host_id'])

    def test_ids_follow_from_what_they_are_for(self):
        network = self.make_network()
        self.pulled('network', network['id'])
        subnet_id = self.plugin.get_network(self.context, network['id'])[
            'subnets'
        ][0]
        self.assertEqual(
            {
                holding.Purpose(HeldPort.GATEWAY, subnet_id=subnet_id).port_id(
                    network['id'], 'RegionOne'
                ),
                holding.Purpose(HeldPort.DHCP, number='0').port_id(
                    network['id'], 'RegionOne'
                ),
            },
            {row.port_id for row in self.rows(base.ReservedPort)},
        )

    def test_slaac_subnet_has_addresses_that_follow_from_the_macs(self):
        network = self.make('network')
        subnet = self.make_subnet(network, '2001:db8::/64', **SLAAC)
        document = self.pulled('network', network['id'])
        (dhcp,) = document['body']['dhcp_ports']
        (gateway,) = [
            row
            for row in self.rows(base.ReservedPort)
            if row.kind == HeldPort.GATEWAY
        ]
        port = self.plugin.get_port(self.context, gateway.port_id)
        for mac, address in (
            (dhcp['mac_address'], dhcp['fixed_ips'][0]['ip_address']),
            (
                port['mac_address'],
                document['body']['subnets'][0]['gateway_ip'],
            ),
        ):
            expected = netaddr.EUI(mac).ipv6(
                int(netaddr.IPNetwork(subnet['cidr']).network)
            )
            self.assertEqual(expected, netaddr.IPAddress(address))

    def test_stateful_ipv6_subnet_has_addresses_of_its_pool(self):
        network = self.make('network')
        self.make_subnet(
            network,
            '2001:db8::/64',
            ipv6_ra_mode='dhcpv6-stateful',
            ipv6_address_mode='dhcpv6-stateful',
        )
        self.pulled('network', network['id'])
        ips = [
            netaddr.IPAddress(ip)
            for held in self.reserved(network['id']).values()
            for ip in held
        ]
        self.assertEqual(2, len(ips))
        for ip in ips:
            self.assertIn(ip, netaddr.IPNetwork('2001:db8::/64'))

    def test_later_subnet_is_held_for_every_region_there(self):
        network = self.make_network()
        for region in ('RegionOne', 'RegionTwo'):
            self.pulled('network', network['id'], region)
        self.make_subnet(network, '10.0.2.0/24')
        for region in ('RegionOne', 'RegionTwo'):
            self.assertEqual(
                2, len(self.reserved(network['id'], region)['gateway'])
            )
            self.assertEqual(
                2, len(self.reserved(network['id'], region)['dhcp'])
            )
            self.assertEqual(
                2, self.intents()[types.NETWORK, network['id'], region]
            )
        (dhcp,) = self.pulled('network', network['id'])['body']['dhcp_ports']
        self.assertEqual(2, len(dhcp['fixed_ips']))

    def test_later_slaac_subnet_is_held_too(self):
        network = self.make_network()
        self.pulled('network', network['id'])
        self.make_subnet(network, '2001:db8::/64', **SLAAC)
        document = self.pulled('network', network['id'])
        (dhcp,) = document['body']['dhcp_ports']
        self.assertEqual(2, len(dhcp['fixed_ips']))
        for subnet in document['body']['subnets']:
            self.assertIsNotNone(subnet['gateway_ip'])

    def test_dhcp_that_is_switched_on_later_is_served(self):
        network = self.make('network')
        subnet = self.make_subnet(network, '10.0.1.0/24', enable_dhcp=False)
        document = self.pulled('network', network['id'])
        self.assertEqual([], document['body']['dhcp_ports'])
        answer = self.ask(
            'PUT',
            f'/subnets/{subnet["id"]}',
            {'subnet': {'enable_dhcp': True}},
        )
        self.assertEqual(200, answer.status, answer)
        self.assertEqual(1, len(self.reserved(network['id'])['dhcp']))
        document = self.pulled('network', network['id'])
        self.assertEqual(1, len(document['body']['dhcp_ports']))

    def test_gateway_that_is_set_later_is_held(self):
        network = self.make('network')
        subnet = self.make_subnet(network, '10.0.1.0/24', gateway_ip=None)
        self.pulled('network', network['id'])
        self.assertNotIn('gateway', self.reserved(network['id']))
        answer = self.ask(
            'PUT',
            f'/subnets/{subnet["id"]}',
            {'subnet': {'gateway_ip': '10.0.1.1'}},
        )
        # .1 is in the pool of a subnet without gateway.
        self.assertEqual(409, answer.status, answer)
        answer = self.ask(
            'PUT',
            f'/subnets/{subnet["id"]}',
            {
                'subnet': {
                    'gateway_ip': '10.0.1.1',
                    'allocation_pools': [
                        {'start': '10.0.1.2', 'end': '10.0.1.99'}
                    ],
                }
            },
        )
        self.assertEqual(200, answer.status, answer)
        self.assertEqual(1, len(self.reserved(network['id'])['gateway']))

    def test_full_subnet_leaves_nothing_behind(self):
        network = self.make('network')
        self.make_subnet(
            network,
            '10.0.1.0/24',
            allocation_pools=[{'start': '10.0.1.9', 'end': '10.0.1.9'}],
        )
        answer = self.pull('network', network['id'])
        self.assertEqual(409, answer.status, answer)
        self.assertEqual('IpAddressGenerationFailure', answer.error['type'])
        self.assertEqual([], self.presence(network['id']))
        self.assertEqual([], self.rows(base.ReservedPort))
        self.assertEqual({}, self.intents())
        self.make('port', network_id=network['id'])

    def test_subnet_too_small_for_the_regions_there_is_refused(self):
        network = self.make_network()
        self.pulled('network', network['id'])
        answer = self.ask(
            'POST',
            '/subnets',
            {
                'subnet': {
                    'network_id': network['id'],
                    'cidr': '10.0.2.0/24',
                    'ip_version': 4,
                    'allocation_pools': [
                        {'start': '10.0.2.9', 'end': '10.0.2.9'}
                    ],
                }
            },
        )
        self.assertEqual(409, answer.status, answer)
        self.assertEqual(1, len(self.plugin.get_subnets(self.context)))
        self.assertEqual(2, len(self.rows(base.ReservedPort)))

    def test_deleted_subnet_gives_its_addresses_back(self):
        network = self.make_network('10.0.1.0/24', '10.0.2.0/24')
        self.make_subnet(network, '2001:db8::/64', **SLAAC)
        self.pulled('network', network['id'])
        first = self.plugin.get_subnets(
            self.context, {'cidr': ['10.0.1.0/24']}
        )[0]['id']
        answer = self.ask('DELETE', f'/subnets/{first}')
        self.assertEqual(204, answer.status, answer)
        gateways = [
            row.subnet_id
            for row in self.rows(base.ReservedPort)
            if row.kind == HeldPort.GATEWAY
        ]
        self.assertEqual(2, len(gateways))
        self.assertNotIn(first, gateways)
        document = self.pulled('network', network['id'])
        self.assertEqual(2, len(document['body']['subnets']))
        (dhcp,) = document['body']['dhcp_ports']
        self.assertEqual(2, len(dhcp['fixed_ips']))

    def test_addresses_of_a_deleted_subnet_are_free_again(self):
        network = self.make_network()
        self.pulled('network', network['id'])
        # Neutron gives each port of the network an address on this one.
        self.make_subnet(network, '2001:db8::/64', **SLAAC)
        allocations = base.allocations(self)
        first = self.plugin.get_subnets(
            self.context, {'cidr': ['10.0.1.0/24']}
        )[0]['id']
        self.ask('DELETE', f'/subnets/{first}')
        # Left are the SLAAC subnet's own: its gateway's, the DHCP port's.
        self.assertEqual(5, len(allocations))
        self.assertEqual(2, len(base.allocations(self)))
        # That of the gateway which is gone is the region's until it followed.
        with base.db_api.CONTEXT_WRITER.using(self.context):
            base.intent.forget(
                self.context.session, 'network', network['id'], 'RegionOne'
            )
        # The next who wants an address gives back what is held no more.
        self.make('port', network_id=network['id'])
        self.assertEqual(base.allocations(self), base.ipam_allocations(self))

    def test_deleted_network_takes_everything_along(self):
        network = self.make_network('10.0.1.0/24', '10.0.2.0/24')
        for region in ('RegionOne', 'RegionTwo'):
            self.pulled('network', network['id'], region)
        answer = self.ask('DELETE', f'/networks/{network["id"]}')
        self.assertEqual(204, answer.status, answer)
        self.assertEqual([], self.rows(base.ReservedPort))
        self.assertEqual([], self.plugin.get_ports(self.context))
        self.assertEqual([], base.ipam_allocations(self))
        for region in ('RegionOne', 'RegionTwo'):
            self.assertLess(
                1, self.intents()[types.NETWORK, network['id'], region]
            )

    def test_port_of_a_user_keeps_the_network_as_ever(self):
        network = self.make_network()
        self.allocated(network['id'])
        answer = self.ask('DELETE', f'/networks/{network["id"]}')
        self.assertEqual(409, answer.status, answer)
        self.assertEqual('NetworkInUse', answer.error['type'])
        self.assertEqual(2, len(self.rows(base.ReservedPort)))

    def test_reservation_that_is_gone_is_made_anew(self):
        network = self.make_network()
        self.pulled('network', network['id'])
        with ownership.acting():
            for row in self.rows(base.ReservedPort):
                self.plugin.delete_port(self.context, row.port_id)
        self.assertEqual([], self.rows(base.ReservedPort))
        self.pulled('network', network['id'])
        self.assertEqual(2, len(self.rows(base.ReservedPort)))

    def test_network_that_is_gone_has_nothing_to_hold(self):
        pod = base.presence_db.Pod('RegionOne', 'x', 'az1')
        with base.db_api.CONTEXT_WRITER.using(self.context):
            self.assertRaises(
                n_exc.NetworkNotFound,
                reservations.reserve,
                self.context,
                'b7d12b5c-7e6c-4b6d-9e43-1f6b6f5fd001',
                pod,
            )


class TestVisibility(base.PresenceTestCase):
    def setUp(self):
        super().setUp()
        self.network = self.make_network()
        self.port = self.allocated(self.network['id'])
        self.held = [row.port_id for row in self.rows(base.ReservedPort)]

    def listed(self, roles=base.MEMBER, **kwargs):
        answer = self.ask('GET', '/ports', roles=roles, **kwargs)
        self.assertEqual(200, answer.status, answer)
        return {port['id'] for port in answer.body['ports']}

    def test_owner_of_the_network_does_not_see_them(self):
        self.assertEqual({self.port['id']}, self.listed())
        for port_id in self.held:
            self.assertEqual(404, self.ask('GET', f'/ports/{port_id}').status)
            self.assertEqual(
                404, self.ask('DELETE', f'/ports/{port_id}').status
            )

    def test_owner_still_sees_what_others_have_on_the_network(self):
        shared = self.make_network('10.0.3.0/24', shared=True)
        theirs = self.allocated(shared['id'], project='p2')
        self.assertEqual({self.port['id'], theirs['id']}, self.listed())
        self.assertEqual({theirs['id']}, self.listed(project='p2'))

    def test_they_are_not_counted(self):
        context = base.n_context.Context(
            project_id=base.PROJECT, roles=['member', 'reader']
        )
        self.assertEqual(1, self.plugin.get_ports_count(context))

    def test_administrator_sees_them(self):
        self.assertEqual(
            {self.port['id'], *self.held}, self.listed(roles=base.ADMIN)
        )
