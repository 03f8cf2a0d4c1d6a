# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""A region acts for itself only."""

import uuid

from tests.unit.central_presence import base

ONE, TWO, XJOB = 'neutron-one', 'neutron-two', 'xjob'


class IdentitiesTestCase(base.PresenceTestCase):
    """RegionOne and RegionTwo each with a user of its own, XJob with one."""

    def setUp(self) -> None:
        super().setUp()
        self.name_identity('CentralRegion', XJOB)
        self.name_identity('RegionOne', ONE, 'service')
        self.name_identity('RegionTwo', TWO)
        self.service_user = ONE
        self.network = self.make_network()

    def put(self, path: str, **body: object) -> base.Answer:
        return self.ask(
            'PUT', path, {'replica': body}, 'service', base.SERVICE
        )

    def states(self, path: str, project: str = 'service') -> base.Answer:
        roles = base.SERVICE if project == 'service' else base.MEMBER
        return self.ask('GET', path, None, project, roles)

    def assert_forbidden(self, answer: base.Answer) -> None:
        self.assertEqual(403, answer.status, answer)
        self.assertEqual('Forbidden', answer.error['type'])


class TestActingForAnotherRegion(IdentitiesTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.port = self.allocated(self.network['id'])
        self.service_user = TWO

    def test_network_is_pulled_for_the_own_region_only(self):
        self.assert_forbidden(
            self.pull('network', self.network['id'], 'RegionOne')
        )
        self.service_user = ONE
        self.pulled(
            'network', self.network['id'], 'RegionOne', token_of=base.MEMBER
        )

    def test_port_and_group_are_not_pulled_for_another(self):
        (group,) = self.port['security_groups']
        self.assert_forbidden(self.pull('port', self.port['id'], 'RegionOne'))
        self.assert_forbidden(self.pull('security-group', group, 'RegionOne'))

    def test_port_is_not_made_for_another(self):
        self.assert_forbidden(self.allocate(self.network['id'], 'RegionOne'))

    def test_no_port_of_several_is_made_when_one_is_for_another(self):
        answer = self.ask(
            'POST',
            '/ports',
            {
                'ports': [
                    {
                        'id': str(uuid.uuid4()),
                        'network_id': self.network['id'],
                        'tricircle:region': region,
                    }
                    for region in ('RegionTwo', 'RegionOne')
                ]
            },
            through_service=True,
        )
        self.assert_forbidden(answer)
        self.assertEqual(
            [self.port['id']],
            [row.port_id for row in self.rows(base.PortLocation)],
        )

    def test_report_of_another_region_is_not_taken(self):
        self.assert_forbidden(self.report(self.port['id'], revision=9999))
        self.service_user = ONE
        answer = self.report(self.port['id'], revision=3)
        self.assertIs(True, answer.body['replica']['accepted'])

    def test_port_is_not_deleted_for_another(self):
        answer = self.ask(
            'DELETE',
            f'/ports/{self.port["id"]}/replicas/RegionOne',
            None,
            'service',
            base.SERVICE,
        )
        self.assert_forbidden(answer)
        self.plugin.get_port(self.context, self.port['id'])

    def test_router_is_not_reported_for_another(self):
        self.assert_forbidden(
            self.put(
                f'/routers/{uuid.uuid4()}/replicas/RegionOne',
                report={'revision': 1, 'status': 'ACTIVE', 'floating_ips': {}},
            )
        )

    def test_nobody_has_routers_laid_out(self):
        path = f'/routers/{uuid.uuid4()}/replicas/CentralRegion'
        self.service_user = XJOB
        self.assertEqual(400, self.put(path, plan={}).status)

    def test_a_region_sees_how_it_does_and_no_other(self):
        path = f'/ports/{self.port["id"]}/replicas'
        self.assert_forbidden(self.states(f'{path}/RegionOne'))
        self.assertEqual([], self.states(path).body['replicas'])
        self.service_user = ONE
        self.assertEqual(200, self.states(f'{path}/RegionOne').status)
        self.assertEqual(1, len(self.states(path).body['replicas']))

    def test_owners_and_administrators_see_all_regions(self):
        path = f'/ports/{self.port["id"]}/replicas'
        self.assertEqual(
            1, len(self.states(path, base.PROJECT).body['replicas'])
        )
        answer = self.ask('GET', path, None, 'other', base.ADMIN)
        self.assertEqual(1, len(answer.body['replicas']))

    def test_another_project_is_no_region(self):
        self.name_identity('RegionOne', TWO, 'another')
        self.assert_forbidden(
            self.pull('network', self.network['id'], 'RegionOne')
        )


class TestPortsOfOthers(IdentitiesTestCase):
    """The role of a service is none to write everybody's ports."""

    def setUp(self) -> None:
        super().setUp()
        self.port = self.allocated(self.network['id'])
        self.path = f'/ports/{self.port["id"]}'

    def write(
        self, method: str, path: str, body: object = None
    ) -> base.Answer:
        return self.ask(method, path, body, 'service', base.SERVICE)

    def test_a_region_writes_no_port_of_another(self):
        self.service_user = TWO
        self.assert_forbidden(
            self.write('PUT', self.path, {'port': {'device_id': 'x'}})
        )
        self.assert_forbidden(self.write('DELETE', self.path))
        self.plugin.get_port(self.context, self.port['id'])

    def test_a_region_writes_no_port_that_is_in_none(self):
        port = self.make('port', network_id=self.network['id'])
        self.assert_forbidden(self.write('DELETE', f'/ports/{port["id"]}'))

    def test_a_region_makes_no_port_without_naming_itself(self):
        body = {'network_id': self.network['id'], 'project_id': 'p1'}
        self.assert_forbidden(self.write('POST', '/ports', {'port': body}))
        self.assert_forbidden(
            self.write('POST', '/ports', {'ports': [body, body]})
        )

    def test_a_region_writes_its_own_ports(self):
        answer = self.write('PUT', self.path, {'port': {'device_id': 'x'}})
        self.assertEqual(200, answer.status, answer)
        self.assertEqual(204, self.write('DELETE', self.path).status)

    def test_a_region_has_nothing_to_do_with_bindings_of_another(self):
        self.service_user = TWO
        all_of_them, one = f'{self.path}/bindings', f'{self.path}/bindings/h'
        body = {'binding': {'host': 'h', 'vnic_type': 'normal'}}
        change = {'binding': {'vnic_type': 'normal'}}
        for method, path, said in (
            ('POST', all_of_them, body),
            ('PUT', one, change),
            ('PUT', f'{one}/activate', None),
            ('DELETE', one, None),
            ('GET', all_of_them, None),
            ('GET', one, None),
        ):
            with self.subTest(method=method, path=path):
                self.assert_forbidden(self.write(method, path, said))

    def test_services_that_are_no_region_write_as_ever(self):
        self.service_user = 'octavia'
        self.assertEqual(204, self.write('DELETE', self.path).status)


class TestOnWhoseBehalf(IdentitiesTestCase):
    """What a region says of its users is not believed without a token."""

    def assert_not_found(self, answer: base.Answer) -> None:
        self.assertEqual(404, answer.status, answer)
        self.assertEqual([], self.presence(self.network['id']))
        self.assertEqual([], self.rows(base.ReservedPort))

    def test_a_region_alone_gets_nothing_new(self):
        for is_admin in (True, False):
            self.assert_not_found(
                self.pull(
                    'network',
                    self.network['id'],
                    'RegionOne',
                    is_admin=is_admin,
                )
            )

    def test_a_region_alone_gets_again_what_it_has(self):
        port = self.allocated(self.network['id'])
        (group,) = port['security_groups']
        for kind, resource_id in (
            ('network', self.network['id']),
            ('port', port['id']),
            ('security-group', group),
        ):
            self.pulled(kind, resource_id, 'RegionOne', '', True)

    def test_a_region_that_has_nothing_gets_not_what_another_has(self):
        self.allocated(self.network['id'])
        self.service_user = TWO
        answer = self.pull(
            'network', self.network['id'], 'RegionTwo', '', True
        )
        self.assertEqual(404, answer.status)

    def test_a_token_says_of_which_project_a_user_is(self):
        self.assert_not_found(
            self.pull(
                'network',
                self.network['id'],
                'RegionOne',
                'p2',
                is_admin=True,
                token_of=base.MEMBER,
            )
        )

    def test_an_administrators_token_shows_everything(self):
        self.pulled(
            'network',
            self.network['id'],
            'RegionOne',
            'p2',
            token_of=base.ADMIN,
        )

    def test_a_users_token_is_no_region(self):
        answer = self.ask(
            'PUT',
            f'/networks/{self.network["id"]}/replicas/RegionOne',
            {
                'replica': {
                    'pull': {
                        'project_id': base.PROJECT,
                        'is_admin': True,
                        'dhcp_agents': 1,
                    }
                }
            },
        )
        self.assertEqual(403, answer.status)


class TestXJob(IdentitiesTestCase):
    def test_xjob_acts_for_every_region(self):
        self.service_user = XJOB
        for region in ('RegionOne', 'RegionTwo', 'RegionThree'):
            self.pulled(
                'network', self.network['id'], region, '', is_admin=True
            )

    def test_xjob_sees_all_regions(self):
        self.service_user = XJOB
        self.pulled('network', self.network['id'], project='', is_admin=True)
        path = f'/networks/{self.network["id"]}/replicas'
        self.assertEqual(1, len(self.states(path).body['replicas']))


class TestPodsThatNameNobody(IdentitiesTestCase):
    def test_any_service_acts_for_the_region(self):
        self.service_user = 'anybody'
        self.pulled('network', self.network['id'], 'RegionThree')

    def test_xjob_that_nobody_named_acts_for_regions_that_are(self):
        self.name_identity('CentralRegion')
        self.service_user = 'xjob-of-old'
        self.pulled('network', self.network['id'], 'RegionOne', '', True)

    def test_a_region_is_not_taken_for_an_xjob_that_nobody_named(self):
        self.name_identity('CentralRegion')
        self.service_user = TWO
        self.assert_forbidden(
            self.pull('network', self.network['id'], 'RegionOne')
        )

    def test_one_user_of_all_is_brought_over_region_by_region(self):
        self.name_identity('CentralRegion', 'shared')
        self.service_user = 'shared'
        for region in ('RegionOne', 'RegionTwo', 'RegionThree'):
            self.pulled(
                'network', self.network['id'], region, '', is_admin=True
            )
        self.assertEqual(3, len(self.presence(self.network['id'])))
