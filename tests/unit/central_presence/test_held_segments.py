# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A segment is free when every region has confirmed, not before."""

from typing import ClassVar

from neutron.services.segments import db as segments_db

from tests.unit.central_presence import base
from tests.unit.central_presence import test_held_addresses
from tricircle.db.central import models as central_models
from tricircle.replica import types


class TestHeldSegments(test_held_addresses.HeldTestCase):
    def setUp(self):
        super().setUp()
        # Neutron's test base forgets who subscribed at import.
        segments_db.subscribe()

    def ask_for_network(self, **attributes):
        return self.ask(
            'POST', '/networks', {'network': attributes}, roles=base.ADMIN
        )

    def segment_of(self, network):
        return {
            key: value
            for key, value in network.items()
            if key.startswith('provider:') and value is not None
        }

    def test_vni_of_a_deleted_network_waits_for_every_region(self):
        wanted = self.segment_of(self.network)
        for region in ('RegionOne', 'RegionTwo'):
            self.pulled(types.NETWORK, self.network['id'], region)
        self.delete('network', self.network['id'])
        self.assertEqual(409, self.ask_for_network(**wanted).status)
        self.region_removed(types.NETWORK, self.network['id'], 'RegionOne')
        self.assertEqual(409, self.ask_for_network(**wanted).status)
        self.region_removed(types.NETWORK, self.network['id'], 'RegionTwo')
        self.assert_free(self.ask_for_network(**wanted))
        self.assertEqual([], self.rows(central_models.HeldSegment))

    def test_vni_of_a_network_in_no_region_is_free_at_once(self):
        wanted = self.segment_of(self.network)
        self.delete('network', self.network['id'])
        self.assert_free(self.ask_for_network(**wanted))

    def test_vlan_waits_too(self):
        wanted = {
            'provider:network_type': 'vlan',
            'provider:physical_network': 'bridge',
            'provider:segmentation_id': 105,
        }
        network = self.make('network', **wanted)
        self.pulled(types.NETWORK, network['id'])
        self.delete('network', network['id'])
        self.assertEqual(409, self.ask_for_network(**wanted).status)
        self.region_removed(types.NETWORK, network['id'])
        self.assert_free(self.ask_for_network(**wanted))

    def test_physical_network_waits_too(self):
        wanted = {
            'provider:network_type': 'flat',
            'provider:physical_network': 'wire',
        }
        network = self.make('network', **wanted)
        self.pulled(types.NETWORK, network['id'])
        self.delete('network', network['id'])
        self.assertEqual(409, self.ask_for_network(**wanted).status)
        self.region_removed(types.NETWORK, network['id'])
        self.assert_free(self.ask_for_network(**wanted))

    def test_physical_network_of_an_external_network_waits_in_its_region(
        self,
    ):
        wanted = {
            'provider:network_type': 'flat',
            'provider:physical_network': 'extern',
            'router:external': True,
        }
        one = {**wanted, 'availability_zone_hints': ['RegionOne']}
        two = {**wanted, 'availability_zone_hints': ['RegionTwo']}
        network = self.make('network', **one)
        self.assertEqual(201, self.ask_for_network(**two).status)
        self.pulled(types.NETWORK, network['id'], is_admin=True)
        self.delete('network', network['id'])
        self.assertEqual(409, self.ask_for_network(**one).status)
        self.region_removed(types.NETWORK, network['id'])
        self.assert_free(self.ask_for_network(**one))

    def test_a_segment_that_another_request_released_is_not_released_again(
        self,
    ):
        other = self.make_network('10.0.2.0/24')
        for network in (self.network, other):
            self.pulled(types.NETWORK, network['id'])
            self.delete('network', network['id'])
            self.region_removed(types.NETWORK, network['id'])

        with self.another_first(
            central_models.HeldSegment, network_id=other['id']
        ):
            self.assert_free(self.ask_for_network(name='next'))

        # The other request has it, for a network of its own.
        self.assertEqual(
            409, self.ask_for_network(**self.segment_of(other)).status
        )
        self.assert_free(self.ask_for_network(**self.segment_of(self.network)))


class TestRemovedSegments(test_held_addresses.HeldTestCase):
    service_plugins: ClassVar = {'segments': 'segments'}

    def setUp(self):
        super().setUp()
        segments_db.subscribe()
        self.first, self.second = (
            self.segment(self.network),
            self.add_segment(self.network['id'], 107).body['segment'],
        )

    def segment(self, network):
        answer = self.ask('GET', '/segments', roles=base.ADMIN)
        (found,) = [
            one
            for one in answer.body['segments']
            if one['network_id'] == network['id']
        ]
        return found

    def add_segment(self, network_id, vlan):
        return self.ask(
            'POST',
            '/segments',
            {
                'segment': {
                    'network_id': network_id,
                    'network_type': 'vlan',
                    'physical_network': 'bridge',
                    'segmentation_id': vlan,
                }
            },
            roles=base.ADMIN,
        )

    def remove(self, segment):
        return self.ask(
            'DELETE', f'/segments/{segment["id"]}', roles=base.ADMIN
        )

    def test_the_one_that_a_region_has_the_network_on_stays(self):
        self.pulled(types.NETWORK, self.network['id'], 'RegionTwo')

        refused = self.remove(self.first)

        self.assertEqual(409, refused.status)
        self.assertEqual('SegmentInUse', refused.error['type'])
        self.assertIn('RegionTwo', refused.error['message'])
        self.assertIn(self.network['id'], refused.error['message'])
        self.assertEqual(204, self.remove(self.second).status)

    def test_of_a_network_in_no_region_any_can_go(self):
        self.assertEqual(204, self.remove(self.first).status)
