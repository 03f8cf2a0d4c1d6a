# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""QoS policies of central in a region: made, changed, kept from harm."""

import dataclasses
from typing import Any, ClassVar
from unittest import mock

from neutron.services.qos.drivers.openvswitch import driver as ovs_driver
from neutron_lib import exceptions
from neutron_lib.plugins import constants
from neutron_lib.plugins import directory
from neutron_lib.services.qos import constants as qos_constants

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.local.engine import apply
from tricircle.local.engine import refusals
from tricircle.replica import types
from tricircle.replica.document import Document

RULES = (
    documents.limit(1000),
    documents.limit(2000, 'ingress'),
    {'type': 'dscp_marking', 'id': documents.new_id(), 'dscp_mark': 26},
    {
        'type': 'minimum_bandwidth',
        'id': documents.new_id(),
        'min_kbps': 500,
        'direction': 'egress',
    },
    {
        'type': 'packet_rate_limit',
        'id': documents.new_id(),
        'max_kpps': 10,
        'max_burst_kpps': 1,
        'direction': 'egress',
    },
    {
        'type': 'minimum_packet_rate',
        'id': documents.new_id(),
        'min_kpps': 5,
        'direction': 'egress',
    },
)


def requiring(document: Document, *policies: Document) -> Document:
    return dataclasses.replace(
        document, requires=(*policies, *document.requires)
    )


class PolicyTestCase(plugin_base.PluginTestCase):
    """A region with the QoS plugin, and the driver of Open vSwitch."""

    extension_drivers: ClassVar = ['port_security', 'qos']
    service_plugins: ClassVar = {'qos': 'qos'}

    def setUp(self) -> None:
        # Registered once in a process, with the callbacks of one test.
        patch = mock.patch.object(ovs_driver, 'DRIVER', None)
        patch.start()
        self.addCleanup(patch.stop)
        super().setUp()
        self.qos = directory.get_plugin(constants.QOS)
        self.policy = documents.qos_policy(*RULES)
        self.told: list[tuple[str, str]] = []
        call = self.qos.driver_manager.call

        def note(method: str, context: Any, policy: Any) -> None:
            self.told.append((method, policy.id))
            call(method, context, policy)

        patch = mock.patch.object(self.qos.driver_manager, 'call', note)
        patch.start()
        self.addCleanup(patch.stop)

    def shown(self, policy_id: str) -> dict[str, Any]:
        (found,) = self.qos.get_policies(
            self.context, filters={'id': [policy_id]}
        )
        return dict(found)

    def make_own(self, **attributes: Any) -> str:
        made = self.qos.create_policy(
            self.context,
            {
                'policy': {
                    'project_id': documents.PROJECT,
                    'name': 'own',
                    **attributes,
                }
            },
        )
        return str(made['id'])


