# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Trunks: where they are, what comes along, and what they hear."""

from typing import Any, ClassVar

from tests.unit.central_presence import base
from tricircle.central.port import reports
from tricircle.db.central import models as central_models
from tricircle.db.central import sources
from tricircle.db.central.port import releases as port_releases
from tricircle.drift import adoption
from tricircle.replica import messages
from tricircle.replica import types

UNBOUND: dict[str, Any] = {
    'host': '',
    'device_id': '',
    'device_owner': '',
    'vif_type': 'unbound',
    'status': 'DOWN',
}


class TrunkTestCase(base.PresenceTestCase):
    service_plugins: ClassVar[dict[str, str]] = {'trunk': 'trunk'}

    def setUp(self) -> None:
        super().setUp()
        self.network = self.make_network('10.0.1.0/24', name='parent')
        self.vlan = self.make_network('10.0.2.0/24', name='carried')
        self.parent = self.port(self.network)
        self.carried = self.port(self.vlan)

    def port(self, network: dict[str, Any]) -> str:
        return str(self.make('port', network_id=network['id'])['id'])

    def trunk(self, *carried: str, parent: str = '') -> str:
        made = self.make(
            'trunk',
            port_id=parent or self.parent,
            name='t',
            sub_ports=[
                self.tagged(one, number)
                for number, one in enumerate(carried, 100)
            ],
        )
        return str(made['id'])

    @staticmethod
    def tagged(port_id: str, segmentation_id: int) -> dict[str, Any]:
        return {
            'port_id': port_id,
            'segmentation_type': 'vlan',
            'segmentation_id': segmentation_id,
        }

    def change(self, trunk: str, verb: str, *ports: dict[str, Any]) -> None:
        answer = self.ask(
            'PUT', f'/trunks/{trunk}/{verb}', {'sub_ports': list(ports)}
        )
        self.assertEqual(200, answer.status, answer)

    def counter(self, trunk: str, region: str = 'RegionOne') -> int:
        """Return how many changes a region was to hear of."""
        found = self.rows(
            central_models.JournalEntry,
            resource_type=types.TRUNK,
            resource_id=trunk,
            region_name=region,
        )
        return int(found[0].counter) if found else 0

    def is_to_leave(self, *ports: str) -> list[bool]:
        return [
            bool(self.rows(base.PortLocation, port_id=one)[0].release)
            for one in ports
        ]

    def carried_in(self, document: dict[str, Any]) -> list[str]:
        """Return the ports that the trunk in an answer carries."""
        (trunk,) = document['along']
        return [one['port_id'] for one in trunk['body']['trunk']['sub_ports']]


