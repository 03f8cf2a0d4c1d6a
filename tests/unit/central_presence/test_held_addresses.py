# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""An address is free when every region has confirmed, not before."""

import uuid

from tests.unit.central_presence import base
from tricircle.db.central import models as central_models
from tricircle.journal import intent
from tricircle.replica import types
from tricircle.replica.document import Generation

FIXED = '10.0.1.77'
OTHER = '10.0.1.78'


class HeldTestCase(base.PresenceTestCase):
    def setUp(self):
        super().setUp()
        self.network = self.make_network()

    def delete(self, kind, resource_id):
        answer = self.ask(
            'DELETE', f'/{kind}s/{resource_id}', roles=('admin',)
        )
        self.assertEqual(204, answer.status, answer)

    def fixed_ips(self, *addresses):
        return [{'ip_address': one} for one in addresses]

    def ask_for(self, address=FIXED, network=None, **attributes):
        return self.ask(
            'POST',
            '/ports',
            {
                'port': {
                    'network_id': (network or self.network)['id'],
                    'fixed_ips': self.fixed_ips(address),
                    **attributes,
                }
            },
            roles=('admin', 'member'),
        )

    def assert_held(self, answer, *regions):
        self.assertEqual(409, answer.status, answer)
        self.assertEqual('IpAddressAlreadyAllocated', answer.error['type'])
        for region in regions:
            self.assertIn(region, answer.error['message'])

    def assert_free(self, answer):
        self.assertEqual(201, answer.status, answer)

    def region_removed(self, kind, resource_id, region='RegionOne'):
        """Do what XJob does when the region answered the deletion."""
        with base.db_api.CONTEXT_WRITER.using(self.context):
            base.presence_db.revoke(
                self.context.session, kind, resource_id, region
            )
            intent.forget(self.context.session, kind, resource_id, region)

    def region_applied(self, kind, resource_id, region='RegionOne'):
        """Do what XJob does when the region answered the latest document."""
        counter = self.intents()[kind, resource_id, region]
        with base.db_api.CONTEXT_WRITER.using(self.context):
            intent.confirm(
                self.context.session,
                kind,
                resource_id,
                region,
                Generation(1, counter),
                'digest',
            )


