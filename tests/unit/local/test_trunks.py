# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Trunks of central in a region: made, changed, moved, kept from harm."""

import contextvars
import dataclasses
from typing import Any, ClassVar
from unittest import mock

from neutron_lib import context as neutron_context
from neutron_lib import exceptions
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.plugins import directory

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.conf import durations
from tricircle.conf import fault_point
from tricircle.local.engine import apply
from tricircle.local.engine import refusals
from tricircle.local.engine.api import read_back
from tricircle.local.port.usage import release
from tricircle.local.trunk import applier
from tricircle.local.trunk import leaving
from tricircle.local.trunk import report
from tricircle.replica import types
from tricircle.replica.document import Document

SUBPORT = 'trunk:subport'


class TrunkTestCase(plugin_base.PluginTestCase):
    service_plugins: ClassVar[dict[str, str]] = {'trunk': 'trunk'}

    def setUp(self) -> None:
        super().setUp()
        self.trunks = directory.get_plugin('trunk')
        self.group = documents.group()
        self.net = documents.network()
        self.parent, *self.carried = [
            documents.port(
                self.net,
                self.group,
                mac_address=f'fa:16:3e:00:00:0{number}',
                fixed_ips=[
                    {
                        'subnet_id': self.net.body['subnets'][0]['id'],
                        'ip_address': f'10.0.0.{number}',
                    }
                ],
            )
            for number in (5, 6, 7)
        ]
        self.trunk = documents.trunk(self.parent, self.carried[0])

    def here(self) -> None:
        """Bring the trunk and all its ports."""
        self.apply(self.group, self.net, self.parent, *self.carried)
        self.apply(self.trunk)

    def shown(self, trunk_id: str = '') -> dict[str, Any]:
        found: dict[str, Any] = self.trunks.get_trunk(
            self.context, trunk_id or self.trunk.id
        )
        return found

    def has_trunk(self) -> bool:
        return applier.find(self.context, self.trunk.id) is not None

    def bind(self, port: Document, **more: Any) -> None:
        self.plugin.update_port(
            self.context,
            port.id,
            {'port': {'binding:host_id': 'host-1', **more}},
        )

    def device(self, port: Document) -> tuple[str, str]:
        found = self.plugin.get_port(self.context, port.id)
        return found['device_owner'], found['binding:host_id']


