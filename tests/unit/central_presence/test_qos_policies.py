# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""QoS policies: which regions get them, and what they hear."""

from typing import Any, ClassVar

from tests.unit.central_presence import base
from tests.unit.central_presence import router_plans
from tricircle.db.central import models as central_models
from tricircle.drift import adoption
from tricircle.replica import types

OTHER = '0123456789abcdef0123456789abcdef'
RULES = {
    'bandwidth_limit': {
        'max_kbps': 1000,
        'max_burst_kbps': 100,
        'direction': 'ingress',
    },
    'dscp_marking': {'dscp_mark': 26},
    'minimum_bandwidth': {'min_kbps': 500, 'direction': 'egress'},
    'packet_rate_limit': {
        'max_kpps': 10,
        'max_burst_kpps': 1,
        'direction': 'egress',
    },
    'minimum_packet_rate': {'min_kpps': 5, 'direction': 'egress'},
}


class PolicyTestCase(router_plans.PlanningTestCase):
    """Central with the QoS plugin, and a policy."""

    service_plugins: ClassVar = {'qos': 'qos'}

    def set_options(self) -> None:
        super().set_options()
        self.set_option('extension_drivers', ['port_security', 'qos'])

    def setUp(self) -> None:
        super().setUp()
        self.id = self.make_policy(description='of ours')

    def make_policy(self, **attributes: Any) -> str:
        answer = self.ask(
            'POST',
            '/qos/policies',
            {
                'policy': {
                    'project_id': base.PROJECT,
                    'name': 'gold',
                    **attributes,
                }
            },
            roles=base.ADMIN,
        )
        self.assertEqual(201, answer.status, answer)
        return str(answer.body['policy']['id'])

    def act(
        self,
        method: str,
        path: str,
        body: Any = None,
        status: int = 200,
        **kwargs: Any,
    ) -> base.Answer:
        """Do something as an administrator."""
        answer = self.ask(method, path, body, roles=base.ADMIN, **kwargs)
        self.assertEqual(status, answer.status, answer)
        return answer

    def add_rule(self, rule_type: str, **values: Any) -> str:
        answer = self.act(
            'POST',
            f'/qos/policies/{self.id}/{rule_type}_rules',
            {f'{rule_type}_rule': values or RULES[rule_type]},
            201,
        )
        return str(answer.body[f'{rule_type}_rule']['id'])

    def counter(
        self, resource_id: str, region: str = 'RegionOne', **which: str
    ) -> int:
        """Return how many changes a region was to hear of."""
        found = self.rows(
            central_models.JournalEntry,
            resource_type=which.get('kind', types.QOS_POLICY),
            resource_id=resource_id,
            region_name=region,
        )
        return int(found[0].counter) if found else 0


