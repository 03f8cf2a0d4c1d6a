# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Address groups of central in a region: made, changed, kept from harm."""

import dataclasses
from typing import Any
from unittest import mock

from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.local.engine import apply
from tricircle.local.engine import attributes
from tricircle.local.engine import refusals
from tricircle.local.engine.api import read_back
from tricircle.local.engine.owner import actor
from tricircle.replica.document import Document


def naming(addresses: Document) -> dict[str, Any]:
    """Return a rule that lets in who is in an address group."""
    return {
        **documents.rule(22),
        'remote_address_group_id': addresses.id,
    }


class TestAddressGroups(plugin_base.PluginTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.addresses = documents.address_group(
            '10.1.0.0/16', '10.0.0.1/32', '2001:db8::/32'
        )
        self.events: list[str] = []
        for event in (
            events.AFTER_CREATE,
            events.AFTER_UPDATE,
            events.AFTER_DELETE,
        ):
            registry.subscribe(self.note, resources.ADDRESS_GROUP, event)

    def note(self, resource: str, event: str, *args: Any, **kw: Any) -> None:
        self.events.append(event)

    def changed(self, document: Document, **changes: Any) -> Document:
        body = document.body['address_group']
        return documents.address_group(
            *changes.pop('addresses', body['addresses']),
            **{'id': document.id, **changes},
        )

    def shown(self, group_id: str) -> dict[str, Any]:
        found = self.plugin.get_address_groups(
            self.context, filters={'id': [group_id]}
        )
        return dict(found[0]) if found else {}

    def test_one_is_made_with_its_id_and_agents_hear_of_it(self) -> None:
        (applied,) = self.apply(self.addresses)

        assert not applied['omitted']
        shown = self.shown(self.addresses.id)
        assert sorted(shown['addresses']) == [
            '10.0.0.1/32',
            '10.1.0.0/16',
            '2001:db8::/32',
        ]
        assert (shown['name'], shown['description'], shown['project_id']) == (
            'offices',
            'of ours',
            documents.PROJECT,
        )
        assert self.events == [events.AFTER_CREATE, events.AFTER_UPDATE]

    def test_a_group_gets_it_before_the_rule(self) -> None:
        group = dataclasses.replace(
            documents.group(naming(self.addresses)),
            requires=(self.addresses,),
        )

        (applied,) = self.apply(group)

        assert not applied['omitted']
        (rule,) = self.plugin.get_security_group_rules(
            self.context, filters={'security_group_id': [group.id]}
        )
        assert rule['remote_address_group_id'] == self.addresses.id

    def test_changes_arrive_and_addresses_go_before_others_come(self) -> None:
        self.apply(self.addresses)
        seen: list[list[str]] = []

        def note(
            resource: str, event: str, trigger: Any, payload: Any
        ) -> None:
            seen.append(sorted(payload.latest_state['addresses']))

        registry.subscribe(note, resources.ADDRESS_GROUP, events.AFTER_UPDATE)

        self.apply(
            self.changed(
                self.addresses,
                addresses=['10.1.0.0/16', '10.7.0.0/16'],
                name='other',
                description='',
            )
        )

        shown = self.shown(self.addresses.id)
        assert (shown['name'], shown['description']) == ('other', '')
        assert seen[0] == ['10.1.0.0/16']
        assert seen[-1] == ['10.1.0.0/16', '10.7.0.0/16']

    def test_what_fails_keeps_nothing_else_back(self) -> None:
        self.apply(self.addresses)
        with (
            mock.patch.object(
                self.plugin.__class__,
                'update_address_group',
                autospec=True,
                side_effect=ValueError('no'),
            ),
            self.assertRaisesRegex(
                refusals.ReplicaFailed, 'attributes: ValueError: no'
            ),
        ):
            self.apply(
                self.changed(self.addresses, name='other', addresses=[])
            )
        assert self.shown(self.addresses.id)['addresses'] == []

    def test_it_is_removed_when_no_rule_names_it(self) -> None:
        group = documents.group(naming(self.addresses))
        self.apply(self.addresses, group)
        with self.assertRaises(refusals.ReplicaInUse):
            apply.remove(self.context, 'address-group', self.addresses.id)
        apply.remove(self.context, 'security-group', group.id)

        apply.remove(self.context, 'address-group', self.addresses.id)

        assert self.shown(self.addresses.id) == {}
        assert self.events[-1] == events.AFTER_DELETE

    def test_nobody_changes_it_here(self) -> None:
        self.apply(self.addresses)
        group_id = self.addresses.id
        some = {'addresses': ['192.0.2.0/24']}
        for act in (
            lambda: self.plugin.update_address_group(
                self.context, group_id, {'address_group': {'name': 'x'}}
            ),
            lambda: self.plugin.delete_address_group(self.context, group_id),
            lambda: self.plugin.add_addresses(self.context, group_id, some),
            lambda: self.plugin.remove_addresses(self.context, group_id, some),
            lambda: self.plugin.create_rbac_policy(
                self.context,
                {
                    'rbac_policy': {
                        'object_type': 'address_group',
                        'object_id': group_id,
                    }
                },
            ),
        ):
            with self.assertRaises(refusals.BelongsToCentral):
                act()

    def test_the_regions_own_are_its_own(self) -> None:
        own = self.plugin.create_address_group(
            self.context,
            {
                'address_group': {
                    'project_id': documents.PROJECT,
                    'name': 'own',
                    'description': '',
                    'addresses': ['192.0.2.0/24'],
                }
            },
        )
        with self.assertRaises(refusals.ReplicaConflict):
            self.apply(documents.address_group(id=own['id']))
        self.plugin.delete_address_group(self.context, own['id'])

    def test_the_sweep_sees_what_was_changed_by_hand(self) -> None:
        self.apply(self.addresses)
        row = {'id': self.addresses.id}

        def digest() -> str | None:
            return read_back.digest_of(self.context, 'address-group', row)

        assert digest() == self.addresses.digest
        with actor.applying():
            self.plugin.add_addresses(
                self.context,
                self.addresses.id,
                {'addresses': ['192.0.2.0/24']},
            )
        assert digest() != self.addresses.digest

    def test_a_region_without_the_extension_says_what_is_missing(self) -> None:
        group = dataclasses.replace(
            documents.group(documents.rule(80), naming(self.addresses)),
            requires=(self.addresses,),
        )
        with mock.patch.object(attributes, 'has_extension', _has_not):
            alone, applied = self.apply(self.addresses, group)
            again = read_back.digest_of(
                self.context, 'address-group', {'id': self.addresses.id}
            )
        assert alone['omitted'] == ['address_group']
        assert applied['omitted'] == [
            'security_group_rule.remote_address_group_id'
        ]
        # Something is there, so that a sweep does not send it each time.
        assert again is not None
        assert [
            rule['port_range_min']
            for rule in self.plugin.get_security_group_rules(
                self.context, filters={'security_group_id': [group.id]}
            )
        ] == [80]


def _has_not(alias: str) -> bool:
    return 'address-group' not in alias