class TestTrunks(TrunkTestCase):
    def test_one_comes_along_with_its_parent(self) -> None:
        heard: list[str] = []

        def note(resource: str, event: str, *args: Any, **kw: Any) -> None:
            heard.append(event)

        for event in (events.PRECOMMIT_CREATE, events.AFTER_CREATE):
            registry.subscribe(note, resources.TRUNK, event)
        self.apply(
            dataclasses.replace(
                self.parent,
                requires=(self.group, self.net),
                along=(
                    dataclasses.replace(
                        self.trunk, requires=(self.carried[0],)
                    ),
                ),
            )
        )

        shown = self.shown()
        wanted = dict(self.trunk.body['trunk'])
        assert {key: shown[key] for key in wanted} == wanted
        assert shown['status'] == 'DOWN'
        assert heard == [events.PRECOMMIT_CREATE, events.AFTER_CREATE]
        details = self.plugin.get_port(self.context, self.parent.id)
        assert details['trunk_details']['trunk_id'] == self.trunk.id

    def test_one_that_comes_along_and_is_none_is_refused(self) -> None:
        self.apply(self.group, self.net)
        broken = dataclasses.replace(self.trunk, body={'trunk': {'id': 5}})
        document = dataclasses.replace(self.parent, along=(broken,))

        status, body = self.ask(
            'PUT',
            f'/replicas/port/{self.parent.id}',
            {'replica': document.to_dict()},
        )

        self.assertEqual(400, status, body)

    def test_changes_arrive(self) -> None:
        self.here()
        self.bind(self.carried[0], device_owner=SUBPORT)
        before = self.shown()
        body = dict(self.trunk.body['trunk'])
        for changes in (
            {
                'sub_ports': documents.trunk(
                    self.parent, self.carried[1]
                ).body['trunk']['sub_ports']
            },
            {
                'name': 'u',
                'description': '',
                'admin_state_up': False,
                'tags': ['a'],
            },
            # Of one that may not be changed as it is.
            {'sub_ports': body['sub_ports']},
            {'admin_state_up': True, 'sub_ports': []},
        ):
            body |= changes
            (applied,) = self.apply(
                documents.later(self.trunk, {'trunk': dict(body)})
            )
            assert not applied['omitted']
            assert {key: self.shown()[key] for key in body} == body
        assert self.shown()['created_at'] == before['created_at']
        # For the next region that wants it.
        assert self.device(self.carried[0]) == ('', '')

    def test_a_vlan_is_another_ones(self) -> None:
        self.here()
        body = dict(self.trunk.body['trunk'])
        body['sub_ports'] = documents.trunk(
            self.parent, self.carried[1], self.carried[0]
        ).body['trunk']['sub_ports']
        self.apply(documents.later(self.trunk, {'trunk': body}))
        assert {
            one['port_id']: one['segmentation_id']
            for one in self.shown()['sub_ports']
        } == {self.carried[1].id: 100, self.carried[0].id: 101}

    def test_none_is_made_on_a_port_that_an_instance_has(self) -> None:
        self.apply(self.group, self.net, self.parent, *self.carried)
        self.bind(self.parent)
        with self.assertRaises(exceptions.InUse):
            self.apply(self.trunk)
        assert not self.has_trunk()
        assert self.row(types.TRUNK, self.trunk.id) is None

    def test_the_end_of_one_frees_its_ports(self) -> None:
        self.here()
        self.bind(self.carried[0], device_owner=SUBPORT)
        self.bind(self.parent)
        with self.assertRaises(refusals.ReplicaInUse):
            apply.remove(self.context, types.TRUNK, self.trunk.id)
        assert self.device(self.carried[0]) == (SUBPORT, 'host-1')
        self.plugin.update_port(
            self.context, self.parent.id, {'port': {'binding:host_id': ''}}
        )

        apply.remove(self.context, types.TRUNK, self.trunk.id)

        assert not self.has_trunk()
        assert self.device(self.carried[0]) == ('', '')

    def test_the_sweep_sees_what_was_changed_by_hand(self) -> None:
        self.here()
        row = {'id': self.trunk.id}
        assert (
            read_back.digest_of(self.context, types.TRUNK, row)
            == self.trunk.digest
        )
        with apply.actor.applying():
            self.trunks.remove_subports(
                self.context,
                self.trunk.id,
                {'sub_ports': [{'port_id': self.carried[0].id}]},
            )
        assert (
            read_back.digest_of(self.context, types.TRUNK, row)
            != self.trunk.digest
        )

    def test_a_region_without_the_extension_says_what_is_missing(self) -> None:
        self.apply(self.group, self.net, self.parent, *self.carried)
        with mock.patch.object(applier, 'plugin', lambda: None):
            (applied,) = self.apply(self.trunk)
            again = read_back.digest_of(
                self.context, types.TRUNK, {'id': self.trunk.id}
            )
            apply.remove(self.context, types.PORT, self.parent.id)
        assert applied['omitted'] == ['trunk']
        assert again is not None
        assert not self.has_trunk()

    def test_central_hears_of_its_status(self) -> None:
        self.here()
        assert (types.TRUNK, self.trunk.id) not in self.waiting()
        own = self.own_trunk()
        for trunk_id in (own, self.trunk.id):
            trunk = applier.find(self.context, trunk_id)
            trunk.update(status='ACTIVE')
        assert (types.TRUNK, self.trunk.id) in self.waiting()
        assert (types.TRUNK, own) not in self.waiting()
        assert report.read(self.trunk.id) == {'status': 'ACTIVE'}
        assert report.read(own) is None

    def own_trunk(self) -> str:
        """Make a trunk of the region's own."""
        with self.port() as port:
            made = self.trunks.create_trunk(
                self.context,
                {
                    'trunk': {
                        'port_id': port['port']['id'],
                        'project_id': documents.PROJECT,
                        'sub_ports': [],
                    }
                },
            )
        return str(made['id'])


