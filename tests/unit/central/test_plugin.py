# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import ddt
from neutron.plugins.ml2 import plugin as ml2_plugin
from neutron_lib.api.definitions import portbindings

from tests.unit.central import base
from tricircle.replica import types


@ddt.ddt
class NetworksTest(base.CentralTestCase):
    def create(self, expected=201, **attributes):
        answer = self.request(
            'POST', 'networks', {'network': attributes}, expected
        )
        return answer.get('network') or answer['NeutronError']

    @ddt.data('az1', 'RegionTwo')
    def test_hint_is_kept_as_it_was_given(self, hint):
        network = self.create(availability_zone_hints=[hint])

        self.assertEqual([hint], network['availability_zone_hints'])

    @ddt.data('nowhere', 'CentralRegion')
    def test_hint_that_names_nothing_is_refused(self, hint):
        error = self.create(404, availability_zone_hints=[hint])

        self.assertEqual('AvailabilityZoneNotFound', error['type'])
        self.assertEqual([], self.request('GET', 'networks')['networks'])

    def test_pod_added_later_is_in_the_scope_of_its_zone(self):
        self.create(404, availability_zone_hints=['az9'])
        self.add_pod('RegionNine', 'az9')

        self.create(availability_zone_hints=['az9'])

    def test_zones_are_where_the_network_is_present(self):
        network = self.create()
        self.put_into('RegionTwo', types.NETWORK, network['id'])
        self.put_into('RegionThree', types.NETWORK, network['id'])

        shown = self.request('GET', f'networks/{network["id"]}')['network']
        [listed] = self.request('GET', 'networks')['networks']

        self.assertEqual(['az2'], shown['availability_zones'])
        self.assertEqual(shown, listed)

    def test_external_network_gets_the_default_region(self):
        network = self.create(**{'router:external': True})

        self.assertEqual(['RegionOne'], network['availability_zone_hints'])

    def test_zone_of_one_region_may_name_it(self):
        network = self.create(
            availability_zone_hints=['az1'], **{'router:external': True}
        )

        self.assertEqual(['az1'], network['availability_zone_hints'])

    def test_external_network_in_several_regions_is_refused(self):
        error = self.create(
            400, availability_zone_hints=['az2'], **{'router:external': True}
        )

        self.assertEqual('InvalidInput', error['type'])
        self.assertIn('RegionThree, RegionTwo', error['message'])

    def test_native_features_are_neutrons(self):
        # Neutron emulates what a plugin does not say that it has.
        for feature in ('bulk', 'pagination', 'sorting'):
            name = f'__native_{feature}_support'
            self.assertTrue(getattr(ml2_plugin.Ml2Plugin, f'_Ml2Plugin{name}'))
            self.assertTrue(
                getattr(self.plugin, f'_TricirclePlugin{name}', False)
            )


class EmptyRegistryTest(base.CentralTestCase):
    """Central before any pod was made."""

    def add_pod(self, region_name, az_name):
        return ''

    def test_external_network_waits_for_its_region(self):
        answer = self.request(
            'POST', 'networks', {'network': {'router:external': True}}, 201
        )

        self.assertEqual(
            ['RegionOne'], answer['network']['availability_zone_hints']
        )

    def test_hint_is_refused(self):
        for external in (True, False):
            self.request(
                'POST',
                'networks',
                {
                    'network': {
                        'router:external': external,
                        'availability_zone_hints': ['RegionOne'],
                    }
                },
                404,
            )

    def test_no_zones_are_listed(self):
        self.assertEqual(
            {'availability_zones': []},
            self.request('GET', 'availability_zones'),
        )


class BindingTest(base.CentralTestCase):
    def setUp(self):
        super().setUp()
        self.network = self.request('POST', 'networks', {'network': {}}, 201)[
            'network'
        ]
        self.port = self.request(
            'POST', 'ports', {'port': {'network_id': self.network['id']}}, 201
        )['port']

    def bind(self, host):
        answer = self.request(
            'PUT',
            f'ports/{self.port["id"]}',
            {'port': {portbindings.HOST_ID: host}},
            200,
        )
        return answer['port'][portbindings.VIF_TYPE]

    def test_unknown_host_is_as_on_a_neutron_without_agents(self):
        self.assertEqual('binding_failed', self.bind('nowhere'))

    def test_host_that_a_region_reported_is_taken_over(self):
        self.locate(self.port['id'], self.network['id'], 'host1', 'ovs')

        self.assertEqual('ovs', self.bind('host1'))
        self.assertEqual('binding_failed', self.bind('host2'))