class TestTrunksThatComeWithTheirParent(TrunkTestCase):
    def test_one_answer_has_the_trunk_and_what_it_carries(self) -> None:
        trunk = self.trunk(self.carried)
        self.assertEqual([], self.presence(trunk))

        document = self.pulled('port', self.parent)

        (along,) = document['along']
        self.assertEqual((types.TRUNK, trunk), (along['type'], along['id']))
        self.assertEqual(
            [self.tagged(self.carried, 100)],
            along['body']['trunk']['sub_ports'],
        )
        required = [(one['type'], one['id']) for one in along['requires']]
        self.assertEqual(
            [('network', self.vlan['id']), ('port', self.carried)], required
        )
        for one in (trunk, self.parent, self.carried):
            self.assertEqual(['RegionOne'], self.presence(one))
        self.assertEqual(1, self.counter(trunk))

    def test_a_port_without_a_trunk_has_nothing_along(self) -> None:
        document = self.pulled('port', self.parent)
        self.assertNotIn('along', document)

    def test_a_trunk_made_on_a_port_in_a_region_is_told_of(self) -> None:
        self.pulled('port', self.parent)
        trunk = self.trunk(self.carried)
        self.assertEqual(['RegionOne'], self.presence(trunk))
        self.assertLess(0, self.counter(trunk))

        # Only central can bring what it carries.
        with self.assertRaises(sources.MissingPorts):
            self.document(types.TRUNK, trunk)
        self.pulled('trunk', trunk, is_admin=True)

        self.assertEqual(['RegionOne'], self.presence(self.carried))
        document = self.document(types.TRUNK, trunk)
        self.assertEqual(
            [self.tagged(self.carried, 100)],
            document.body['trunk']['sub_ports'],
        )

    def test_changes_are_told(self) -> None:
        trunk = self.trunk()
        self.pulled('port', self.parent)
        before = self.counter(trunk)

        self.change(trunk, 'add_subports', self.tagged(self.carried, 7))
        self.assertLess(before, self.counter(trunk))
        before = self.counter(trunk)
        self.change(trunk, 'remove_subports', {'port_id': self.carried})
        self.assertLess(before, self.counter(trunk))
        before = self.counter(trunk)
        answer = self.ask(
            'PUT',
            f'/trunks/{trunk}',
            {'trunk': {'name': 'u', 'description': 'd'}},
        )
        self.assertEqual(200, answer.status, answer)
        self.assertLess(before, self.counter(trunk))
        before = self.counter(trunk)
        answer = self.ask('PUT', f'/trunks/{trunk}/tags/blue')
        self.assertEqual(201, answer.status, answer)
        self.assertLess(before, self.counter(trunk))

        body = self.document(types.TRUNK, trunk).body['trunk']
        self.assertEqual(
            ('u', 'd', ['blue'], []),
            (
                body['name'],
                body['description'],
                body['tags'],
                body['sub_ports'],
            ),
        )

    def test_one_of_before_is_told_of_with_its_next_change(self) -> None:
        self.pulled('port', self.parent)
        trunk = self.trunk()
        with base.db_api.CONTEXT_WRITER.using(self.context):
            base.presence_db.revoke(
                self.context.session, types.TRUNK, trunk, 'RegionOne'
            )
        before = self.counter(trunk)
        self.change(trunk, 'add_subports', self.tagged(self.carried, 7))
        self.assertEqual(['RegionOne'], self.presence(trunk))
        self.assertLess(before, self.counter(trunk))

    def test_its_region_says_how_it_is(self) -> None:
        trunk = self.trunk()
        self.pulled('port', self.parent)
        for region, status, answered in (
            ('RegionTwo', 'ACTIVE', 404),
            ('RegionOne', 'ACTIVE', 200),
            ('RegionOne', 'none', 400),
        ):
            answer = self.ask(
                'PUT',
                f'/trunks/{trunk}/replicas/{region}',
                {'replica': {'report': {'status': status}}},
                'service',
                base.SERVICE,
            )
            self.assertEqual(answered, answer.status, answer)
        shown = self.ask('GET', f'/trunks/{trunk}').body['trunk']
        self.assertEqual('ACTIVE', shown['status'])
        # That is no change of central's.
        self.assertEqual(1, self.counter(trunk))

    def test_the_end_of_one_is_told(self) -> None:
        trunk = self.trunk(self.carried)
        self.pulled('port', self.parent)
        before = self.counter(trunk)

        answer = self.ask('DELETE', f'/trunks/{trunk}')

        self.assertEqual(204, answer.status, answer)
        self.assertLess(before, self.counter(trunk))
        self.assertIsNone(self.document(types.TRUNK, trunk))
        # Its ports are as before.
        self.assertEqual(['RegionOne'], self.presence(self.carried))

    def test_states_show_where_it_is(self) -> None:
        trunk = self.trunk()
        self.pulled('port', self.parent)
        answer = self.ask('GET', f'/trunks/{trunk}/replicas')
        self.assertEqual(200, answer.status, answer)
        (state,) = answer.body['replicas']
        self.assertEqual('RegionOne', state['region'])

    def test_a_region_without_trunks_deletes_its_parent(self) -> None:
        trunk = self.trunk(self.carried)
        self.pulled('port', self.parent)

        reports.delete(self.carried, 'RegionOne')
        self.assertEqual(
            [], self.document(types.TRUNK, trunk).body['trunk']['sub_ports']
        )
        reports.delete(self.parent, 'RegionOne')

        self.assertEqual(404, self.ask('GET', f'/ports/{self.parent}').status)
        self.assertEqual(404, self.ask('GET', f'/trunks/{trunk}').status)

    def test_one_that_a_region_has_is_adopted_where_its_parent_is(
        self,
    ) -> None:
        trunk = self.trunk()
        self.pulled('port', self.parent)
        with base.db_api.CONTEXT_WRITER.using(self.context):
            session = self.context.session
            for region in ('RegionOne', 'RegionTwo'):
                base.presence_db.revoke(session, types.TRUNK, trunk, region)
                adoption.adopt(session, region, types.TRUNK, {trunk: 3})
        self.assertEqual(['RegionOne'], self.presence(trunk))


