# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What no region has of a router is refused, with what to do instead."""

from typing import Any

from tests.unit.central_presence import base
from tests.unit.central_presence.routers import RouterTestCase
from tricircle.db.central import models as central_models


class RefusalTestCase(RouterTestCase):
    def add_interface(
        self, router_id: str, network: dict[str, Any]
    ) -> base.Answer:
        return self.ask(
            'PUT',
            f'/routers/{router_id}/add_router_interface',
            {'subnet_id': self.subnets(network)[0]['id']},
            roles=base.ADMIN,
        )

    def update(self, router_id: str, **attributes: Any) -> base.Answer:
        return self.ask(
            'PUT',
            f'/routers/{router_id}',
            {'router': attributes},
            roles=base.ADMIN,
        )

    def assert_refused(self, answer: base.Answer, *words: str) -> None:
        self.assertEqual(400, answer.status, answer)
        self.assertEqual('RouterKindAcrossRegions', answer.error['type'])
        for word in words:
            self.assertIn(word, answer.error['message'])


class TestKinds(RefusalTestCase):
    def test_a_network_of_several_regions_is_refused(self):
        network = self.make_network('10.0.1.0/24')
        for kind, word in (('distributed', 'distributed'), ('ha', 'highly')):
            router_id = self.make_router(**{kind: True})

            answer = self.add_interface(router_id, network)

            self.assert_refused(
                answer,
                word,
                f'its {kind} to false',
                'RegionOne, RegionThree, RegionTwo',
            )
            # As the message says.
            self.assertEqual(
                200, self.update(router_id, admin_state_up=False).status
            )
            self.assertEqual(
                200, self.update(router_id, **{kind: False}).status
            )
            made = self.add_interface(router_id, network)
            self.assertEqual(200, made.status, made)
            self.l3_plugin.remove_router_interface(
                self.context,
                router_id,
                {'subnet_id': self.subnets(network)[0]['id']},
            )

    def test_a_second_network_elsewhere_is_refused(self):
        router_id = self.make_router(distributed=True)
        first = self.make_network(
            '10.0.1.0/24', availability_zone_hints=['RegionOne']
        )
        second = self.make_network(
            '10.0.2.0/24', availability_zone_hints=['RegionTwo']
        )

        self.assertEqual(200, self.add_interface(router_id, first).status)
        answer = self.add_interface(router_id, second)

        self.assert_refused(answer, 'RegionOne, RegionTwo')

    def test_a_gateway_elsewhere_is_refused(self):
        router_id = self.make_router(distributed=True)
        first = self.make_network(
            '10.0.1.0/24', availability_zone_hints=['RegionOne']
        )
        self.add_interface(router_id, first)
        external = self.make_external('RegionTwo')

        answer = self.update(
            router_id, external_gateway_info={'network_id': external['id']}
        )

        self.assert_refused(answer)

    def test_a_router_across_regions_does_not_become_of_a_kind(self):
        router_id = self.make_router()
        self.add_interface(router_id, self.make_network('10.0.1.0/24'))

        for kind in ('distributed', 'ha'):
            answer = self.update(
                router_id, admin_state_up=False, **{kind: True}
            )

            self.assert_refused(answer, f'Leave {kind} false')

    def test_gateway_and_kind_in_one_request_are_refused(self):
        router_id = self.make_router(admin_state_up=False)
        self.add_interface(
            router_id,
            self.make_network(
                '10.0.1.0/24', availability_zone_hints=['RegionOne']
            ),
        )
        external = self.make_external('RegionTwo')

        answer = self.update(
            router_id,
            distributed=True,
            external_gateway_info={'network_id': external['id']},
        )

        self.assert_refused(answer)

    def test_a_router_of_one_region_may_be_of_any_kind(self):
        everywhere = self.make_network('10.0.1.0/24')
        answer = self.add_interface(
            self.make_router('RegionOne', ha=True), everywhere
        )
        self.assertEqual(200, answer.status, answer)
        for hints in ([], ['RegionOne']):
            router_id = self.make_router(*hints, ha=True, distributed=True)
            answer = self.add_interface(
                router_id,
                self.make_network(
                    '10.0.2.0/24', availability_zone_hints=['RegionOne']
                ),
            )
            self.assertEqual(200, answer.status, answer)

    def test_a_distributed_local_router_gets_no_network_of_several(self):
        network = self.make_network('10.0.1.0/24')
        router_id = self.make_router('RegionOne', distributed=True, ha=True)

        answer = self.add_interface(router_id, network)

        self.assert_refused(
            answer, 'cannot be distributed and reach', 'RegionTwo'
        )
        # And the other way round.
        router_id = self.make_router('RegionOne', admin_state_up=False)
        self.add_interface(router_id, network)
        answer = self.update(router_id, distributed=True)
        self.assert_refused(answer, 'Leave distributed false')

    def test_a_distributed_local_router_gets_any_external_network(self):
        router_id = self.make_router('RegionOne', distributed=True)
        self.add_interface(
            router_id,
            self.make_network(
                '10.0.1.0/24', availability_zone_hints=['RegionOne']
            ),
        )
        external = self.make_external('RegionOne')

        answer = self.update(
            router_id, external_gateway_info={'network_id': external['id']}
        )

        self.assertEqual(200, answer.status, answer)

    def test_where_there_are_no_regions_nothing_is_refused(self):
        with base.db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.query(central_models.Pod).delete()
        router_id = self.make_router(distributed=True)

        answer = self.add_interface(
            router_id, self.make_network('10.0.1.0/24')
        )

        self.assertEqual(200, answer.status, answer)

    def test_a_plain_router_costs_one_look_more(self):
        network = self.make_network('10.0.1.0/24')
        router_id = self.make_router()

        with self.statements() as made:
            self.add_interface(router_id, network)

        looks = [
            one
            for one in made
            if one.startswith('SELECT router_extra_attributes.distributed')
        ]
        # The other is in place of Neutron's, which reads all of the router to
        # say what its interfaces are called.
        self.assertEqual(2, len(looks), looks)