class TestPortsThatLeave(TrunkTestCase):
    def test_a_parent_that_leaves_takes_all_along(self) -> None:
        self.here()
        self.bind(self.carried[0], device_owner=SUBPORT)
        for one in (self.parent, self.carried[0]):
            apply.remove(self.context, types.PORT, one.id, release=True)
        assert not self.has_trunk()
        for one in (self.parent, self.carried[0]):
            with self.assertRaises(exceptions.PortNotFound):
                self.plugin.get_port(self.context, one.id)

    def test_what_is_carried_may_leave_first(self) -> None:
        self.here()
        self.bind(self.carried[0], device_owner=SUBPORT)
        for one in (self.carried[0], self.parent):
            apply.remove(self.context, types.PORT, one.id, release=True)
        assert not self.has_trunk()

    def test_several_may_leave_at_once(self) -> None:
        self.here()
        remove = apply.remove

        def another_was_first(*args: Any, **kwargs: Any) -> None:
            remove(*args, **kwargs)
            remove(*args, **kwargs)

        with mock.patch.object(leaving.apply, 'remove', another_was_first):
            leaving.leave(self.context, self.carried[0].id, True)
        assert not self.has_trunk()
        with mock.patch.object(
            applier.plugin(),
            'remove_subports',
            autospec=True,
            side_effect=exceptions.NotFound,
        ):
            self.apply(documents.later(self.trunk, dict(self.trunk.body)))
            leaving.leave(self.context, self.carried[0].id, False)

    def test_nothing_leaves_while_an_instance_has_it(self) -> None:
        self.here()
        self.bind(self.parent, device_id='vm')
        for one in (self.parent, self.carried[0]):
            with self.assertRaises(refusals.ReplicaInUse):
                apply.remove(self.context, types.PORT, one.id, release=True)
        assert [one['port_id'] for one in self.shown()['sub_ports']] == [
            self.carried[0].id
        ]

    def test_a_parent_whose_trunk_has_left_is_not_bound_without_it(
        self,
    ) -> None:
        self.here()
        apply.remove(self.context, types.TRUNK, self.trunk.id, release=True)
        with self.assertRaises(refusals.PortLeaving):
            self.bind(self.parent, device_id='vm')
        found = self.plugin.get_port(self.context, self.parent.id)
        assert found['device_id'] == ''

    def test_who_gets_it_from_central_again_has_it_with_its_trunk(
        self,
    ) -> None:
        self.here()
        apply.remove(self.context, types.TRUNK, self.trunk.id, release=True)
        with release.kept(self.parent.id):
            self.apply(documents.later(self.trunk, dict(self.trunk.body)))
        self.bind(self.parent, device_id='vm')
        assert self.has_trunk()

    def test_who_gets_it_while_its_trunk_leaves_waits_for_that(self) -> None:
        self.here()
        again = dataclasses.replace(
            self.parent,
            along=(documents.later(self.trunk, dict(self.trunk.body)),),
        )

        def get() -> None:
            with release.kept(self.parent.id):
                apply.apply(
                    neutron_context.get_admin_context(), again, pulled=True
                )

        refused: list[refusals.ReplicaBusy] = []

        def reach(name: str) -> None:
            if name == 'local.trunk.leaving':
                with self.assertRaises(refusals.ReplicaBusy) as raised:
                    contextvars.Context().run(get)
                refused.append(raised.exception)

        with (
            mock.patch.object(fault_point, 'reach', reach),
            mock.patch.object(durations, 'REPLICA_LEASE_AWAITED', 0.0),
        ):
            apply.remove(
                self.context, types.TRUNK, self.trunk.id, release=True
            )
        assert self.trunk.id in str(refused[0])

        get()
        assert self.has_trunk()

    def test_a_trunk_deleted_for_good_leaves_its_parent_for_use(self) -> None:
        self.here()
        apply.remove(self.context, types.TRUNK, self.trunk.id)
        self.bind(self.parent, device_id='vm')
        found = self.plugin.get_port(self.context, self.parent.id)
        assert found['device_id'] == 'vm'

    def test_a_deletion_need_not_wait_for_the_trunks_document(self) -> None:
        self.here()
        apply.remove(self.context, types.PORT, self.carried[0].id)
        assert self.shown()['sub_ports'] == []
        apply.remove(self.context, types.PORT, self.parent.id)
        assert not self.has_trunk()


