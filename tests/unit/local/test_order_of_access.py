# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Access goes first and comes last, whatever a document changes.

The order that is asked for: of what lets somebody at something, all that is
no longer wanted is gone before anything comes that was not there before. And
who may see or use a resource at all comes when the rest of it is as wanted.

Why: a document is carried out in several transactions, and after each of them
the work may stop, for a moment or for good. What is open then must have been
open before or be wanted now, and never both halves of a change at once: a
rule that lets the new address in beside the one that still lets the old one
in is access that nobody ever asked for. Too little access for a moment is
what the next try makes good.

What is looked at is the database at each commit: what agents are told is what
they read there.
"""

from collections.abc import Iterator
import contextlib
from typing import Any, ClassVar
from unittest import mock

from neutron_lib import exceptions
from sqlalchemy import event

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.local.engine import apply
from tricircle.local.engine import refusals
from tricircle.replica.document import Document

#: What lets somebody at something: a row each.
_ACCESS = {
    'rule': 'SELECT id FROM securitygrouprules',
    'group of a port': (
        'SELECT port_id || security_group_id FROM securitygroupportbindings'
    ),
    'pair': 'SELECT port_id || ip_address FROM allowedaddresspairs',
    'address': (
        'SELECT address_group_id || address FROM address_associations'
    ),
    'no port security': (
        'SELECT port_id FROM portsecuritybindings'
        ' WHERE port_security_enabled = 0'
    ),
    'shared': (
        'SELECT object_id || target_project FROM networkrbacs'
        ' UNION SELECT object_id || target_project FROM securitygrouprbacs'
        ' UNION SELECT object_id || target_project FROM addressgrouprbacs'
        ' UNION SELECT object_id || target_project FROM subnetpoolrbacs'
        ' UNION SELECT object_id || target_project FROM addressscoperbacs'
        ' UNION SELECT object_id || target_project FROM qospolicyrbacs'
    ),
    'shadow': ("SELECT id FROM ports WHERE device_owner = 'compute:shadow'"),
    'floating IP': (
        'SELECT floating_ip_address || fixed_port_id FROM floatingips'
        ' WHERE fixed_port_id IS NOT NULL'
    ),
}

Access = frozenset[tuple[str, str]]


class AccessTestCase(plugin_base.PluginTestCase):
    extension_drivers: ClassVar = ['port_security', 'qos']
    service_plugins: ClassVar = {'qos': 'qos'}

    def access(self) -> Access:
        with self.engine.connect() as connection:
            return _read(connection)

    @contextlib.contextmanager
    def commits(self) -> Iterator[list[Access]]:
        """Note all access there is before, and at each commit."""
        seen = [self.access()]

        def note(connection: Any) -> None:
            now = _read(connection)
            if now != seen[-1]:
                seen.append(now)

        event.listen(self.engine, 'commit', note)
        try:
            yield seen
        finally:
            event.remove(self.engine, 'commit', note)

    def assert_first_less_then_more(self, seen: list[Access]) -> None:
        """Assert that all that goes is gone before anything new comes."""
        before, after = seen[0], seen[-1]
        assert before - after, 'nothing was taken away'
        assert after - before, 'nothing was added'
        for now in seen:
            assert now <= before | after
            assert not (now - before and now - after), sorted(now)

    def in_order(self, document: Document) -> list[Access]:
        """Apply a document and assert that its order is the one asked for."""
        with self.commits() as seen:
            self.apply(document)
        self.assert_first_less_then_more(seen)
        return seen


def _read(connection: Any) -> Access:
    cursor = connection.connection.cursor()
    try:
        return frozenset(
            (name, str(row[0]))
            for name, query in _ACCESS.items()
            for row in cursor.execute(query).fetchall()
        )
    finally:
        cursor.close()


def shared_with(document: Document, *projects: str) -> Document:
    """Return a later document of what some projects may see as well."""
    here = {one['target_tenant']: one for one in document.body['rbac']}
    rbac = [
        here.get(
            project,
            {
                'id': documents.new_id(),
                'project_id': documents.PROJECT,
                'target_tenant': project,
                'action': 'access_as_shared',
            },
        )
        for project in projects
    ]
    rbac.sort(key=lambda one: str(one['id']))
    return documents.later(document, {'rbac': rbac})


def kinds_of(access: Access) -> set[str]:
    return {name for name, _what in access}


class TestGroups(AccessTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.kept = documents.rule(22)
        self.group = shared_with(
            documents.group(self.kept, documents.rule(80)), 'before'
        )
        self.apply(self.group)

    def later(self) -> Document:
        rules = [self.kept, *(documents.rule(one) for one in range(1, 4))]
        return shared_with(
            documents.later(
                self.group,
                {'rules': sorted(rules, key=lambda one: str(one['id']))},
            ),
            'after',
        )

    def test_rules_go_before_others_come(self) -> None:
        seen = self.in_order(self.later())

        # Who may use the group at all comes to that when all rules are right.
        assert kinds_of(seen[-1] - seen[-2]) == {'shared'}
        # What stays is there all the time.
        assert all(('rule', self.kept['id']) in now for now in seen)

    def test_they_do_so_one_by_one_as_well(self) -> None:
        with mock.patch.object(
            self.plugin.__class__,
            'create_security_group_rule_bulk',
            side_effect=RuntimeError('not at once'),
            autospec=True,
        ):
            seen = self.in_order(self.later())

        assert len(seen) > 5

    def test_a_rule_that_does_not_go_keeps_no_other_that_is_to_go(
        self,
    ) -> None:
        rule = documents.rule(443)
        group = documents.group(documents.rule(1), documents.rule(2), rule)
        self.apply(group)
        delete = self.plugin.__class__.delete_security_group_rule
        stays = group.body['rules'][0]['id']

        def fail(plugin: Any, context: Any, rule_id: str) -> None:
            if rule_id == stays:
                raise RuntimeError('no')
            delete.__get__(plugin)(context, rule_id)

        with (
            mock.patch.object(
                self.plugin.__class__, 'delete_security_group_rule', fail
            ),
            self.commits() as seen,
            self.assertRaisesRegex(
                refusals.ReplicaFailed, f'removed rule {stays}: '
            ),
        ):
            apply.apply(self.context, documents.later(group, {'rules': []}))

        assert seen[0] - seen[-1] == {
            ('rule', one['id'])
            for one in group.body['rules']
            if one['id'] != stays
        }

    def test_a_rule_that_becomes_another_is_gone_before_it_comes(self) -> None:
        wider = {**self.kept, 'port_range_max': 65535}
        with self.commits() as seen:
            self.apply(documents.later(self.group, {'rules': [wider]}))

        assert any(('rule', wider['id']) not in now for now in seen)

    def test_addresses_of_an_address_group_go_before_others_come(
        self,
    ) -> None:
        group = shared_with(
            documents.address_group('10.1.0.0/16', '10.2.0.0/16'), 'before'
        )
        self.apply(group)
        body = {
            **group.body['address_group'],
            'addresses': ['10.2.0.0/16', '10.3.0.0/16'],
        }

        seen = self.in_order(
            shared_with(documents.later(group, {'address_group': body}), 'x')
        )

        assert kinds_of(seen[-1] - seen[-2]) == {'shared'}

    def test_members_elsewhere_go_before_others_come(self) -> None:
        members = documents.members(self.group, '10.0.2.5/32', '10.0.2.6/32')
        self.apply(members)

        self.in_order(
            documents.later(
                members, {'addresses': ['10.0.2.6/32', '10.0.2.7/32']}
            )
        )

    def test_many_addresses_do_so_too(self) -> None:
        def some(third: int) -> list[str]:
            return [f'10.0.{third}.{last}/32' for last in range(250)]

        members = documents.members(self.group, *some(1))
        self.apply(members)

        seen = self.in_order(
            documents.later(members, {'addresses': sorted(some(2))})
        )

        assert len(seen) > 3


class TestPorts(AccessTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.groups = [
            documents.group(documents.rule(one)) for one in (22, 80, 443)
        ]
        self.network = documents.network()
        self.apply(*self.groups, self.network)

    def port(self, *groups: Document, **more: Any) -> Document:
        port = documents.changed(
            documents.port(self.network, self.groups[0]),
            security_groups=sorted(one.id for one in groups),
            **more,
        )
        self.apply(port)
        return port

    def pieces(self, document: Document) -> list[Access]:
        """Apply what cannot be done in one go, as one part of it fails."""
        broken = documents.changed(
            document,
            fixed_ips=[
                {'subnet_id': documents.new_id(), 'ip_address': '10.9.9.9'}
            ],
        )
        with (
            self.commits() as seen,
            self.assertRaisesRegex(exceptions.NotFound, 'fixed_ips: '),
        ):
            apply.apply(self.context, broken)
        return seen

    def changes(self) -> tuple[Document, Document]:
        """Return a port, and one with another group and another pair."""
        first, both, last = self.groups
        port = self.port(
            first, both, allowed_address_pairs=[_pair(50), _pair(51)]
        )
        return port, documents.changed(
            port,
            security_groups=sorted([both.id, last.id]),
            allowed_address_pairs=[_pair(51), _pair(52)],
        )

    def test_groups_and_pairs_change_in_one_go(self) -> None:
        _port, changed = self.changes()

        with self.commits() as seen:
            self.apply(changed)

        # There is no moment in between.
        assert len(seen) == 2

    def test_piece_by_piece_they_go_before_others_come(self) -> None:
        _port, changed = self.changes()

        seen = self.pieces(changed)

        self.assert_first_less_then_more(seen)
        assert len(seen) > 3
        assert kinds_of(seen[0] - seen[-1]) == {'group of a port', 'pair'}
        assert kinds_of(seen[-1] - seen[0]) == {'group of a port', 'pair'}

    def test_port_security_comes_before_any_group(self) -> None:
        """Without it all may pass: it is the first to end that."""
        port = self.port(port_security_enabled=False)

        seen = self.pieces(
            documents.changed(
                port,
                port_security_enabled=True,
                security_groups=[self.groups[0].id],
                allowed_address_pairs=[_pair(50)],
            )
        )

        self.assert_first_less_then_more(seen)
        assert kinds_of(seen[0] - seen[1]) == {'no port security'}
        assert not seen[1] - seen[0]

    def test_port_security_goes_after_all_groups_and_pairs(self) -> None:
        """Without it all may pass: it is the last to be had."""
        port = self.port(
            self.groups[0], allowed_address_pairs=[_pair(50), _pair(51)]
        )

        seen = self.pieces(
            documents.changed(
                port,
                port_security_enabled=False,
                security_groups=[],
                allowed_address_pairs=[],
            )
        )

        self.assert_first_less_then_more(seen)
        assert kinds_of(seen[-1] - seen[-2]) == {'no port security'}

    def test_port_security_is_switched_in_one_go_where_it_can_be(self) -> None:
        port = self.port(self.groups[0])
        for on in (False, True):
            with self.commits() as seen:
                self.apply(
                    documents.changed(
                        port,
                        port_security_enabled=on,
                        security_groups=[self.groups[0].id] if on else [],
                    )
                )
            assert len(seen) == 2, seen

    def test_shadow_ports_go_before_others_come(self) -> None:
        shadows = documents.shadows(self.network, self.groups[0])
        self.apply(shadows)
        (port,) = shadows.body['ports']
        other = {**port, 'id': documents.new_id()}

        seen = self.in_order(documents.later(shadows, {'ports': [other]}))

        assert {'shadow'} <= kinds_of(seen[0] - seen[1])


class TestSharing(AccessTestCase):
    def test_projects_go_before_others_come(self) -> None:
        for document in (
            documents.network(),
            documents.address_scope(),
            documents.subnet_pool(),
            documents.qos_policy(documents.limit(1000)),
        ):
            before = shared_with(document, 'before', 'both')
            self.apply(before)

            self.in_order(shared_with(before, 'both', 'after'))

    def test_a_network_is_shared_when_its_subnets_are_there(self) -> None:
        network = shared_with(documents.network(), 'them')
        subnets: list[int] = []

        def note(connection: Any) -> None:
            cursor = connection.connection.cursor()
            cursor.execute(
                'SELECT count(*) FROM networkrbacs'
                ' UNION ALL SELECT count(*) FROM subnets'
            )
            (shared,), (made,) = cursor.fetchall()
            cursor.close()
            if shared:
                subnets.append(made)

        event.listen(self.engine, 'commit', note)
        self.addCleanup(event.remove, self.engine, 'commit', note)
        self.apply(network)

        assert set(subnets) == {1}


def _pair(last: int) -> dict[str, str]:
    return {
        'ip_address': f'10.0.0.{last}',
        'mac_address': 'fa:16:3e:00:00:09',
    }