class TestPolicies(PolicyTestCase):
    def test_one_is_made_with_its_id_and_rules_of_every_type(self) -> None:
        (applied,) = self.apply(self.policy)

        assert not applied['omitted']
        shown = self.shown(self.policy.id)
        assert (shown['name'], shown['description'], shown['project_id']) == (
            'gold',
            'of ours',
            documents.PROJECT,
        )
        assert {one['id'] for one in shown['rules']} == {
            one['id'] for one in RULES
        }
        assert not shown['is_default']
        assert not shown['shared']
        assert self.told == [
            (qos_constants.UPDATE_POLICY_PRECOMMIT, self.policy.id),
            (qos_constants.UPDATE_POLICY, self.policy.id),
        ]

    def test_changes_arrive_at_once_and_agents_hear_of_them_once(self) -> None:
        self.apply(self.policy)
        self.told.clear()
        one, two, mark = RULES[:3]
        # Two rules of one type change places: neither could be first.
        rules = [
            {**one, 'direction': 'ingress'},
            {**two, 'direction': 'egress', 'max_kbps': 7},
            {**mark, 'dscp_mark': 10},
            {
                'type': 'minimum_bandwidth',
                'id': documents.new_id(),
                'min_kbps': 1,
                'direction': 'egress',
            },
        ]

        self.apply(
            documents.later(
                documents.changed(
                    self.policy, name='other', description='', tags=['a']
                ),
                {'rules': sorted(rules, key=lambda rule: str(rule['id']))},
            )
        )

        shown = self.shown(self.policy.id)
        assert (shown['name'], shown['description']) == ('other', '')
        assert shown['tags'] == ['a']
        assert {
            rule['id']: rule.get('max_kbps') for rule in shown['rules']
        } == {rule['id']: rule.get('max_kbps') for rule in rules}
        assert self.told == [
            (qos_constants.UPDATE_POLICY_PRECOMMIT, self.policy.id),
            (qos_constants.UPDATE_POLICY, self.policy.id),
        ]

    def test_who_else_may_use_it_arrives(self) -> None:
        entry = {
            'id': documents.new_id(),
            'project_id': documents.PROJECT,
            'target_tenant': '*',
            'action': 'access_as_shared',
        }
        self.apply(documents.later(self.policy, {'rbac': [entry]}))
        assert self.shown(self.policy.id)['shared']

        self.apply(documents.later(self.policy, {'rbac': []}))

        assert not self.shown(self.policy.id)['shared']

    def test_rules_that_no_driver_knows_are_named_and_the_rest_is_here(
        self,
    ) -> None:
        network = requiring(
            documents.network(qos_policy_id=self.policy.id), self.policy
        )
        known = {'bandwidth_limit', 'dscp_marking'}
        with mock.patch.object(
            self.qos.driver_manager, 'supported_rule_types', lambda **_: known
        ):
            (applied,) = self.apply(self.policy)
            self.apply(network)

        assert applied['omitted'] == [
            f'{one["type"]}_rule.{one["id"]}'
            for one in self.policy.body['rules']
            if one['type'] not in known
        ]
        assert len(self.shown(self.policy.id)['rules']) == 3

    def test_what_fails_keeps_nothing_else_back(self) -> None:
        self.apply(self.policy)
        with (
            mock.patch.object(
                self.qos.driver_manager,
                'call',
                autospec=True,
                side_effect=ValueError('no'),
            ),
            self.assertRaisesRegex(
                refusals.ReplicaFailed, 'rules: ValueError: no'
            ),
        ):
            self.apply(
                documents.later(
                    documents.changed(self.policy, name='other'), {'rules': []}
                )
            )
        assert self.shown(self.policy.id)['name'] == 'other'

    def test_it_is_removed_when_nothing_has_it(self) -> None:
        network = requiring(
            documents.network(qos_policy_id=self.policy.id), self.policy
        )
        self.apply(network)
        with self.assertRaises(refusals.ReplicaInUse):
            apply.remove(self.context, types.QOS_POLICY, self.policy.id)
        bare = {
            key: value
            for key, value in network.body['network'].items()
            if key != 'qos_policy_id'
        }
        self.apply(documents.later(network, {'network': bare}))

        apply.remove(self.context, types.QOS_POLICY, self.policy.id)

        assert not self.qos.get_policies(
            self.context, filters={'id': [self.policy.id]}
        )

    def test_one_of_the_regions_own_is_not_overwritten(self) -> None:
        own = self.make_own()

        with self.assertRaises(refusals.ReplicaConflict):
            self.apply(documents.qos_policy(id=own))

    def test_nobody_changes_it_here(self) -> None:
        self.apply(self.policy)
        policy_id, rule = self.policy.id, RULES[0]
        body = {'bandwidth_limit_rule': {'max_kbps': 1}}
        for act in (
            lambda: self.qos.update_policy(
                self.context, policy_id, {'policy': {'is_default': True}}
            ),
            lambda: self.qos.delete_policy(self.context, policy_id),
            lambda: self.qos.create_policy_bandwidth_limit_rule(
                self.context, policy_id, body
            ),
            lambda: self.qos.update_policy_bandwidth_limit_rule(
                self.context, rule['id'], policy_id, body
            ),
            lambda: self.qos.delete_policy_bandwidth_limit_rule(
                self.context, rule['id'], policy_id
            ),
            lambda: self.qos.delete_alias_bandwidth_limit_rule(
                self.context, rule['id']
            ),
            lambda: self.plugin.create_rbac_policy(
                self.context,
                {
                    'rbac_policy': {
                        'object_type': 'qos_policy',
                        'object_id': policy_id,
                    }
                },
            ),
        ):
            with self.assertRaises(refusals.BelongsToCentral):
                act()

    def test_the_regions_own_are_its_own(self) -> None:
        own = self.make_own()

        rule = self.qos.create_policy_bandwidth_limit_rule(
            self.context, own, {'bandwidth_limit_rule': {'max_kbps': 1}}
        )
        self.qos.update_policy_bandwidth_limit_rule(
            self.context,
            rule['id'],
            own,
            {'bandwidth_limit_rule': {'max_kbps': 2}},
        )

        assert [one['max_kbps'] for one in self.shown(own)['rules']] == [2]
        self.qos.delete_policy(self.context, own)