class TestPolicies(PolicyTestCase):
    def test_a_network_brings_its_policy_with_rules_of_every_type(self):
        rules = {one: self.add_rule(one) for one in RULES}
        self.act('PUT', f'/policies/{self.id}/tags', {'tags': ['b', 'a']})
        network = self.make_network(qos_policy_id=self.id)

        document = self.pulled('network', network['id'])

        (policy,) = document['first']
        self.assertEqual([], document['omitted'])
        self.assertEqual(self.id, document['body']['network']['qos_policy_id'])
        self.assertEqual(
            {
                'policy': {
                    'id': self.id,
                    'project_id': base.PROJECT,
                    'name': 'gold',
                    'description': 'of ours',
                    'tags': ['a', 'b'],
                },
                'rules': sorted(
                    (
                        {'type': name, 'id': rule_id, **RULES[name]}
                        for name, rule_id in rules.items()
                    ),
                    key=lambda one: str(one['id']),
                ),
                'rbac': [],
            },
            policy['body'],
        )
        self.assertEqual(['RegionOne'], self.presence(self.id))

    def test_a_port_brings_its_own_and_its_networks(self):
        other = self.make_policy(name='silver')
        network = self.make_network(qos_policy_id=other)
        port = self.make(
            'port', network_id=network['id'], qos_policy_id=self.id
        )

        document = self.pulled('port', port['id'])

        self.assertEqual(
            {self.id, other},
            {
                one['id']
                for one in document['first']
                if one['type'] == types.QOS_POLICY
            },
        )
        self.assertEqual(self.id, document['body']['port']['qos_policy_id'])
        self.assertEqual(['RegionOne'], self.presence(self.id))

    def test_a_port_that_a_region_makes_brings_it_too(self):
        network = self.make_network()
        self.pulled('network', network['id'])

        port = self.allocated(network['id'], qos_policy_id=self.id)

        self.assertEqual(self.id, port['qos_policy_id'])
        self.assertEqual(['RegionOne'], self.presence(self.id))
        (policy,) = port['tricircle:document']['first']
        self.assertEqual(self.id, policy['id'])

    def test_what_has_none_says_nothing_of_it(self):
        network = self.make_network()
        port = self.make('port', network_id=network['id'])

        document = self.pulled('port', port['id'])

        self.assertNotIn('first', document)
        self.assertNotIn('qos_policy_id', document['body']['port'])
        (there,) = [
            one for one in document['requires'] if one['type'] == 'network'
        ]
        self.assertNotIn('qos_policy_id', there['body']['network'])

    def test_regions_get_what_is_put_on_a_network_or_port_they_have(self):
        network = self.make_network()
        port = self.make('port', network_id=network['id'])
        self.pulled('network', network['id'], 'RegionTwo')
        self.pulled('port', port['id'])
        other = self.make_policy(name='silver')

        self.act(
            'PUT',
            f'/networks/{network["id"]}',
            {'network': {'qos_policy_id': self.id}},
        )
        self.act(
            'PUT',
            f'/ports/{port["id"]}',
            {'port': {'qos_policy_id': other}},
        )

        self.assertEqual(['RegionOne', 'RegionTwo'], self.presence(self.id))
        self.assertEqual(['RegionOne'], self.presence(other))
        for region in ('RegionOne', 'RegionTwo'):
            self.assertEqual(
                2, self.counter(network['id'], region, kind=types.NETWORK)
            )
        self.assertEqual(2, self.counter(port['id'], kind=types.PORT))

    def test_its_regions_hear_of_every_change(self):
        network = self.make_network(qos_policy_id=self.id)
        self.pulled('network', network['id'])
        path = f'/qos/policies/{self.id}'
        heard = self.counter(self.id)
        rule_id = ''

        def rule() -> None:
            nonlocal rule_id
            rule_id = self.add_rule('bandwidth_limit')

        for change in (
            rule,
            lambda: self.act(
                'PUT',
                f'{path}/bandwidth_limit_rules/{rule_id}',
                {'bandwidth_limit_rule': {'max_kbps': 2000}},
            ),
            lambda: self.act(
                'DELETE',
                f'{path}/bandwidth_limit_rules/{rule_id}',
                status=204,
            ),
            lambda: self.act('PUT', path, {'policy': {'name': 'n'}}),
            lambda: self.act('PUT', path, {'policy': {'description': 'd'}}),
            lambda: self.act('PUT', path, {'policy': {'shared': True}}),
            lambda: self.act(
                'PUT', f'/policies/{self.id}/tags', {'tags': ['a']}
            ),
        ):
            change()
            self.assertLess(heard, self.counter(self.id))
            heard = self.counter(self.id)
        self.assertEqual(0, self.counter(self.id, 'RegionTwo'))

    def test_every_type_of_rule_is_seen_as_it_is_written(self):
        network = self.make_network(qos_policy_id=self.id)
        self.pulled('network', network['id'])
        for rule_type in RULES:
            heard = self.counter(self.id)
            self.add_rule(rule_type)
            self.assertLess(heard, self.counter(self.id), rule_type)

    def test_a_policy_in_use_is_not_deleted_and_its_end_is_told(self):
        network = self.make_network(qos_policy_id=self.id)
        self.pulled('network', network['id'])
        heard = self.counter(self.id)
        refused = self.act('DELETE', f'/qos/policies/{self.id}', status=409)
        self.assertEqual('QosPolicyInUse', refused.error['type'])
        self.assertEqual(heard, self.counter(self.id))
        self.act(
            'PUT',
            f'/networks/{network["id"]}',
            {'network': {'qos_policy_id': None}},
        )

        self.act('DELETE', f'/qos/policies/{self.id}', status=204)

        self.assertLess(heard, self.counter(self.id))
        self.assertIsNone(self.document(types.QOS_POLICY, self.id))

    def test_the_default_is_central_s_own_and_the_state_says_so(self):
        default = self.make_policy(name='default', is_default=True)

        network = self.make_network()

        self.assertEqual(default, network['qos_policy_id'])
        (policy,) = self.pulled('network', network['id'])['first']
        self.assertEqual(['policy.is_default'], policy['omitted'])
        self.assertNotIn('is_default', policy['body']['policy'])
        shown = self.act('GET', f'/qos/policies/{default}/replicas')
        (state,) = shown.body['replicas']
        self.assertEqual(['policy.is_default'], state['omitted'])

    def test_who_sees_it_may_bring_it(self):
        for project, status in ((OTHER, 404), (base.PROJECT, 200)):
            answer = self.pull('qos-policy', self.id, project=project)
            self.assertEqual(status, answer.status, answer)
        self.act(
            'POST',
            '/rbac-policies',
            {
                'rbac_policy': {
                    'object_type': 'qos_policy',
                    'object_id': self.id,
                    'target_tenant': OTHER,
                    'action': 'access_as_shared',
                }
            },
            201,
        )

        document = self.pulled('qos-policy', self.id, project=OTHER)

        (entry,) = document['body']['rbac']
        self.assertEqual(OTHER, entry['target_tenant'])

    def test_one_that_central_lost_track_of_is_adopted(self):
        with base.db_api.CONTEXT_WRITER.using(self.context):
            adoption.adopt(
                self.context.session,
                'RegionOne',
                types.QOS_POLICY,
                {self.id: 7},
            )

        self.assertEqual(['RegionOne'], self.presence(self.id))


