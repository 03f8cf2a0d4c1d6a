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

from typing import Any
from unittest import mock

from neutron_lib import constants

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.client import central
from tricircle.client import central_errors
from tricircle.local.engine import apply
from tricircle.local.engine import refusals
from tricircle.replica import types
from tricircle.replica.document import Document


class TestSegments(plugin_base.PluginTestCase):
    def taken(self) -> tuple[dict[str, Any], Document]:
        """Return a network of the region, and one with its segment."""
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
        return own, documents.network(**segment)

    def test_the_network_that_has_the_segment_is_named(self) -> None:
        own, wanted = self.taken()

        refused = self.assertRaises(
            refusals.SegmentInUse, apply.apply, self.context, wanted
        )

        self.assertIn(own['id'], str(refused))
        self.assertIn(wanted.id, str(refused))
        self.assertIn(str(own['provider:segmentation_id']), str(refused))

    def test_central_is_told_at_once_why_it_was_refused(self) -> None:
        own, wanted = self.taken()
        with mock.patch.object(
            central.CentralClient, 'refused', autospec=True
        ) as told:
            self.assertRaises(
                refusals.SegmentInUse,
                apply.apply,
                self.context,
                wanted,
                pulled=True,
            )

        (_client, kind, resource_id, _region, body), _ = told.call_args
        self.assertEqual((types.NETWORK, wanted.id), (kind, resource_id))
        self.assertEqual(wanted.generation.counter, body['counter'])
        self.assertIn('SegmentInUse', body['reason'])
        self.assertIn(own['id'], body['reason'])

    def test_central_that_does_not_answer_changes_nothing(self) -> None:
        _own, wanted = self.taken()
        with mock.patch.object(
            central.CentralClient,
            'refused',
            autospec=True,
            side_effect=central_errors.CentralUnreachable(
                'u', 'away', sent=False
            ),
        ):
            self.assertRaises(
                refusals.SegmentInUse,
                apply.apply,
                self.context,
                wanted,
                pulled=True,
            )

    def test_what_is_pushed_is_answered_and_not_told(self) -> None:
        _own, wanted = self.taken()
        with mock.patch.object(
            central.CentralClient, 'refused', autospec=True
        ) as told:
            self.assertRaises(
                refusals.SegmentInUse, apply.apply, self.context, wanted
            )
        told.assert_not_called()