class TestHeldAddresses(HeldTestCase):
    def test_address_of_a_port_deleted_in_central_waits_for_its_region(self):
        port = self.allocated(
            self.network['id'], fixed_ips=self.fixed_ips(FIXED)
        )
        self.delete('port', port['id'])
        self.assert_held(self.ask_for(), 'RegionOne')
        self.region_removed(types.PORT, port['id'])
        self.assert_free(self.ask_for())

    def test_no_port_is_given_a_held_address_by_chance(self):
        network = self.make_network('10.0.9.0/29')
        ports = []
        while True:
            answer = self.allocate(network['id'])
            if answer.status != 201:
                break
            ports.append(answer.body['port'])
        self.delete('port', ports[0]['id'])
        self.assertEqual(409, self.allocate(network['id']).status)
        self.region_removed(types.PORT, ports[0]['id'])
        again = self.allocated(network['id'])
        self.assertEqual(
            ports[0]['fixed_ips'][0]['ip_address'],
            again['fixed_ips'][0]['ip_address'],
        )

    def test_an_address_that_another_request_gave_out_is_not_given_back(self):
        ports = [
            self.allocated(self.network['id'], fixed_ips=self.fixed_ips(one))
            for one in (FIXED, OTHER)
        ]
        for port in ports:
            self.delete('port', port['id'])
            self.region_removed(types.PORT, port['id'])

        with self.another_first(central_models.HeldAddress, ip_address=FIXED):
            self.assert_free(self.ask_for('10.0.1.99'))

        self.assertIn(FIXED, base.ipam_allocations(self))
        self.assertNotIn(OTHER, base.ipam_allocations(self))

    def test_address_of_a_port_in_no_region_is_free_at_once(self):
        port = self.ask_for().body['port']
        self.delete('port', port['id'])
        self.assert_free(self.ask_for())
        self.assertEqual([], self.rows(central_models.HeldAddress))

    def test_port_that_its_region_deleted_waits_for_shadows_only(self):
        self.pulled(types.NETWORK, self.network['id'], 'RegionTwo')
        port = self.allocated(
            self.network['id'], fixed_ips=self.fixed_ips(FIXED)
        )
        self.assertEqual(200, self.report(port['id']).status)
        answer = self.ask(
            'DELETE',
            f'/ports/{port["id"]}/replicas/RegionOne',
            project='service',
            roles=base.SERVICE,
        )
        self.assertEqual(204, answer.status, answer)
        refused = self.ask_for()
        self.assert_held(refused, 'RegionTwo')
        self.assertNotIn('RegionOne', refused.error['message'])
        self.region_applied(
            types.SHADOW_PORTS,
            types.shadow_id(self.network['id'], 0),
            'RegionTwo',
        )
        self.assert_free(self.ask_for())

    def test_address_taken_from_a_port_waits_for_its_region(self):
        port = self.allocated(
            self.network['id'], fixed_ips=self.fixed_ips(FIXED)
        )
        answer = self.ask(
            'PUT',
            f'/ports/{port["id"]}',
            {'port': {'fixed_ips': self.fixed_ips(OTHER)}},
        )
        self.assertEqual(200, answer.status, answer)
        self.assert_held(self.ask_for(), 'RegionOne')
        self.region_applied(types.PORT, port['id'])
        self.assert_free(self.ask_for())

    def test_an_older_document_frees_nothing(self):
        port = self.allocated(
            self.network['id'], fixed_ips=self.fixed_ips(FIXED)
        )
        before = self.intents()[types.PORT, port['id'], 'RegionOne']
        self.ask(
            'PUT',
            f'/ports/{port["id"]}',
            {'port': {'fixed_ips': self.fixed_ips(OTHER)}},
        )
        with base.db_api.CONTEXT_WRITER.using(self.context):
            intent.confirm(
                self.context.session,
                types.PORT,
                port['id'],
                'RegionOne',
                Generation(1, before),
                'digest',
            )
        self.assert_held(self.ask_for(), 'RegionOne')

    def test_port_can_have_its_own_address_back_when_its_region_followed(
        self,
    ):
        port = self.allocated(
            self.network['id'], fixed_ips=self.fixed_ips(FIXED)
        )
        path = f'/ports/{port["id"]}'
        for address in (OTHER, FIXED):
            answer = self.ask(
                'PUT', path, {'port': {'fixed_ips': self.fixed_ips(address)}}
            )
            if address == OTHER:
                self.assertEqual(200, answer.status, answer)
                self.region_applied(types.PORT, port['id'])
        self.assertEqual(200, answer.status, answer)
        self.delete('port', port['id'])
        self.assert_held(self.ask_for(FIXED), 'RegionOne')

    def test_mac_address_waits_too(self):
        port = self.allocated(self.network['id'])
        self.delete('port', port['id'])
        refused = self.ask_for(OTHER, mac_address=port['mac_address'])
        self.assertEqual(409, refused.status)
        self.assertEqual('MacAddressInUse', refused.error['type'])
        self.region_removed(types.PORT, port['id'])
        self.assert_free(self.ask_for(OTHER, mac_address=port['mac_address']))

    def test_mac_address_taken_from_a_port_waits_too(self):
        port = self.allocated(self.network['id'])
        answer = self.ask(
            'PUT',
            f'/ports/{port["id"]}',
            {'port': {'mac_address': 'fa:16:3e:00:00:77'}},
            roles=('admin',),
        )
        self.assertEqual(200, answer.status, answer)
        refused = self.ask_for(OTHER, mac_address=port['mac_address'])
        self.assertEqual('MacAddressInUse', refused.error['type'])
        self.region_applied(types.PORT, port['id'])
        self.assert_free(self.ask_for(OTHER, mac_address=port['mac_address']))

    def test_address_is_held_when_its_subnet_is_made_anew(self):
        port = self.allocated(
            self.network['id'], fixed_ips=self.fixed_ips(FIXED)
        )
        self.delete('port', port['id'])
        self.delete('subnet', port['fixed_ips'][0]['subnet_id'])
        self.make_subnet(self.network, '10.0.1.0/24')
        self.assert_held(self.ask_for(), 'RegionOne')
        self.region_removed(types.PORT, port['id'])
        self.assert_free(self.ask_for())

    def test_gateway_of_a_region_is_held_when_its_subnet_is_made_anew(self):
        self.pulled(types.NETWORK, self.network['id'])
        addresses = [
            one
            for kind in self.reserved(self.network['id']).values()
            for one in kind
        ]
        subnets = self.plugin.get_subnets(self.context)
        self.delete('subnet', subnets[0]['id'])
        self.make_subnet(self.network, '10.0.1.0/24')
        for address in addresses:
            self.assert_held(self.ask_for(address), 'RegionOne')
        self.region_applied(types.NETWORK, self.network['id'])
        for address in addresses:
            self.assert_free(self.ask_for(address))

    def test_gateway_of_an_agent_is_held_when_its_subnet_is_made_anew(self):
        network = self.make(
            'network',
            availability_zone_hints=['RegionOne'],
            **{'router:external': True},
        )
        cidr = '203.0.113.0/29'
        subnet = self.make_subnet(network, cidr, enable_dhcp=False)
        document = self.pulled(
            types.NETWORK,
            network['id'],
            is_admin=True,
            agent_gateways=[str(uuid.uuid4())],
        )
        (port,) = document['body']['agent_gateways']
        address = port['fixed_ips'][0]['ip_address']
        self.delete('subnet', subnet['id'])
        self.make_subnet(network, cidr, enable_dhcp=False)
        self.assert_held(self.ask_for(address, network), 'RegionOne')
        self.region_applied(types.NETWORK, network['id'])
        self.assert_free(self.ask_for(address, network))

    def test_entry_that_counts_anew_holds_nothing_for_ever(self):
        port = self.make(
            'port',
            network_id=self.network['id'],
            fixed_ips=self.fixed_ips(FIXED),
        )
        self.pulled(types.PORT, port['id'])
        for name in 'abc':
            self.ask('PUT', f'/ports/{port["id"]}', {'port': {'name': name}})
        self.ask(
            'PUT',
            f'/ports/{port["id"]}',
            {'port': {'fixed_ips': self.fixed_ips(OTHER)}},
        )
        self.region_removed(types.PORT, port['id'])
        self.pulled(types.PORT, port['id'])
        self.assert_free(self.ask_for())

    def test_nothing_is_noted_any_more_when_the_network_is_deleted(self):
        port = self.allocated(self.network['id'])
        self.delete('port', port['id'])
        self.assertNotEqual([], self.rows(central_models.HeldAddress))
        self.delete('network', self.network['id'])
        self.assertEqual([], self.rows(central_models.HeldAddress))
