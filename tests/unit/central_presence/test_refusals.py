# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region says why it cannot have what it pulled."""

from typing import Any

from tests.unit.central_presence import base


class TestRefusals(base.PresenceTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.network = self.make_network()
        self.document = self.pulled('network', self.network['id'])

    def refuse(self, region: str = 'RegionOne', **changes: Any) -> base.Answer:
        return self.ask(
            'PUT',
            f'/networks/{self.network["id"]}/replicas/{region}',
            {
                'replica': {
                    'refused': {
                        'epoch': self.document['generation']['epoch'],
                        'counter': self.document['generation']['counter'],
                        'reason': 'SegmentInUse: taken by another',
                        **changes,
                    }
                }
            },
            'service',
            base.SERVICE,
        )

    def state(self, region: str = 'RegionOne') -> dict[str, Any]:
        answer = self.ask(
            'GET', f'/networks/{self.network["id"]}/replicas/{region}', None
        )
        self.assertEqual(200, answer.status, answer)
        state: dict[str, Any] = answer.body['replica']
        return state

    def test_it_shows_at_once(self) -> None:
        self.assertEqual('PENDING', self.state()['status'])

        answer = self.refuse()

        self.assertEqual(200, answer.status, answer)
        self.assertEqual('FAILED', self.state()['status'])
        self.assertIn('SegmentInUse', self.state()['reason'])

    def test_of_an_earlier_generation_it_is_of_no_interest(self) -> None:
        self.refuse(counter=self.document['generation']['counter'] - 1)

        self.assertEqual('PENDING', self.state()['status'])

    def test_where_the_network_is_not_it_changes_nothing(self) -> None:
        answer = self.refuse('RegionTwo')

        self.assertEqual(200, answer.status, answer)
        shown = self.ask(
            'GET', f'/networks/{self.network["id"]}/replicas', None
        )
        self.assertEqual(
            ['RegionOne'], [one['region'] for one in shown.body['replicas']]
        )

    def test_what_is_no_refusal_is_400(self) -> None:
        for changes in (
            {'counter': -1},
            {'counter': 1 << 64},
            {'reason': 7},
            {'reason': 'x' * 10_000},
        ):
            self.assertEqual(400, self.refuse(**changes).status, changes)