class TestWhatUsersMayNotDo(TrunkTestCase):
    def refused(self, act: Any) -> None:
        with self.assertRaises(exceptions.MultipleExceptions) as raised:
            act()
        for one in raised.exception.inner_exceptions:
            assert isinstance(one, refusals.BelongsToCentral), one

    def make(self, parent: str, *carried: str) -> Any:
        return self.trunks.create_trunk(
            self.context,
            {
                'trunk': {
                    'port_id': parent,
                    'project_id': documents.PROJECT,
                    'sub_ports': [
                        {
                            'port_id': one,
                            'segmentation_type': 'vlan',
                            'segmentation_id': 7,
                        }
                        for one in carried
                    ],
                }
            },
        )

    def test_no_trunk_of_the_region_has_a_port_of_central(self) -> None:
        self.apply(self.group, self.net, self.parent, *self.carried)
        with self.port() as own, self.port() as other:
            own_id = own['port']['id']
            self.refused(lambda: self.make(self.parent.id))
            self.refused(lambda: self.make(own_id, self.carried[0].id))
            trunk = self.make(own_id)
            sub_port = {
                'port_id': self.carried[0].id,
                'segmentation_type': 'vlan',
                'segmentation_id': 8,
            }
            self.refused(
                lambda: self.trunks.add_subports(
                    self.context, trunk['id'], {'sub_ports': [sub_port]}
                )
            )
            # Its own are its own.
            mine = {
                'sub_ports': [
                    {
                        'port_id': other['port']['id'],
                        'segmentation_type': 'vlan',
                        'segmentation_id': 9,
                    }
                ]
            }
            self.trunks.add_subports(self.context, trunk['id'], mine)
            self.trunks.remove_subports(self.context, trunk['id'], mine)
            self.trunks.update_trunk(
                self.context, trunk['id'], {'trunk': {'name': 'n'}}
            )
            self.trunks.delete_trunk(self.context, trunk['id'])

    def test_what_central_has_is_changed_in_central(self) -> None:
        self.here()
        own = self.trunk.id
        one = {'sub_ports': [{'port_id': self.carried[0].id}]}
        # Neutron itself does that.
        self.trunks.update_trunk(
            self.context, own, {'trunk': {'status': 'BUILD'}}
        )
        other = {
            'sub_ports': [
                {
                    'port_id': self.carried[1].id,
                    'segmentation_type': 'vlan',
                    'segmentation_id': 9,
                }
            ]
        }
        for act in (
            lambda: self.trunks.update_trunk(
                self.context, own, {'trunk': {'name': 'n'}}
            ),
            lambda: self.trunks.add_subports(self.context, own, other),
            lambda: self.trunks.remove_subports(self.context, own, one),
            lambda: self.trunks.delete_trunk(self.context, own),
        ):
            self.refused(act)

    def test_one_of_the_regions_own_is_not_taken_for_centrals(self) -> None:
        self.apply(self.group, self.net, self.parent, *self.carried)
        with self.port() as own:
            made = self.make(own['port']['id'])
            with self.assertRaises(refusals.ReplicaConflict):
                self.apply(documents.trunk(self.parent, id=made['id']))