class TestPoliciesOfNetworksAndPorts(PolicyTestCase):
    def network(self, **changes: Any) -> Document:
        return requiring(documents.network(**changes), self.policy)

    def policy_of(self, kind: str, id_: str) -> Any:
        found = getattr(self.plugin, f'get_{kind}')(self.context, id_)
        return found['qos_policy_id']

    def test_a_network_gets_it_loses_it_and_gets_it_again(self) -> None:
        network = self.network(qos_policy_id=self.policy.id)
        bare = dict(network.body['network'])
        del bare['qos_policy_id']
        for body, policy_id in (
            (network.body['network'], self.policy.id),
            (bare, None),
            (network.body['network'], self.policy.id),
        ):
            document = documents.later(network, {'network': body})

            (applied,) = self.apply(
                dataclasses.replace(document, requires=network.requires)
            )

            assert not applied['omitted']
            assert self.policy_of('network', network.id) == policy_id

    def test_a_port_gets_it_and_loses_it(self) -> None:
        network, group = self.network(), documents.group()
        self.apply(network, group)
        port = documents.port(network, group, qos_policy_id=self.policy.id)
        bare = dict(port.body['port'])
        del bare['qos_policy_id']
        for body, policy_id in (
            (port.body['port'], self.policy.id),
            (bare, None),
            # Not again: Neutron looks at it with another session, whose end
            # rolls back what is written, as both have SQLite's one connection.
        ):
            self.apply(documents.later(port, {'port': body}))

            assert self.policy_of('port', port.id) == policy_id

    def test_the_regions_default_is_not_for_central_s_networks(self) -> None:
        default = self.make_own(is_default=True)

        network = documents.network()
        self.apply(network)

        assert self.policy_of('network', network.id) is None
        own = self.plugin.create_network(
            self.context,
            {
                'network': {
                    'name': 'own',
                    'tenant_id': documents.PROJECT,
                    'admin_state_up': True,
                    'shared': False,
                    'router:external': False,
                    'qos_policy_id': None,
                }
            },
        )
        assert own['qos_policy_id'] == default

    def test_a_policy_that_cannot_be_had_keeps_nothing_else_back(self) -> None:
        self.apply(network := documents.network())
        with self.assertRaisesRegex(
            exceptions.NotFound, 'QoS policy: QosPolicyNotFound'
        ):
            self.apply(
                documents.changed(
                    network, name='new', qos_policy_id=documents.new_id()
                )
            )
        found = self.plugin.get_network(self.context, network.id)
        assert found['name'] == 'new'

    def test_a_port_of_central_takes_no_policy_of_the_regions(self) -> None:
        network, group = self.network(), documents.group()
        port = documents.port(network, group)
        self.apply(network, group, port)
        own = self.make_own()
        for act in (
            lambda: self.plugin.update_port(
                self.context, port.id, {'port': {'qos_policy_id': own}}
            ),
            lambda: self.plugin.update_network(
                self.context, network.id, {'network': {'qos_policy_id': own}}
            ),
            lambda: self.plugin.create_port(
                self.context,
                {
                    'port': {
                        'network_id': network.id,
                        'device_owner': '',
                        'qos_policy_id': own,
                    }
                },
            ),
        ):
            with self.assertRaisesRegex(refusals.BelongsToCentral, 'QoS|it'):
                act()


