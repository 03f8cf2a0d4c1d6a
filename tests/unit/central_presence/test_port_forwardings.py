# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


from collections.abc import Callable
import json
from typing import Any, ClassVar
import uuid

from neutron.db.models import dns as dns_models
from neutron.db.models import loggingapi as log_models
from neutron.db.models import ndp_proxy as ndp_models
from neutron_lib.db import standard_attr

from tests.unit.central_presence import base
from tests.unit.central_presence.router_plans import PlanningTestCase
from tricircle.db.central import documents as central_state
from tricircle.db.central import models as central_models
from tricircle.db.central.router import documents as router_documents
from tricircle.journal import intent
from tricircle.plan.router import planner as router_plan
from tricircle.replica import types


class TranslationTestCase(PlanningTestCase):
    """A router with a network in each region, and a way out in the second."""

    service_plugins: ClassVar[dict[str, str]] = {
        name: name for name in ('port_forwarding', 'conntrack_helper')
    }

    def setUp(self) -> None:
        super().setUp()
        self.router_id, self.one, self.two = self.t3()
        (self.port,) = self.ports(self.one)
        self.external_id = self.l3_plugin.get_router(
            self.context, self.router_id
        )['external_gateway_info']['network_id']
        self.floating_ip = self.make(
            'floatingip', floating_network_id=self.external_id
        )
        self.way_out = router_plan.north_south_id(self.router_id)
        self.plan(self.router_id)
        self.settle()
        self.wants_plan(self.router_id)

    def ports(self, network: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.plugin.get_ports(
            self.context,
            {'network_id': [network['id']], 'device_owner': ['']},
        )
        return found

    @property
    def path(self) -> str:
        return f'/floatingips/{self.floating_ip["id"]}/port_forwardings'

    def forward(
        self,
        port: dict[str, Any],
        external: int = 8080,
        expected: int = 201,
        **changes: Any,
    ) -> dict[str, Any]:
        answer = self.ask(
            'POST',
            self.path,
            {
                'port_forwarding': {
                    'internal_port_id': port['id'],
                    'internal_ip_address': port['fixed_ips'][0]['ip_address'],
                    'internal_port': external - 8000,
                    'external_port': external,
                    'protocol': 'tcp',
                    **changes,
                }
            },
            roles=base.ADMIN,
        )
        self.assertEqual(expected, answer.status, answer)
        return dict(answer.body.get('port_forwarding', answer.body))

    def body(
        self, piece_id: str | None = None, region: str = 'RegionTwo'
    ) -> dict[str, Any]:
        return dict(self.document(piece_id, region).body)

    def document(
        self, piece_id: str | None = None, region: str = 'RegionTwo'
    ) -> Any:
        self.plan(self.router_id)
        with base.db_api.CONTEXT_READER.using(self.context):
            return router_documents.documents(
                self.context.session,
                [piece_id or self.way_out],
                region,
                intent.generations,
            )[piece_id or self.way_out]

    def assert_planned(
        self, method: str, path: str, body: Any = None, status: int = 200
    ) -> Any:
        """Make a request, and assert that the router is laid out anew."""
        self.wants_plan(self.router_id)
        answer = self.ask(method, path, body, roles=base.ADMIN)
        self.assertEqual(status, answer.status, answer)
        self.assertTrue(self.wants_plan(self.router_id), path)
        return answer.body


class TestPortForwardings(TranslationTestCase):
    def test_it_is_at_the_way_out_over_the_bridge(self):
        made = self.forward(self.port, description='d')
        self.assertTrue(self.wants_plan(self.router_id))

        body = self.body()

        (leg,) = body['interfaces']
        self.assertEqual([], body['floating_ips'])
        self.assertEqual(
            [
                {
                    'id': self.floating_ip['id'],
                    'project_id': base.PROJECT,
                    'floating_network_id': self.external_id,
                    'floating_ip_address': self.floating_ip[
                        'floating_ip_address'
                    ],
                    'description': '',
                    'port_forwardings': [
                        {
                            'id': made['id'],
                            'protocol': 'tcp',
                            'internal_port_id': leg['port_id'],
                            'internal_ip_address': self.port['fixed_ips'][0][
                                'ip_address'
                            ],
                            'internal_port_range': '80:80',
                            'external_port_range': '8080:8080',
                            'description': 'd',
                        }
                    ],
                }
            ],
            body['forwarding_ips'],
        )
        self.assertNotIn(
            'forwarding_ips', self.body(self.router_id, 'RegionOne')
        )

    def test_ranges_are_as_neutron_has_them(self):
        self.forward(
            self.port,
            internal_port=None,
            external_port=None,
            internal_port_range='90:99',
            external_port_range='190:199',
        )

        (found,) = self.body()['forwarding_ips'][0]['port_forwardings']

        self.assertEqual('90:99', found['internal_port_range'])
        self.assertEqual('190:199', found['external_port_range'])

    def test_each_change_has_the_router_planned(self):
        made = self.forward(self.port)
        other = self.forward(self.port, 8081)
        path = f'{self.path}/{made["id"]}'

        for change in (
            {'external_port': 9090},
            {'internal_port': 90},
            {'protocol': 'udp'},
            {'description': 'other'},
        ):
            self.assert_planned('PUT', path, {'port_forwarding': change})
        self.assert_planned('DELETE', path, status=204)
        # The last one, with which the floating IP leaves the router.
        self.assert_planned('DELETE', f'{self.path}/{other["id"]}', None, 204)

        self.assertNotIn('forwarding_ips', self.body())

    def test_a_floating_ip_is_down_after_its_last_one(self):
        made = self.forward(self.port)
        self.l3_plugin.update_floatingip_status(
            self.context, self.floating_ip['id'], 'ACTIVE'
        )

        self.assert_planned('DELETE', f'{self.path}/{made["id"]}', None, 204)

        shown = self.l3_plugin.get_floatingip(
            self.context, self.floating_ip['id']
        )
        self.assertEqual('DOWN', shown['status'])
        self.assertIsNone(shown['router_id'])

    def test_with_its_port_it_goes(self):
        self.forward(self.port)

        self.assert_planned('DELETE', f'/ports/{self.port["id"]}', None, 204)

        self.assertNotIn('forwarding_ips', self.body())

    def test_with_its_address_it_goes(self):
        self.forward(self.port)
        subnet_id = self.port['fixed_ips'][0]['subnet_id']

        self.assert_planned(
            'PUT',
            f'/ports/{self.port["id"]}',
            {
                'port': {
                    'fixed_ips': [
                        {'subnet_id': subnet_id, 'ip_address': '10.0.1.77'}
                    ]
                }
            },
        )

        self.assertNotIn('forwarding_ips', self.body())

    def test_what_it_uses_stays_as_in_any_neutron(self):
        self.forward(self.port)
        subnet_id = self.port['fixed_ips'][0]['subnet_id']
        for method, path, body in (
            ('DELETE', f'/floatingips/{self.floating_ip["id"]}', None),
            (
                'PUT',
                f'/floatingips/{self.floating_ip["id"]}',
                {'floatingip': {'port_id': self.port['id']}},
            ),
            (
                'PUT',
                f'/routers/{self.router_id}',
                {'router': {'external_gateway_info': None}},
            ),
            (
                'PUT',
                f'/routers/{self.router_id}/remove_router_interface',
                {'subnet_id': subnet_id},
            ),
        ):
            answer = self.ask(method, path, body, roles=base.ADMIN)
            self.assertEqual(409, answer.status, (path, answer))

    def test_to_what_central_holds_for_a_region_it_is_refused(self):
        (held,) = [
            self.plugin.get_port(self.context, row.port_id)
            for row in self.rows(
                central_models.ReservedPort,
                network_id=self.one['id'],
                kind='dhcp',
            )
            if row.pod_id == self.pod_of('RegionOne')
        ]

        error = self.forward(held, expected=409)

        self.assertEqual('ReservedForRegion', error['NeutronError']['type'])

    def pod_of(self, region: str) -> str:
        (pod,) = self.rows(central_models.Pod, region_name=region)
        return str(pod.pod_id)

    def test_one_to_a_port_elsewhere_is_named_by_a_local_router(self):
        external = self.make_external('RegionThree')
        network = self.make_network('10.0.9.0/24')
        router_id = self.make_router('RegionThree', external=external['id'])
        self.attach(router_id, network)
        self.floating_ip = self.make(
            'floatingip', floating_network_id=external['id']
        )
        here = self.boot(network, 'RegionThree')
        there = self.boot(network, 'RegionOne')
        made = self.forward(here)
        named = self.forward(there, 8081)

        self.router_id = router_id
        found = self.document(router_id, 'RegionThree')

        (forwarded,) = found.body['forwarding_ips'][0]['port_forwardings']
        self.assertEqual(made['id'], forwarded['id'])
        self.assertEqual(here['id'], forwarded['internal_port_id'])
        self.assertEqual((f'port_forwarding.{named["id"]}',), found.omitted)


class TestFloatingIPs(TranslationTestCase):
    def associate(self, **attributes: Any) -> None:
        self.assert_planned(
            'PUT',
            f'/floatingips/{self.floating_ip["id"]}',
            {'floatingip': {'port_id': self.port['id'], **attributes}},
        )

    def test_tags_travel(self):
        self.associate()
        self.assertNotIn('tags', self.body()['floating_ips'][0])

        self.assert_planned(
            'PUT',
            f'/floatingips/{self.floating_ip["id"]}/tags',
            {'tags': ['b', 'a']},
        )

        self.assertEqual(['a', 'b'], self.body()['floating_ips'][0]['tags'])

    def test_names_are_named(self):
        self.associate()
        # Neutron keeps them where it has a server to tell.
        self.insert(
            dns_models.FloatingIPDNS,
            floatingip_id=self.floating_ip['id'],
            dns_name='www',
            dns_domain='example.org.',
            published_dns_name='www',
            published_dns_domain='example.org.',
        )

        omitted = self.document().omitted

        self.assertEqual(
            {
                f'floating_ip.{self.floating_ip["id"]}.{name}'
                for name in ('dns_domain', 'dns_name')
            },
            {*omitted},
        )


class TestConntrackHelpers(TranslationTestCase):
    @property
    def path(self) -> str:
        return f'/routers/{self.router_id}/conntrack_helpers'

    def help(self, port: int = 69) -> dict[str, Any]:
        body = self.assert_planned(
            'POST',
            self.path,
            {
                'conntrack_helper': {
                    'protocol': 'udp',
                    'port': port,
                    'helper': 'tftp',
                }
            },
            201,
        )
        return dict(body['conntrack_helper'])

    def test_it_is_where_addresses_are_translated(self):
        made = self.help()

        self.assertEqual(
            [
                {
                    'id': made['id'],
                    'protocol': 'udp',
                    'port': 69,
                    'helper': 'tftp',
                }
            ],
            self.body()['conntrack_helpers'],
        )
        regular = self.document(self.router_id, 'RegionOne')
        self.assertNotIn('conntrack_helpers', regular.body)
        self.assertEqual((), regular.omitted)

    def test_each_change_has_the_router_planned(self):
        path = f'{self.path}/{self.help()["id"]}'

        self.assert_planned('PUT', path, {'conntrack_helper': {'port': 6969}})
        self.assertEqual(6969, self.body()['conntrack_helpers'][0]['port'])
        self.assert_planned('DELETE', path, None, 204)
        self.assertNotIn('conntrack_helpers', self.body())

    def test_a_router_without_a_way_out_names_it(self):
        made = self.help()
        self.assert_planned(
            'PUT',
            f'/routers/{self.router_id}',
            {'router': {'external_gateway_info': None}},
        )

        omitted = self.document(self.router_id, 'RegionOne').omitted

        self.assertEqual((f'conntrack_helper.{made["id"]}',), omitted)


class TestNaming(TranslationTestCase):
    """What changes in no document, and is named."""

    service_plugins: ClassVar[dict[str, str]] = {
        **TranslationTestCase.service_plugins,
        **{name: name for name in ('ndp_proxy', 'metering')},
        **{name: name for name in ('local_ip', 'log')},
    }

    def confirmed(self) -> None:
        """Let regions have what they are to have, and say what is omitted."""
        for row in self.rows(
            central_models.JournalEntry, pending=True, resource_type='router'
        ):
            with base.db_api.CONTEXT_WRITER.using(self.context):
                found = central_state.document(
                    self.context.session,
                    row.resource_type,
                    row.resource_id,
                    row.region_name,
                    intent.generations,
                )
                entry = self.context.session.get(
                    central_models.JournalEntry, row.id
                )
                entry.omitted = json.dumps(list(found.omitted))
        self.settle()

    def assert_told(self, change: Callable[[], None], name: str) -> None:
        self.plan(self.router_id)
        self.confirmed()
        self.assertEqual(set(), self.pending())
        change()
        self.assertTrue(self.wants_plan(self.router_id))

        self.plan(self.router_id)

        self.assertIn(
            (types.ROUTER, self.router_id, 'RegionOne'), self.pending()
        )
        self.confirmed()
        self.plan(self.router_id)
        self.assertEqual(set(), self.pending())
        answer = self.ask('GET', f'/routers/{self.router_id}/replicas')
        states = {one['region']: one for one in answer.body['replicas']}
        self.assertEqual({'RegionOne', 'RegionTwo'}, {*states})
        for one in states.values():
            self.assertIn(name, one['omitted'])

    def answer(self) -> None:
        with base.db_api.CONTEXT_WRITER.using(self.context):
            self.context.session.get(
                ndp_models.RouterNDPProxyState, self.router_id
            ).enable_ndp_proxy = True

    def test_a_router_that_is_to_answer_for_neighbours(self):
        self.assert_told(self.answer, 'router.enable_ndp_proxy')

    def meter(self) -> None:
        self.ask(
            'POST',
            '/metering/metering-labels',
            {'metering_label': {'name': 'm', 'project_id': base.PROJECT}},
            roles=base.ADMIN,
        )

    def test_a_router_that_is_metered(self):
        self.assert_told(self.meter, 'router.metering_labels')

    def states(self, path: str) -> set[str]:
        answer = self.ask('GET', f'{path}/replicas')
        return {
            name for one in answer.body['replicas'] for name in one['omitted']
        }

    def test_a_network_with_a_local_ip(self):
        answer = self.ask(
            'POST',
            '/local-ips',
            {'local_ip': {'network_id': self.one['id']}},
            roles=base.ADMIN,
        )
        self.assertEqual(201, answer.status, answer)

        omitted = self.states(f'/networks/{self.one["id"]}')

        self.assertIn('network.local_ips', omitted)

    def test_what_is_logged(self):
        group_id = self.port['security_groups'][0]
        for values in (
            {'resource_id': group_id},
            {'target_id': self.port['id']},
        ):
            self.insert(
                log_models.Log,
                **values,
                id=uuid.uuid4().hex,
                standard_attr_id=self.attribute(),
                resource_type='security_group',
                event='ALL',
                project_id=base.PROJECT,
            )

        self.assertIn(
            'security_group.logs',
            self.states(f'/security-groups/{group_id}'),
        )
        self.assertIn('port.logs', self.states(f'/ports/{self.port["id"]}'))

    def attribute(self) -> int:
        with base.db_api.CONTEXT_WRITER.using(self.context):
            made = standard_attr.StandardAttribute(resource_type='logs')
            self.context.session.add(made)
            self.context.session.flush()
            return int(made.id)
