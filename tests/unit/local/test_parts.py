# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""A part of a document that fails keeps no other part back."""

import dataclasses
from typing import Any
from unittest import mock

from neutron.db import l3_db
from neutron.services.tag import tag_plugin
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from sqlalchemy.orm import exc as orm_exc

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.db import retries
from tricircle.db.local.models import State
from tricircle.local.engine import apply
from tricircle.local.engine.api import read_back
from tricircle.replica.document import Document

TAG_PLUGIN = tag_plugin.TagPlugin


class PartsTestCase(plugin_base.PluginTestCase):
    def fails(self, owner: Any, name: str, error: Exception) -> None:
        patch = mock.patch.object(
            owner, name, autospec=True, side_effect=error
        )
        patch.start()
        self.addCleanup(patch.stop)

    def refused(self, document: Document) -> str:
        """Apply a document, some of which fails; return what is said."""
        try:
            apply.apply(self.context, document)
        except Exception as error:
            return f'{type(error).__name__}: {error}'
        self.fail('It was applied as if nothing had failed.')


class TestTags(PartsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.group = documents.group(tags=['a', 'b'])
        self.network = documents.network(tags=['a'])
        self.network.body['subnets'][0]['tags'] = ['c']
        self.network = documents.later(self.network, {})

    def assert_tags(self, document: Document) -> None:
        self.apply(document)
        self.apply(documents.changed(document, tags=['c']))
        self.apply(documents.changed(document, tags=[]))

    def test_security_groups_have_tags(self) -> None:
        self.assert_tags(self.group)

    def test_networks_and_subnets_have_tags(self) -> None:
        self.assert_tags(self.network)

    def test_ports_have_tags(self) -> None:
        self.apply(self.group, self.network)

        self.assert_tags(
            documents.port(self.network, self.group, tags=['a', 'b'])
        )

    def test_routers_have_tags(self) -> None:
        self.assert_tags(documents.router(tags=['a', 'b']))


class TestSecurityGroups(PartsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.old, self.new = documents.rule(22), documents.rule(80)
        self.group = documents.group(self.old)
        self.apply(self.group)

    def rules(self) -> set[str]:
        (found,) = self.plugin.get_security_groups(
            self.context, filters={'id': [self.group.id]}
        )
        return {one['id'] for one in found['security_group_rules']}

    def test_a_tag_that_fails_keeps_no_rule_open(self) -> None:
        self.fails(TAG_PLUGIN, 'update_tags', KeyError('what'))

        said = self.refused(
            documents.changed(
                documents.later(self.group, {'rules': [self.new]}), tags=['a']
            )
        )

        self.assertEqual({self.new['id']}, self.rules())
        self.assertIn("tags: KeyError: 'what'", said)

    def test_a_description_that_fails_keeps_no_rule_open(self) -> None:
        self.fails(
            self.plugin.__class__,
            'update_security_group',
            exceptions.BadRequest(resource='sg', msg='no'),
        )

        said = self.refused(
            documents.changed(
                documents.later(self.group, {'rules': [self.new]}),
                description='x',
            )
        )

        self.assertEqual({self.new['id']}, self.rules())
        self.assertIn('attributes: BadRequest', said)
        self.assertTrue(said.startswith('BadRequest: '), said)

    def test_a_rule_that_fails_keeps_no_other_out(self) -> None:
        bad = {**documents.rule(1), 'remote_group_id': documents.new_id()}

        said = self.refused(
            documents.later(self.group, {'rules': [bad, self.new]})
        )

        self.assertEqual({self.new['id']}, self.rules())
        self.assertIn(f'rule {bad["id"]}: SecurityGroupNotFound', said)

    def test_a_rule_that_another_group_has_is_not_tried_for_long(self) -> None:
        # Of a region restored from elsewhere, say: no ID is given out twice.
        taken = documents.rule(1)
        other = documents.group(taken)
        self.apply(other)
        pauses = mock.patch.object(
            db_api.oslo_db_api.wrap_db_retry,
            '_get_inc_interval',
            autospec=True,
            return_value=(0, 0),
        )
        tries = pauses.start()
        self.addCleanup(pauses.stop)

        said = self.refused(
            documents.later(self.group, {'rules': [taken, self.new]})
        )

        self.assertEqual({self.new['id']}, self.rules())
        self.assertIn(f'rule {taken["id"]}: ', said)
        self.assertTrue(said.startswith('NeutronDbObjectDuplicateE'), said)
        self.assertLess(tries.call_count, retries.SAME_DUPLICATE)

    def test_what_failed_is_made_good_by_the_same_document(self) -> None:
        document = documents.changed(self.group, tags=['a'])
        with mock.patch.object(
            TAG_PLUGIN, 'update_tags', autospec=True, side_effect=KeyError
        ):
            self.refused(document)

        self.apply(document)

    def test_the_answer_names_part_and_cause(self) -> None:
        self.fails(TAG_PLUGIN, 'update_tags', KeyError('what'))
        document = documents.changed(self.group, tags=['a'])

        status, body = self.ask(
            'PUT',
            f'/replicas/security-group/{document.id}',
            {'replica': document.to_dict()},
        )

        self.assertEqual(500, status)
        self.assertEqual('ReplicaFailed', body['NeutronError']['type'])
        self.assertIn(
            "tags: KeyError: 'what'", body['NeutronError']['message']
        )

    def test_where_others_are_in_the_way_the_database_is_busy(self) -> None:
        stale = orm_exc.StaleDataError('UPDATE of 1 row: 0 were matched')
        # Neutron's mark of what it has tried for as long as it does.
        stale.__dict__['_RETRY_EXCEEDED'] = True
        self.fails(TAG_PLUGIN, 'update_tags', stale)
        document = documents.changed(self.group, tags=['a'])

        status, body = self.ask(
            'PUT',
            f'/replicas/security-group/{document.id}',
            {'replica': document.to_dict()},
        )

        self.assertEqual(
            (503, 'DatabaseBusy'), (status, body['NeutronError']['type'])
        )
        self.assertIn('tags: StaleDataError', body['NeutronError']['message'])

    def test_the_answer_names_a_cause_outside_of_any_part(self) -> None:
        self.fails(
            self.plugin.__class__,
            'create_security_group',
            RuntimeError('wire down\nat line 7'),
        )
        document = documents.group()

        status, body = self.ask(
            'PUT',
            f'/replicas/security-group/{document.id}',
            {'replica': document.to_dict()},
        )

        self.assertEqual(500, status)
        self.assertEqual(
            'RuntimeError: wire down', body['NeutronError']['message']
        )


class TestOthers(PartsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.group, self.other = documents.group(), documents.group()
        self.network = documents.network()
        self.apply(self.group, self.other, self.network)

    def test_a_port_leaves_its_groups_whatever_else_fails(self) -> None:
        port = documents.port(self.network, self.group)
        self.apply(port)

        said = self.refused(
            documents.changed(
                port,
                security_groups=[self.other.id],
                fixed_ips=[
                    {
                        'subnet_id': documents.new_id(),
                        'ip_address': '10.9.9.9',
                    }
                ],
                name='x',
            )
        )

        found = self.plugin.get_port(self.context, port.id)
        self.assertEqual([self.other.id], found['security_groups'])
        self.assertEqual('x', found['name'])
        self.assertIn('fixed_ips: ', said)

    def test_a_port_leaves_its_groups_whatever_fails_of_what_it_needs(
        self,
    ) -> None:
        port = documents.port(self.network, self.group)
        self.apply(port)
        self.fails(TAG_PLUGIN, 'update_tags', KeyError('what'))

        said = self.refused(
            dataclasses.replace(
                documents.changed(port, security_groups=[self.other.id]),
                requires=(documents.changed(self.network, tags=['a']),),
            )
        )

        found = self.plugin.get_port(self.context, port.id)
        self.assertEqual([self.other.id], found['security_groups'])
        self.assertIn(f'network {self.network.id} is here but for tags', said)

    def test_who_asked_for_a_port_has_it_whatever_fails_of_its_network(
        self,
    ) -> None:
        self.fails(TAG_PLUGIN, 'update_tags', KeyError('what'))
        port = dataclasses.replace(
            documents.port(self.network, self.group),
            requires=(documents.changed(self.network, tags=['a']),),
        )

        apply.apply_required(self.context, port)
        applied = apply.apply(self.context, port, pulled=True)

        self.assertEqual(port.digest, applied['digest'])
        # Who compares finds it.
        row = self.row('network', self.network.id)
        self.assertEqual(State.APPLYING, row.state)

    def test_nothing_comes_without_what_it_needs(self) -> None:
        self.fails(self.plugin.__class__, 'create_network', RuntimeError('no'))
        network = documents.network()
        port = dataclasses.replace(
            documents.port(network, self.group), requires=(network,)
        )

        with self.assertRaisesRegex(RuntimeError, 'no'):
            apply.apply_required(self.context, port)

        self.assertIn('RuntimeError: no', self.refused(port))

    def test_a_network_gets_its_subnets_whatever_else_fails(self) -> None:
        self.fails(self.plugin.__class__, 'update_network', RuntimeError('no'))
        subnet = {**self.network.body['subnets'][0], 'name': 'x'}

        said = self.refused(
            documents.changed(
                documents.later(self.network, {'subnets': [subnet]}), name='y'
            )
        )

        self.assertEqual(
            'x', self.plugin.get_subnet(self.context, subnet['id'])['name']
        )
        self.assertIn('attributes: RuntimeError: no', said)

    def test_a_router_gets_its_interfaces_whatever_else_fails(self) -> None:
        self.fails(
            l3_db.L3_NAT_dbonly_mixin, '_update_router_db', RuntimeError('no')
        )
        router = documents.router()
        self.apply(router)

        said = self.refused(
            documents.changed(
                documents.later(
                    router,
                    {
                        'interfaces': documents.router(self.network).body[
                            'interfaces'
                        ]
                    },
                ),
                name='y',
            )
        )

        seen = read_back.observe(self.context, 'router', router.id)
        self.assertEqual(1, len(seen['body']['interfaces']))
        self.assertIn('attributes: RuntimeError: no', said)


class TestLeftOvers(PartsTestCase):
    def listed(self, kind: str) -> dict[str, Any]:
        status, body = self.ask('GET', f'/replicas/{kind}')
        self.assertEqual(200, status, body)
        return {one['id']: one for one in body['replicas']}

    def test_what_a_refused_document_left_is_listed_for_the_sweep(
        self,
    ) -> None:
        self.fails(TAG_PLUGIN, 'update_tags', KeyError('what'))
        group = documents.group(tags=['a'])
        self.refused(group)

        listed = self.listed('security-group')

        self.assertIn(group.id, listed)
        self.assertNotEqual(group.digest, listed[group.id]['digest'])

    def test_what_was_refused_outright_leaves_nothing(self) -> None:
        self.fails(self.plugin.__class__, 'create_network', RuntimeError('no'))
        network = documents.network()
        self.refused(network)

        self.assertIsNone(self.row('network', network.id))

    def test_what_somebody_is_at_is_not_listed(self) -> None:
        group = documents.group()
        seen: list[dict[str, Any]] = []

        def look(document: Document) -> None:
            seen.append(self.listed('security-group'))

        self.at_step(4, look, group)
        self.apply(group)

        self.assertEqual([{}], seen)