class TestPortsOfATrunkElsewhere(TrunkTestCase):
    def test_what_is_carried_is_not_to_be_had_by_itself(self) -> None:
        trunk = self.trunk(self.carried)
        for purpose, kind in (
            (messages.LOOK, 'PortElsewhere'),
            (messages.USE, 'PortInUse'),
        ):
            answer = self.pull('port', self.carried, purpose=purpose)
            self.assertEqual(409, answer.status, answer)
            self.assertEqual(kind, answer.error['type'])
            self.assertIn(trunk, answer.error['message'])
        self.assertEqual([], self.presence(self.carried))
        self.pulled('port', self.parent)
        # There it is looked at like any other.
        self.pulled('port', self.carried, purpose=messages.LOOK)

    def test_all_of_it_moves_when_the_parent_does(self) -> None:
        trunk = self.trunk(self.carried)
        self.pulled('port', self.parent)
        # Bound to the host that the parent was on.
        self.report(
            self.carried,
            device_id='',
            device_owner='trunk:subport',
            status='DOWN',
        )
        before = self.counter(trunk)

        answer = self.pull('port', self.parent, 'RegionTwo')

        self.assertEqual('PortBeingReleased', answer.error['type'])
        self.assertEqual(
            [True, True], self.is_to_leave(self.parent, self.carried)
        )
        self.assertLess(before, self.counter(trunk))
        # XJob has the region remove the trunk.
        self.assertIsNone(self.document(types.TRUNK, trunk))

        with base.db_api.CONTEXT_WRITER.using(self.context):
            for one in (self.parent, self.carried):
                port_releases.finish(self.context.session, one, 'RegionOne')
        document = self.pulled('port', self.parent, 'RegionTwo')
        self.assertEqual([self.carried], self.carried_in(document))
        self.assertEqual(['RegionTwo'], self.presence(self.carried))

    def test_a_parent_in_use_stays_with_all_it_carries(self) -> None:
        self.trunk(self.carried)
        self.pulled('port', self.parent)
        self.report(self.parent)

        answer = self.pull('port', self.parent, 'RegionTwo')

        self.assertEqual('PortInUse', answer.error['type'])
        self.assertEqual(
            [False, False], self.is_to_leave(self.parent, self.carried)
        )

    def test_a_release_is_asked_for_and_called_off_for_all(self) -> None:
        trunk = self.trunk(self.carried)
        self.pulled('port', self.parent)
        self.report(self.parent)
        self.report(
            self.carried,
            device_id='',
            device_owner='trunk:subport',
        )

        self.report(self.parent, **{**UNBOUND, 'revision': 2})
        self.assertEqual(
            [True, True], self.is_to_leave(self.parent, self.carried)
        )
        # What is carried is not used by itself.
        self.report(
            self.carried,
            revision=3,
            device_id='',
            device_owner='trunk:subport',
        )
        self.assertEqual([True], self.is_to_leave(self.carried))
        before = self.counter(trunk)
        self.report(self.parent, revision=4)

        self.assertEqual(
            [False, False], self.is_to_leave(self.parent, self.carried)
        )
        self.assertLess(before, self.counter(trunk))

    def test_one_that_left_first_comes_back_with_its_parent(self) -> None:
        trunk = self.trunk(self.carried)
        self.pulled('port', self.parent)
        self.report(self.parent)
        self.report(self.parent, **{**UNBOUND, 'revision': 2})
        with base.db_api.CONTEXT_WRITER.using(self.context):
            # XJob had the region remove it; the parent was not yet given up.
            base.presence_db.revoke(
                self.context.session, types.TRUNK, trunk, 'RegionOne'
            )
        self.assertEqual([], self.presence(trunk))

        self.report(self.parent, revision=3)

        self.assertEqual(['RegionOne'], self.presence(trunk))
        self.assertIsNotNone(self.document(types.TRUNK, trunk))

    def test_what_is_carried_stays_when_it_is_unbound(self) -> None:
        self.trunk(self.carried)
        self.pulled('port', self.parent)
        self.report(self.carried, device_id='', device_owner='trunk:subport')
        self.report(self.carried, **{**UNBOUND, 'revision': 2})
        self.assertEqual([False], self.is_to_leave(self.carried))

    def test_what_another_region_has_comes_when_it_is_released(self) -> None:
        self.pulled('port', self.parent)
        self.pulled('port', self.carried, 'RegionTwo')
        trunk = self.trunk(self.carried)

        answer = self.pull('trunk', trunk, is_admin=True)
        self.assertEqual('PortBeingReleased', answer.error['type'])
        self.assertEqual(
            [False, True], self.is_to_leave(self.parent, self.carried)
        )
        with base.db_api.CONTEXT_WRITER.using(self.context):
            port_releases.finish(
                self.context.session, self.carried, 'RegionTwo'
            )
        self.pulled('trunk', trunk, is_admin=True)
        self.assertEqual(['RegionOne'], self.presence(self.carried))

    def test_a_look_takes_nothing_from_another_region(self) -> None:
        self.pulled('port', self.carried, 'RegionTwo')
        self.trunk(self.carried)
        answer = self.pull('port', self.parent, purpose=messages.LOOK)
        self.assertEqual('PortElsewhere', answer.error['type'])
        self.assertEqual([], self.presence(self.parent))
        self.assertEqual([False], self.is_to_leave(self.carried))

    def test_no_region_gets_a_trunk_whose_parent_it_has_not(self) -> None:
        trunk = self.trunk(self.carried)
        self.pulled('port', self.parent)
        answer = self.pull('trunk', trunk, 'RegionTwo', is_admin=True)
        self.assertEqual('TrunkNotFound', answer.error['type'])
        self.assertEqual(['RegionOne'], self.presence(self.parent))
