# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Members of security groups elsewhere: address groups and rules of ours."""

import dataclasses
from typing import Any
from unittest import mock

from neutron.db.models import securitygroup as models
from neutron.db.quota import driver_nolock
from neutron.objects import address_group as objects
from neutron.quota import resource_registry
from neutron.tests.unit import testlib_api
from neutron_lib import context as neutron_context
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.local.engine import apply
from tricircle.local.engine import attributes
from tricircle.local.engine.api import read_back
from tricircle.local.engine.group import members
from tricircle.local.engine.owner import actor
from tricircle.local.group import companions
from tricircle.replica import types
from tricircle.replica.document import Document

NEAR, FAR, SIXTH = '10.0.2.5/32', '10.0.3.6/32', '2001:db8::6/128'


def naming(group_id: str, **changes: Any) -> dict[str, Any]:
    """Return a rule that lets in the members of a group."""
    return {**documents.rule(22), 'remote_group_id': group_id, **changes}


class MembersTestCase(plugin_base.PluginTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.group = self.naming_itself()
        self.own_id = members.address_group_id(self.group.id)

    def naming_itself(self, **changes: Any) -> Document:
        """Return a group that lets in its own members, as default groups."""
        group = documents.group(**changes)
        rules = [naming(group.id), documents.rule(80)]
        return documents.later(
            group, {'rules': sorted(rules, key=lambda one: str(one['id']))}
        )

    def rules(self) -> list[Any]:
        """Return all rules there are, as agents read them."""
        with db_api.CONTEXT_READER.using(self.context):
            return list(
                self.context.session.execute(
                    sa.select(models.SecurityGroupRule.__table__)
                )
            )

    def following(self) -> set[tuple[str, str]]:
        """Return group and address group of the rules that follow others."""
        return {
            (row.security_group_id, row.remote_address_group_id)
            for row in self.rules()
            if row.remote_address_group_id is not None
        }

    def addresses(self) -> set[str]:
        """Return the addresses in the address group, as agents read it."""
        (found,) = self.address_groups()
        return {str(one.address) for one in found.addresses}

    def address_groups(self) -> list[Any]:
        return objects.AddressGroup.get_objects(self.context)

    def observed(self, document: Document) -> str | None:
        """Return the digest of what is there, as a sweep asks for it."""
        return read_back.digest_of(
            self.context, document.type, {'id': document.id}
        )


class TestMembersElsewhere(MembersTestCase):
    def test_they_are_an_address_group_that_rules_name(self) -> None:
        self.apply(self.group, documents.members(self.group, NEAR, SIXTH))

        assert self.addresses() == {NEAR, SIXTH}
        assert self.following() == {(self.group.id, self.own_id)}
        (base,) = (one for one in self.rules() if one.remote_group_id)
        (made,) = (one for one in self.rules() if one.remote_address_group_id)
        for name in (
            'direction',
            'ethertype',
            'protocol',
            'port_range_min',
            'port_range_max',
        ):
            assert getattr(made, name) == getattr(base, name)
        assert made.remote_group_id is None
        assert made.remote_ip_prefix is None

    def test_it_is_the_same_when_the_group_comes_later(self) -> None:
        self.apply(documents.members(self.group, NEAR), self.group)

        assert self.following() == {(self.group.id, self.own_id)}

    def test_without_any_there_is_nothing(self) -> None:
        self.apply(self.group, documents.members(self.group))

        assert self.address_groups() == []
        assert self.following() == set()

    def test_they_change_by_what_differs_and_go_before_others_come(self):
        self.apply(self.group, documents.members(self.group, NEAR, SIXTH))
        seen: list[set[str]] = []

        def note(*args: Any, payload: Any) -> None:
            seen.append(set(payload.latest_state['addresses']))

        registry.subscribe(note, resources.ADDRESS_GROUP, events.AFTER_UPDATE)

        self.apply(documents.members(self.group, NEAR, FAR))
        self.apply(documents.members(self.group))

        assert seen == [{NEAR}, {NEAR, FAR}, set()]
        # Rules stay as they are: none of them lets anybody in.
        assert self.following() == {(self.group.id, self.own_id)}

    def test_agents_hear_of_rules_and_addresses(self) -> None:
        told: list[tuple[str, str]] = []

        def note(resource: str, event: str, *args: Any, **kw: Any) -> None:
            told.append((resource, event))

        for resource in (
            resources.ADDRESS_GROUP,
            resources.SECURITY_GROUP_RULE,
        ):
            for event in (events.AFTER_CREATE, events.AFTER_UPDATE):
                registry.subscribe(note, resource, event)
        self.apply(self.group)
        told.clear()

        self.apply(documents.members(self.group, NEAR))

        assert told == [
            (resources.ADDRESS_GROUP, events.AFTER_CREATE),
            (resources.SECURITY_GROUP_RULE, events.AFTER_CREATE),
        ]

    def test_rules_of_other_groups_follow_too(self) -> None:
        other = documents.group(naming(self.group.id))
        self.apply(
            self.group,
            documents.members(self.group, NEAR),
            dataclasses.replace(other, requires=(self.group,)),
        )

        assert self.following() == {
            (self.group.id, self.own_id),
            (other.id, self.own_id),
        }

    def test_a_rule_that_goes_takes_along_what_follows_it(self) -> None:
        self.apply(self.group, documents.members(self.group, NEAR))
        order: list[str] = []

        def note(*args: Any, payload: Any) -> None:
            order.append(payload.resource_id)

        registry.subscribe(
            note, resources.SECURITY_GROUP_RULE, events.AFTER_DELETE
        )
        (base,) = (one.id for one in self.rules() if one.remote_group_id)

        self.apply(documents.later(self.group, {'rules': []}))

        assert order.index(members.rule_id(base)) < order.index(base)
        assert self.following() == set()

    def test_a_rule_that_changes_is_followed_by_another(self) -> None:
        self.apply(self.group, documents.members(self.group, NEAR))

        changed = naming(self.group.id, ethertype='IPv6')
        self.apply(documents.later(self.group, {'rules': [changed]}))

        (made,) = (one for one in self.rules() if one.remote_address_group_id)
        assert (made.id, made.ethertype) == (
            members.rule_id(changed['id']),
            'IPv6',
        )

    def test_many_rules_are_followed_by_one_call_a_group(self) -> None:
        many = documents.later(
            self.group,
            {
                'rules': sorted(
                    (
                        naming(
                            self.group.id,
                            port_range_min=one,
                            port_range_max=one,
                        )
                        for one in range(1, 30)
                    ),
                    key=lambda one: str(one['id']),
                )
            },
        )
        self.apply(many)
        with mock.patch.object(
            companions,
            '_make',
            autospec=True,
            side_effect=companions._make,
        ) as made:
            self.apply(documents.members(self.group, NEAR))

        made.assert_called_once()
        assert sum(1 for _ in self.following()) == 1
        assert len(self.rules()) >= 58

    def test_a_group_with_another_id_here_is_named_by_that(self) -> None:
        own = self.plugin.create_security_group(
            self.context,
            {
                'security_group': {
                    'name': 'default',
                    'description': '',
                    'stateful': True,
                    'project_id': documents.PROJECT,
                    'tenant_id': documents.PROJECT,
                }
            },
            default_sg=True,
        )
        group = self.naming_itself(default=True, name='default')

        self.apply(group, documents.members(group, NEAR))

        assert self.following() == {
            (own['id'], members.address_group_id(group.id))
        }

    def test_they_go_with_all_that_names_them(self) -> None:
        document = documents.members(self.group, NEAR)
        self.apply(self.group, document)

        apply.remove(
            self.context,
            document.type,
            document.id,
            generation=documents.later(document, {}).generation,
        )

        assert self.following() == set()
        assert self.address_groups() == []
        assert self.row('members', self.own_id) is None
        assert self.observed(self.group) == self.group.digest

    def test_a_region_without_the_extension_says_so(self) -> None:
        with mock.patch.object(
            attributes, 'has_extension', autospec=True, return_value=False
        ):
            (_group, applied) = self.apply(
                self.group, documents.members(self.group, NEAR)
            )

        assert applied['omitted'] == ['security_group_members.addresses']
        assert self.following() == set()


class TestWhatIsCompared(MembersTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.document = documents.members(self.group, NEAR)
        self.apply(self.group, self.document)

    def forget(self, which: Any) -> None:
        table = models.SecurityGroupRule.__table__
        with db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.execute(sa.delete(table).where(which))

    def test_what_follows_is_no_difference_of_the_group(self) -> None:
        assert self.observed(self.group) == self.group.digest
        status, body = self.ask(
            'GET', f'/replicas/{self.group.type}/{self.group.id}'
        )
        assert (status, body['replica']['digest']) == (200, self.group.digest)
        assert self.observed(self.document) == self.document.digest

    def test_a_rule_that_is_not_followed_is_found_and_mended(self) -> None:
        table = models.SecurityGroupRule.__table__
        self.forget(table.c.remote_address_group_id == self.own_id)

        assert self.observed(self.document) != self.document.digest
        self.apply(documents.members(self.group, NEAR))

        assert self.following() == {(self.group.id, self.own_id)}

    def test_one_that_follows_nothing_is_found_and_mended(self) -> None:
        table = models.SecurityGroupRule.__table__
        self.forget(table.c.remote_group_id == self.group.id)

        assert self.observed(self.document) != self.document.digest
        self.apply(documents.members(self.group, NEAR))

        assert self.following() == set()

    def test_an_address_that_was_taken_out_is_found(self) -> None:
        with actor.applying():
            self.plugin.remove_addresses(
                self.context, self.own_id, {'addresses': [NEAR]}
            )

        assert self.observed(self.document) != self.document.digest


class TestWhatUsersSee(MembersTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.apply(self.group, documents.members(self.group, NEAR))
        (made,) = (one for one in self.rules() if one.remote_address_group_id)
        self.rule_id = made.id

    def request(self, method: str, path: str, body: Any = None) -> Any:
        made = testlib_api.create_request(
            f'{path}.json',
            None if body is None else self.serialize(body),
            'application/json',
            method,
        )
        made.environ['neutron.context'] = neutron_context.Context(
            user_id='u',
            project_id=documents.PROJECT,
            roles=['admin', 'member'],
            is_admin=True,
        )
        response = made.get_response(self.api)
        return response.status_int, (
            response.json_body if response.body else {}
        )

    def listed(self, path: str, collection: str) -> list[Any]:
        status, body = self.request('GET', path)
        assert status == 200, body
        return body[collection]

    def test_no_list_has_them(self) -> None:
        rules = self.listed('/security-group-rules', 'security_group_rules')
        assert {one['remote_address_group_id'] for one in rules} == {None}
        assert self.listed('/address-groups', 'address_groups') == []
        groups = self.listed('/security-groups', 'security_groups')
        assert {
            rule['remote_address_group_id']
            for one in groups
            for rule in one['security_group_rules']
        } == {None}
        assert self.plugin.get_security_group_rules_count(self.context) == len(
            rules
        )

    def test_none_is_shown(self) -> None:
        for path in (
            f'/security-group-rules/{self.rule_id}',
            f'/address-groups/{self.own_id}',
        ):
            assert self.request('GET', path)[0] == 404
        status, body = self.request('GET', f'/security-groups/{self.group.id}')
        assert (
            status,
            len(body['security_group']['security_group_rules']),
        ) == (200, 2)

    def test_nobody_changes_or_deletes_them(self) -> None:
        path = f'/address-groups/{self.own_id}'
        for method, where, body in (
            ('DELETE', f'/security-group-rules/{self.rule_id}', None),
            ('DELETE', path, None),
            ('PUT', path, {'address_group': {'name': 'x'}}),
            ('PUT', f'{path}/add_addresses', {'addresses': [FAR]}),
            ('PUT', f'{path}/remove_addresses', {'addresses': [NEAR]}),
        ):
            status, answer = self.request(method, where, body)
            assert status == 404, (method, where, status, answer)
        assert self.addresses() == {NEAR}
        assert self.following() == {(self.group.id, self.own_id)}

    def own_group(self) -> str:
        status, body = self.request(
            'POST',
            '/security-groups',
            {
                'security_group': {
                    'name': 'own',
                    'project_id': documents.PROJECT,
                }
            },
        )
        assert status == 201, body
        return str(body['security_group']['id'])

    def rule_of(self, group_id: str, **remote: str) -> tuple[int, Any]:
        return self.request(
            'POST',
            '/security-group-rules',
            {
                'security_group_rule': {
                    'security_group_id': group_id,
                    'project_id': documents.PROJECT,
                    'direction': 'ingress',
                    'ethertype': 'IPv4',
                    **remote,
                }
            },
        )

    def test_nobody_names_or_shares_the_address_group(self) -> None:
        status, body = self.rule_of(
            self.own_group(), remote_address_group_id=self.own_id
        )
        assert status == 404, body
        status, body = self.request(
            'POST',
            '/rbac-policies',
            {
                'rbac_policy': {
                    'object_type': 'address_group',
                    'object_id': self.own_id,
                    'action': 'access_as_shared',
                    'target_tenant': '*',
                    'project_id': documents.PROJECT,
                }
            },
        )
        assert status == 404, body

    def test_a_rule_of_the_regions_own_group_is_followed_too(self) -> None:
        own = self.own_group()
        status, body = self.rule_of(own, remote_group_id=self.group.id)
        assert status == 201, body
        rule_id = body['security_group_rule']['id']
        assert (own, self.own_id) in self.following()

        status, body = self.request(
            'DELETE', f'/security-group-rules/{rule_id}'
        )
        assert status == 204, body
        assert (own, self.own_id) not in self.following()

        self.rule_of(own, remote_group_id=self.group.id)
        status, body = self.request('DELETE', f'/security-groups/{own}')
        assert status == 204, body
        assert self.following() == {(self.group.id, self.own_id)}

    def test_they_count_in_no_quota(self) -> None:
        self.apply(documents.members(self.group, NEAR, FAR))

        found = (
            driver_nolock.DbQuotaNoLockDriver().get_detailed_project_quotas(
                self.context,
                resource_registry.get_all_resources(),
                documents.PROJECT,
            )
        )

        shown = self.listed('/security-group-rules', 'security_group_rules')
        assert found['security_group_rule']['used'] == len(shown)


class TestInterruptedMembers(MembersTestCase):
    def test_a_group_and_its_members_meet_at_any_step(self) -> None:
        """Whoever is in the middle of the other's work leaves nothing out."""
        number = 0
        steps = [1]
        while number < steps[0]:
            number += 1
            group = self.naming_itself()
            document = documents.members(group, NEAR)
            steps = self.at_step(
                number,
                lambda one: apply.apply(
                    neutron_context.get_admin_context(), one
                ),
                document,
            )
            self.apply(group)
            self.undo_step()

            assert (
                group.id,
                members.address_group_id(group.id),
            ) in self.following(), number
        assert number > 2

    def test_members_and_their_group_meet_at_any_step(self) -> None:
        number = 0
        steps = [1]
        while number < steps[0]:
            number += 1
            group = self.naming_itself()
            steps = self.at_step(
                number,
                lambda one: apply.apply(
                    neutron_context.get_admin_context(), one
                ),
                group,
            )
            apply.apply(self.context, documents.members(group, NEAR))
            self.undo_step()

            assert (
                group.id,
                members.address_group_id(group.id),
            ) in self.following(), number
        assert number > 2

    def test_a_rule_that_goes_meanwhile_leaves_nothing(self) -> None:
        number = 0
        steps = [1]
        while number < steps[0]:
            number += 1
            group = self.naming_itself()
            self.apply(group)
            without = documents.later(group, {'rules': []})
            steps = self.at_step(
                number,
                lambda one: apply.apply(
                    neutron_context.get_admin_context(), one
                ),
                without,
            )
            apply.apply(self.context, documents.members(group, NEAR))
            self.undo_step()

            assert group.id not in {one for one, _ in self.following()}, number
        assert number > 2


def test_ids_that_are_derived_are_told_from_others() -> None:
    rule = naming(documents.new_id())
    assert not members.is_rule({**rule, 'remote_address_group_id': None})
    assert not members.is_rule(
        {**rule, 'remote_address_group_id': documents.new_id()}
    )
    assert members.is_rule(
        {
            **rule,
            'remote_address_group_id': members.address_group_id(
                rule['remote_group_id']
            ),
        }
    )
    assert types.GROUP_MEMBERS == 'security-group-members'