class TestPoliciesOfRouters(PolicyTestCase):
    def local_router(self) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Return a router in RegionOne with a gateway, a network, a port."""
        network = self.make_network(
            '10.0.1.0/24', availability_zone_hints=['RegionOne']
        )
        external = self.make_external('RegionOne')
        router_id = self.make_router('RegionOne')
        self.attach(router_id, network)
        port = self.boot(network, 'RegionOne')
        self.act(
            'PUT',
            f'/routers/{router_id}',
            {
                'router': {
                    'external_gateway_info': {'network_id': external['id']}
                }
            },
        )
        self.planned(router_id)
        return router_id, external, port

    def test_a_gateways_and_a_floating_ips_come_with_the_router(self):
        router_id, external, port = self.local_router()
        other = self.make_policy(name='silver')
        floating = self.make(
            'floatingip',
            floating_network_id=external['id'],
            port_id=port['id'],
            qos_policy_id=other,
        )
        self.act(
            'PUT',
            f'/routers/{router_id}',
            {
                'router': {
                    'external_gateway_info': {
                        'network_id': external['id'],
                        'qos_policy_id': self.id,
                    }
                }
            },
        )
        self.assertTrue(self.wants_plan(router_id))

        self.planned(router_id)

        document = self.document(types.ROUTER, router_id)
        self.assertEqual(self.id, document.body['gateway']['qos_policy_id'])
        (made,) = document.body['floating_ips']
        self.assertEqual(
            (floating['id'], other), (made['id'], made['qos_policy_id'])
        )
        self.assertEqual(
            {self.id, other},
            {
                one.id
                for one in document.requires
                if one.type == types.QOS_POLICY
            },
        )
        for policy_id in (self.id, other):
            self.assertEqual(['RegionOne'], self.presence(policy_id))

        self.act(
            'PUT',
            f'/floatingips/{floating["id"]}',
            {'floatingip': {'qos_policy_id': None}},
        )

        self.planned(router_id)
        document = self.document(types.ROUTER, router_id)
        (made,) = document.body['floating_ips']
        self.assertNotIn('qos_policy_id', made)

    def test_the_binding_of_a_gateway_alone_is_a_change_of_its_router(self):
        router_id, _external, _port = self.local_router()
        self.forget_intents()

        with base.db_api.CONTEXT_WRITER.using(self.context):
            self.l3_plugin._create_gw_ip_qos_db(
                self.context, router_id, self.id
            )

        self.assertTrue(self.wants_plan(router_id))
