# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Members of security groups: which regions hear of them, and what."""

import dataclasses
from typing import Any
from unittest import mock

import sqlalchemy as sa

from tests.unit.central_presence import base
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.db.central.port import releases as port_releases
from tricircle.drift import adoption
from tricircle.journal import group_members
from tricircle.replica import types
from tricircle.xjob.job import along

REGIONS = ('RegionOne', 'RegionTwo')


class MembersTestCase(base.PresenceTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.near = self.make_network('10.0.1.0/24')
        self.far = self.make_network('10.0.2.0/24')
        (default,) = self.ask('GET', '/security-groups').body[
            'security_groups'
        ]
        # As Neutron's template has it, which these tables lack.
        self.admit(default, default)

    def admit(self, group: dict[str, Any], remote: dict[str, Any]) -> None:
        """Have a group let in the members of another."""
        self.make(
            'security_group_rule',
            security_group_id=group['id'],
            direction='ingress',
            ethertype='IPv4',
            remote_group_id=remote['id'],
        )

    def counters(self, group_id: str) -> dict[str, int]:
        """Return how many changes each region was to hear of."""
        return {
            row.region_name: row.counter
            for row in self.rows(
                central_models.JournalEntry,
                resource_type=types.GROUP_MEMBERS,
                resource_id=group_id,
            )
        }

    def addresses(self, group_id: str, region: str) -> list[str]:
        document = self.document(types.GROUP_MEMBERS, group_id, region)
        assert document.body['security_group_id'] == group_id
        return document.body['addresses']

    def sets(self, group_id: str) -> dict[str, list[str]]:
        return {one: self.addresses(group_id, one) for one in REGIONS}

    def in_both(self) -> str:
        """Return a default group with a member in each of two regions."""
        self.first = self.allocated(self.near['id'], 'RegionOne')
        self.second = self.allocated(self.far['id'], 'RegionTwo')
        (group_id,) = self.first['security_groups']
        return group_id

    def put(self, port: dict[str, Any], **changes: Any) -> None:
        answer = self.ask(
            'PUT',
            f'/ports/{port["id"]}',
            {'port': changes},
            roles=base.ADMIN,
        )
        self.assertEqual(200, answer.status, answer)

    def address(self, port: dict[str, Any]) -> str:
        return f'{port["fixed_ips"][0]["ip_address"]}/32'

    def heard(self, group_id: str, act: Any) -> dict[str, int]:
        """Return how much more each region hears by what is done."""
        before = self.counters(group_id)
        act()
        return {
            region: counter - before.get(region, 0)
            for region, counter in self.counters(group_id).items()
        }


class TestMembersOfGroups(MembersTestCase):
    def test_a_region_counts_those_that_it_has_not(self) -> None:
        group_id = self.in_both()

        self.assertEqual(
            {
                'RegionOne': [self.address(self.second)],
                'RegionTwo': [self.address(self.first)],
            },
            self.sets(group_id),
        )

    def test_one_that_is_in_no_region_counts_in_each(self) -> None:
        group_id = self.in_both()
        port = self.make('port', network_id=self.far['id'])

        for region in REGIONS:
            self.assertIn(self.address(port), self.addresses(group_id, region))

    def test_allowed_address_pairs_count_and_prefixes_are_whole(self) -> None:
        group_id = self.in_both()
        pairs = ['192.0.2.7', '198.51.100.9/24', '2001:DB8::1']

        def allow() -> None:
            self.put(
                self.second,
                allowed_address_pairs=[{'ip_address': one} for one in pairs],
            )

        self.assertEqual(
            {'RegionOne': 1, 'RegionTwo': 0}, self.heard(group_id, allow)
        )
        self.assertEqual(
            [
                self.address(self.second),
                '192.0.2.7/32',
                '198.51.100.0/24',
                '2001:db8::1/128',
            ],
            self.addresses(group_id, 'RegionOne'),
        )

    def test_the_set_takes_as_many_statements_for_any_number(self) -> None:
        group_id = self.in_both()

        def planned() -> list[str]:
            with self.statements() as made:
                self.document(types.GROUP_MEMBERS, group_id, 'RegionOne')
            return made

        few = planned()
        for _number in range(5):
            self.allocated(self.far['id'], 'RegionTwo')
        self.assertEqual(len(few), len(planned()))
        self.assertLess(len(few), 7)

    def test_a_group_that_no_rule_names_is_nowhere(self) -> None:
        group = self.make('security_group', name='a')
        self.pulled('security-group', group['id'])

        self.assertEqual([], self.presence(group['id'], types.GROUP_MEMBERS))

    def test_that_of_a_new_rule_follows_to_the_regions(self) -> None:
        group, remote = (
            self.make('security_group', name=name) for name in 'ab'
        )
        # It is there already, so that nothing is left to bring.
        for one in (group, remote):
            self.pulled('security-group', one['id'])
        self.admit(group, remote)

        self.assertEqual(
            ['RegionOne'], self.presence(remote['id'], types.GROUP_MEMBERS)
        )
        self.assertEqual({'RegionOne': 1}, self.counters(remote['id']))
        self.assertEqual([], self.presence(group['id'], types.GROUP_MEMBERS))

    def test_that_of_a_group_that_comes_along_with_a_shadow_follows(self):
        group = self.make('security_group', name='a')
        self.admit(group, group)
        brought = self.document(types.SECURITY_GROUP, group['id'])
        shadows = dataclasses.replace(
            brought, type=types.SHADOW_PORTS, requires=(brought,)
        )

        with mock.patch.object(
            sessions,
            'writer',
            autospec=True,
            side_effect=lambda: base.db_api.CONTEXT_WRITER.using(self.context),
        ):
            along.note([shadows])

        for kind in (types.SECURITY_GROUP, types.GROUP_MEMBERS):
            self.assertEqual(['RegionOne'], self.presence(group['id'], kind))
        self.assertEqual({'RegionOne': 1}, self.counters(group['id']))

    def test_no_document_of_others_carries_them(self) -> None:
        self.in_both()

        document = self.pulled('port', self.first['id'])

        self.assertEqual(
            ['network', 'security-group'],
            sorted(one['type'] for one in document['requires']),
        )

    def test_a_group_that_is_gone_has_none_and_regions_hear(self) -> None:
        group = self.make('security_group', name='a')
        self.admit(group, group)
        self.pulled('security-group', group['id'])

        def delete() -> None:
            answer = self.ask('DELETE', f'/security-groups/{group["id"]}')
            self.assertEqual(204, answer.status, answer)

        self.assertEqual({'RegionOne': 1}, self.heard(group['id'], delete))
        self.assertIsNone(self.document(types.GROUP_MEMBERS, group['id']))

    def test_those_that_central_lost_track_of_are_adopted(self) -> None:
        group = self.make('security_group', name='a')
        with base.db_api.CONTEXT_WRITER.using(self.context):
            adoption.adopt(
                self.context.session,
                'RegionOne',
                types.GROUP_MEMBERS,
                {group['id']: 7},
            )

        self.assertEqual(
            ['RegionOne'], self.presence(group['id'], types.GROUP_MEMBERS)
        )


class TestChangesOfMembers(MembersTestCase):
    def test_in_one_region_alone_a_port_is_recorded_for_nobody(self) -> None:
        first = self.allocated(self.near['id'], 'RegionOne')
        (group_id,) = first['security_groups']
        self.assertEqual([], self.addresses(group_id, 'RegionOne'))

        self.assertEqual(
            {'RegionOne': 0},
            self.heard(
                group_id, lambda: self.allocated(self.near['id'], 'RegionOne')
            ),
        )

    def test_one_that_comes_is_recorded_for_the_other_regions(self) -> None:
        group_id = self.in_both()

        def make() -> None:
            self.allocated(self.near['id'], 'RegionOne')

        self.assertEqual(
            {'RegionOne': 0, 'RegionTwo': 1}, self.heard(group_id, make)
        )

    def test_one_that_central_makes_is_recorded_for_all(self) -> None:
        group_id = self.in_both()

        self.assertEqual(
            {'RegionOne': 1, 'RegionTwo': 1},
            self.heard(
                group_id, lambda: self.make('port', network_id=self.far['id'])
            ),
        )

    def test_several_of_one_request_are_recorded_too(self) -> None:
        group_id = self.in_both()

        def make() -> None:
            answer = self.ask(
                'POST',
                '/ports',
                {
                    'ports': [
                        {'network_id': self.far['id'], 'project_id': 'p1'}
                        for _number in range(3)
                    ]
                },
                roles=base.ADMIN,
            )
            self.assertEqual(201, answer.status, answer)

        self.assertLess(0, self.heard(group_id, make)['RegionOne'])
        self.assertEqual(4, len(self.addresses(group_id, 'RegionOne')))

    def test_one_that_goes_is_recorded_for_the_other_regions(self) -> None:
        group_id = self.in_both()

        def delete() -> None:
            answer = self.ask('DELETE', f'/ports/{self.second["id"]}')
            self.assertEqual(204, answer.status, answer)

        self.assertEqual(
            {'RegionOne': 1, 'RegionTwo': 0}, self.heard(group_id, delete)
        )
        self.assertEqual([], self.addresses(group_id, 'RegionOne'))

    def test_one_that_its_region_deleted_is_recorded_too(self) -> None:
        group_id = self.in_both()

        def delete() -> None:
            answer = self.ask(
                'DELETE',
                f'/ports/{self.second["id"]}/replicas/RegionTwo',
                project='service',
                roles=base.SERVICE,
            )
            self.assertEqual(204, answer.status, answer)

        self.assertEqual(
            {'RegionOne': 1, 'RegionTwo': 0}, self.heard(group_id, delete)
        )

    def test_one_that_changes_groups_leaves_one_and_joins_another(self):
        group_id = self.in_both()
        other = self.make('security_group', name='other')
        self.admit(other, other)
        for region in REGIONS:
            self.pulled('security-group', other['id'], region)
        before = self.counters(other['id'])

        left = self.heard(
            group_id,
            lambda: self.put(self.second, security_groups=[other['id']]),
        )

        self.assertEqual({'RegionOne': 1, 'RegionTwo': 0}, left)
        self.assertEqual(
            {**before, 'RegionOne': before['RegionOne'] + 1},
            self.counters(other['id']),
        )
        self.assertEqual([], self.addresses(group_id, 'RegionOne'))
        self.assertEqual(
            [self.address(self.second)],
            self.addresses(other['id'], 'RegionOne'),
        )

    def test_another_address_is_recorded_and_another_name_is_not(self):
        group_id = self.in_both()

        def move() -> None:
            self.put(self.second, fixed_ips=[{'ip_address': '10.0.2.77'}])

        self.assertEqual(
            {'RegionOne': 1, 'RegionTwo': 0}, self.heard(group_id, move)
        )
        self.assertEqual(
            ['10.0.2.77/32'], self.addresses(group_id, 'RegionOne')
        )
        self.assertEqual(
            {'RegionOne': 0, 'RegionTwo': 0},
            self.heard(group_id, lambda: self.put(self.second, name='x')),
        )

    def test_a_report_of_its_host_is_recorded_for_nobody(self) -> None:
        group_id = self.in_both()

        def report() -> None:
            answer = self.report(self.second['id'], 'RegionTwo')
            self.assertEqual(200, answer.status, answer)

        self.assertEqual(
            {'RegionOne': 0, 'RegionTwo': 0}, self.heard(group_id, report)
        )

    def test_addresses_that_ports_make_of_a_new_subnet_are_recorded(self):
        group_id = self.in_both()

        def grow() -> None:
            self.subnet = self.make_subnet(
                self.far,
                '2001:db8:2::/64',
                ipv6_ra_mode='slaac',
                ipv6_address_mode='slaac',
            )

        self.assertLess(0, self.heard(group_id, grow)['RegionOne'])
        self.assertEqual(2, len(self.addresses(group_id, 'RegionOne')))

        def shrink() -> None:
            answer = self.ask('DELETE', f'/subnets/{self.subnet["id"]}')
            self.assertEqual(204, answer.status, answer)

        self.assertLess(0, self.heard(group_id, shrink)['RegionOne'])
        self.assertEqual(1, len(self.addresses(group_id, 'RegionOne')))

    def test_one_that_comes_to_a_region_is_its_own_from_then_on(self) -> None:
        group_id = self.in_both()
        port = self.make('port', network_id=self.far['id'])

        self.assertEqual(
            {'RegionOne': 1, 'RegionTwo': 0},
            self.heard(group_id, lambda: self.pulled('port', port['id'])),
        )
        self.assertNotIn(
            self.address(port), self.addresses(group_id, 'RegionOne')
        )
        self.assertIn(
            self.address(port), self.addresses(group_id, 'RegionTwo')
        )

    def test_one_that_leaves_a_region_counts_there_again(self) -> None:
        group_id = self.in_both()

        def leave() -> None:
            with base.db_api.CONTEXT_WRITER.using(self.context):
                session = self.context.session
                session.execute(
                    sa.update(central_models.PortLocation)
                    .where(
                        central_models.PortLocation.port_id
                        == self.second['id']
                    )
                    .values(release=True)
                )
                assert port_releases.finish(
                    session, self.second['id'], 'RegionTwo'
                )
                group_members.moved(session, [self.second['id']], 'RegionTwo')

        self.assertEqual(
            {'RegionOne': 0, 'RegionTwo': 1}, self.heard(group_id, leave)
        )
        self.assertIn(
            self.address(self.second), self.addresses(group_id, 'RegionTwo')
        )


class TestStatesOfGroups(MembersTestCase):
    def state(self, group_id: str, region: str) -> dict[str, Any]:
        answer = self.ask('GET', f'/security-groups/{group_id}/replicas')
        self.assertEqual(200, answer.status, answer)
        (found,) = [
            one for one in answer.body['replicas'] if one['region'] == region
        ]
        return found

    def note(self, group_id: str, resource_type: str, **values: Any) -> None:
        entry = central_models.JournalEntry
        with base.db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(
                sa.update(entry)
                .where(
                    entry.resource_id == group_id,
                    entry.resource_type == resource_type,
                )
                .values(**values)
            )

    def test_a_group_is_no_further_than_its_members(self) -> None:
        group_id = self.in_both()
        self.note(group_id, types.SECURITY_GROUP, pending=False, applied=1)
        self.assertEqual(
            'PENDING', self.state(group_id, 'RegionOne')['status']
        )

        self.note(
            group_id, types.GROUP_MEMBERS, reason='404 no such', attempts=3
        )
        failed = self.state(group_id, 'RegionOne')
        self.assertEqual(
            ('FAILED', '404 no such', 3),
            (failed['status'], failed['reason'], failed['attempts']),
        )

        self.note(
            group_id,
            types.GROUP_MEMBERS,
            pending=False,
            applied=central_models.JournalEntry.counter,
            omitted='["security_group_members.addresses"]',
        )
        done = self.state(group_id, 'RegionOne')
        self.assertEqual('IN_SYNC', done['status'])
        self.assertEqual(['security_group_members.addresses'], done['omitted'])