class TestRegionsWithoutPolicies(plugin_base.PluginTestCase):
    def test_what_has_one_is_here_without_it_and_the_state_says_so(
        self,
    ) -> None:
        policy = documents.qos_policy(*RULES)
        network = requiring(documents.network(qos_policy_id=policy.id), policy)
        group = documents.group()
        port = requiring(
            documents.port(network, group, qos_policy_id=policy.id), policy
        )

        made = self.apply(policy, network, group, port)

        assert [one['omitted'] for one in made] == [
            ['policy'],
            ['network.qos_policy_id'],
            [],
            ['port.qos_policy_id'],
        ]
        self.plugin.get_port(self.context, port.id)
        apply.remove(self.context, types.QOS_POLICY, policy.id)


def _routed(policy: Document | None) -> tuple[Document, Document]:
    """Return an external network, and a router with a gateway on it."""
    external = documents.network(**{'router:external': True})
    gateway = {
        'port_id': documents.new_id(),
        'network_id': external.id,
        'mac_address': 'fa:16:3e:00:02:07',
        'fixed_ips': [
            {
                'subnet_id': external.body['subnets'][0]['id'],
                'ip_address': '10.0.0.7',
            }
        ],
        'enable_snat': True,
    }
    if policy is not None:
        gateway['qos_policy_id'] = policy.id
    router = documents.later(documents.router(), {'gateway': gateway})
    return external, router


def _gateway(router: Document, **changes: Any) -> Document:
    """Return a later document, with another policy on the gateway."""
    gateway = dict(router.body['gateway'])
    gateway.pop('qos_policy_id', None)
    return documents.later(router, {'gateway': {**gateway, **changes}})


class TestPoliciesOfRouters(PolicyTestCase):
    def policy_of(self, router: Document) -> Any:
        found = self.l3_plugin.get_router(self.context, router.id)
        return found['external_gateway_info'].get('qos_policy_id')

    def test_a_gateway_is_made_with_it(self) -> None:
        external, router = _routed(self.policy)

        *_others, applied = self.apply(self.policy, external, router)

        assert not applied['omitted']
        assert self.policy_of(router) == self.policy.id

    def test_a_gateway_gets_it_and_loses_it(self) -> None:
        external, router = _routed(None)
        self.apply(self.policy, external, router)
        port_id = router.body['gateway']['port_id']

        self.apply(_gateway(router, qos_policy_id=self.policy.id))
        assert self.policy_of(router) == self.policy.id

        self.apply(_gateway(router))
        assert self.policy_of(router) is None
        assert self.plugin.get_port(self.context, port_id)


class TestRoutersOfRegionsWithoutPolicies(plugin_base.PluginTestCase):
    def test_the_gateway_is_here_without_it_and_the_state_says_so(
        self,
    ) -> None:
        policy = documents.qos_policy()
        external, router = _routed(policy)

        *_others, applied = self.apply(policy, external, router)

        assert applied['omitted'] == [
            'router.external_gateway_info.qos_policy_id'
        ]
        self.plugin.get_port(self.context, router.body['gateway']['port_id'])
