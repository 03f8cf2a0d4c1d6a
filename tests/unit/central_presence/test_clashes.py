# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region has of its own, and central as well."""

import uuid

from neutron.services.segments import db as segments_db

from tests.unit.central_presence import base
from tests.unit.central_presence.base import db_api
from tricircle.db.central.pod import clashes as central_clashes
from tricircle.plan import clashes
from tricircle.plan.clashes import Kind
from tricircle.plan.state import Segment

VLAN = 'vlan'
VXLAN = 'vxlan'


class TestClashes(base.PresenceTestCase):
    """Central's ranges are VNI 1001-2000, VLAN 101-110 and 201-210."""

    def setUp(self):
        super().setUp()
        # Neutron releases segments by it; tests of its own do without.
        segments_db.subscribe()

    def of(self, *segments, id=None, region='RegionOne'):
        """Return kind and reason of the clashes of one network."""
        network = clashes.OwnNetwork(
            id or str(uuid.uuid4()), tuple(Segment(*one) for one in segments)
        )
        with db_api.CONTEXT_READER.using(self.context):
            found = central_clashes.find(
                self.context.session, region, [network]
            )
        self.assertEqual(
            {network.id} if found else set(), {one.network_id for one in found}
        )
        self.assertTrue(all(one.remedy for one in found))
        return [(one.kind, one.reason) for one in found]

    def kinds(self, *segments, **more):
        return [kind for kind, _ in self.of(*segments, **more)]

    def vlan_network(self, number, physical='bridge', **attributes):
        return self.make(
            'network',
            **{
                'provider:network_type': VLAN,
                'provider:physical_network': physical,
                'provider:segmentation_id': number,
            },
            **attributes,
        )

    def test_what_central_knows_nothing_of_clashes_with_nothing(self):
        self.make_network()

        self.assertEqual([], self.of())
        self.assertEqual([], self.of((VXLAN, None, 5001)))
        self.assertEqual([], self.of((VLAN, 'bridge', 501)))
        self.assertEqual([], self.of((VLAN, 'other', 101)))
        self.assertEqual([], self.of(('flat', 'other', None)))
        self.assertEqual([], self.of(('geneve', None, 1001)))
        self.assertEqual([], self.of(('local', None, None)))

    def test_an_id_that_central_has_is_named(self):
        network = self.make_network()

        self.assertEqual([Kind.ID], self.kinds(id=network['id']))

    def test_a_segment_of_the_range_may_be_given_out_later(self):
        self.assertEqual(
            [
                (
                    Kind.SEGMENT_FREE,
                    'central may make a network on VNI 1001, which the '
                    'region then cannot make',
                )
            ],
            self.of((VXLAN, None, 1001)),
        )
        self.assertEqual(
            [Kind.SEGMENT_FREE], self.kinds((VLAN, 'extern', 210))
        )

    def test_a_segment_that_a_network_is_on_is_named_with_it(self):
        network = self.vlan_network(101)
        beyond = self.vlan_network(4000)
        vxlan = self.make(
            'network',
            **{
                'provider:network_type': VXLAN,
                'provider:segmentation_id': 7,
            },
        )
        flat = self.make(
            'network',
            **{
                'provider:network_type': 'flat',
                'provider:physical_network': 'wire',
            },
        )

        for segment, one in (
            ((VLAN, 'bridge', 101), network),
            ((VLAN, 'bridge', 4000), beyond),
            ((VXLAN, None, 7), vxlan),
            (('flat', 'wire', None), flat),
        ):
            ((kind, reason),) = self.of(segment)
            self.assertEqual(Kind.SEGMENT_USED, kind)
            self.assertIn(one['id'], reason)

    def test_the_same_vlan_on_another_physical_network_is_no_clash(self):
        self.vlan_network(4000)

        self.assertEqual([], self.of((VLAN, 'extern', 4000)))

    def test_a_network_that_cannot_come_to_the_region_is_in_no_way(self):
        self.vlan_network(4000, availability_zone_hints=['RegionTwo'])
        self.vlan_network(4001, availability_zone_hints=['az1'])

        self.assertEqual([], self.of((VLAN, 'bridge', 4000)))
        self.assertEqual(
            [Kind.SEGMENT_USED], self.kinds((VLAN, 'bridge', 4001))
        )

    def test_any_network_may_come_to_a_region_that_is_yet_to_join(self):
        self.vlan_network(4000, availability_zone_hints=['RegionTwo'])

        self.assertEqual(
            [Kind.SEGMENT_USED],
            self.kinds((VLAN, 'bridge', 4000), region='RegionFour'),
        )

    def test_a_segment_of_a_deleted_network_may_be_given_out_again(self):
        network = self.vlan_network(101, availability_zone_hints=['RegionTwo'])
        self.assertEqual([], self.of((VLAN, 'bridge', 101)))

        self.plugin.delete_network(self.context, network['id'])

        self.assertEqual(
            [Kind.SEGMENT_FREE], self.kinds((VLAN, 'bridge', 101))
        )

    def test_each_segment_of_a_network_is_looked_at(self):
        self.assertEqual(
            [Kind.SEGMENT_FREE, Kind.SEGMENT_FREE],
            self.kinds(
                (VLAN, 'bridge', 101),
                (VLAN, 'bridge', 501),
                (VXLAN, None, 1500),
            ),
        )

    def test_networks_without_segments_are_answered(self):
        with db_api.CONTEXT_READER.using(self.context):
            self.assertEqual(
                [],
                central_clashes.find(self.context.session, 'RegionOne', []),
            )
