# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A network of central whose segment is taken in the region."""

from neutron_lib import constants

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.local.engine import apply
from tricircle.local.engine import refusals


class TestSegments(plugin_base.PluginTestCase):
    def test_the_network_that_has_the_segment_is_named(self) -> None:
        own = self.plugin.create_network(
            self.context,
            {
                'network': {
                    'name': 'own',
                    'tenant_id': documents.PROJECT,
                    'admin_state_up': True,
                    'shared': False,
                    'router:external': False,
                    'availability_zone_hints': [],
                    **{
                        f'provider:{key}': constants.ATTR_NOT_SPECIFIED
                        for key in (
                            'network_type',
                            'physical_network',
                            'segmentation_id',
                        )
                    },
                }
            },
        )
        segment = {
            key: own[key]
            for key in (
                'provider:network_type',
                'provider:physical_network',
                'provider:segmentation_id',
            )
        }
        wanted = documents.network(**segment)

        refused = self.assertRaises(
            refusals.SegmentInUse, apply.apply, self.context, wanted
        )

        self.assertIn(own['id'], str(refused))
        self.assertIn(wanted.id, str(refused))
        self.assertIn(str(own['provider:segmentation_id']), str(refused))
