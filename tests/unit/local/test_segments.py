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

from typing import Any, ClassVar
from unittest import mock

from neutron.notifiers import batch_notifier
from neutron.services.segments import db as segments_db
from neutron_lib import constants
from neutron_lib.plugins import directory

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.client import central
from tricircle.client import central_errors
from tricircle.local.engine import apply
from tricircle.local.engine import refusals
from tricircle.replica import types
from tricircle.replica.document import Document


def make_own(case: plugin_base.PluginTestCase) -> dict[str, Any]:
    """Return a network of the region's own."""
    made: dict[str, Any] = case.plugin.create_network(
        case.context,
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
    return made


class TestSegments(plugin_base.PluginTestCase):
    def taken(self) -> tuple[dict[str, Any], Document]:
        """Return a network of the region, and one with its segment."""
        own = make_own(self)
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


class TestSegmentsOfNetworks(plugin_base.PluginTestCase):
    service_plugins: ClassVar = {'segments': 'segments'}

    def setUp(self) -> None:
        super().setUp()
        # Neutron's test base forgets who subscribed at import.
        segments_db.subscribe()
        # Nobody is there whom Neutron could tell of a segment that goes.
        patch = mock.patch.object(
            batch_notifier.BatchNotifier, 'queue_event', autospec=True
        )
        patch.start()
        self.addCleanup(patch.stop)

    def segment_of(self, network_id: str) -> str:
        (found,) = directory.get_plugin('segments').get_segments(
            self.context, {'network_id': [network_id]}
        )
        return str(found['id'])

    def changes(self, network_id: str) -> list[tuple[str, str, Any]]:
        """Return what an administrator may ask for."""
        path = f'/segments/{self.segment_of(network_id)}'
        another = {
            'network_id': network_id,
            'network_type': 'vxlan',
            'segmentation_id': 777,
        }
        return [
            ('POST', '/segments', {'segment': another}),
            ('PUT', path, {'segment': {'name': 'n'}}),
            ('DELETE', path, None),
        ]

    def test_those_of_centrals_networks_are_changed_in_central(self) -> None:
        network = documents.network()
        self.apply(network)

        for change in self.changes(network.id):
            status, body = self.ask(*change)

            self.assertEqual(
                (409, 'BelongsToCentral'),
                (status, body['NeutronError']['type']),
                change,
            )

    def test_those_of_the_regions_own_networks_are_changed_here(self) -> None:
        own = make_own(self)

        answers = [self.ask(*one) for one in self.changes(own['id'])]

        self.assertEqual([201, 200, 204], [status for status, _ in answers])

    def test_a_network_of_centrals_goes_with_its_segment(self) -> None:
        network = documents.network()
        self.apply(network)

        apply.remove(self.context, types.NETWORK, network.id)

        segments = directory.get_plugin('segments').get_segments(self.context)
        self.assertEqual([], segments)
