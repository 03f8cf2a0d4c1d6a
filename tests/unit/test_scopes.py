# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Scopes of tokens: all that Tricircle serves is for those of projects.

As in Neutron, whose rules are for tokens of projects only: who administers a
domain or the system is no administrator of networks.
"""

import re
from typing import Any, ClassVar
import uuid

from neutron.tests.unit import testlib_api
from neutron_lib import context as n_context
from oslo_config import cfg
from oslo_context import context as oslo_context
from oslo_policy import policy
import testtools
import webob

from tests.unit.central_presence import base
from tricircle.api import handler
from tricircle.api import policies as admin_policies
from tricircle.api import routes
from tricircle.conf import local as local_conf
from tricircle.local.engine.api import replicas as replica_api

ROLES = ('admin', 'manager', 'member', 'reader', 'service')
OTHER_SCOPES: tuple[dict[str, Any], ...] = (
    {'domain_id': 'd1'},
    {'system_scope': 'all'},
)
OF_A_PROJECT: dict[str, Any] = {'project_id': 'p1'}


def _context(role: str, scope: dict[str, Any]) -> n_context.Context:
    return n_context.Context(user_id='u', roles=[role], **scope)


class TestReplicaApiOfCentral(base.PresenceTestCase):
    service_plugins: ClassVar = {'qos': 'qos'}

    def set_options(self):
        super().set_options()
        self.set_option('extension_drivers', ['port_security', 'qos'])

    def setUp(self):
        super().setUp()
        self.network = self.make_network()
        self.port = self.make('port', network_id=self.network['id'])
        self.router = self.make('router')
        self.group = self.port['security_groups'][0]
        self.addresses = self.make('address_group', name='a')['id']
        self.policy = self.make_policy()
        self.scope = self.make('address_scope', name='s', ip_version=4)['id']
        self.pool = self.make('subnetpool', name='p', prefixes=['10.0.0.0/8'])[
            'id'
        ]

    def make_policy(self):
        answer = self.ask(
            'POST',
            '/qos/policies',
            {'policy': {'project_id': base.PROJECT, 'name': 'q'}},
            roles=base.ADMIN,
        )
        return answer.body['policy']['id']

    def answer(self, method, path, body, role, scope):
        request = testlib_api.create_request(
            f'{path}.json',
            None if body is None else self.serialize(body),
            'application/json',
            method,
        )
        request.environ['neutron.context'] = _context(role, scope)
        return base.Answer(request.get_response(self._api))

    def requests(self):
        pull = {'project_id': 'p1', 'is_admin': True, 'dhcp_agents': 1}
        for collection, id_ in (
            ('networks', self.network['id']),
            ('ports', self.port['id']),
            ('security-groups', self.group),
            ('address-groups', self.addresses),
            ('address-scopes', self.scope),
            ('subnetpools', self.pool),
            ('qos/policies', self.policy),
            ('routers', self.router['id']),
        ):
            path = f'/{collection}/{id_}/replicas'
            body = {'replica': {'pull': pull}}
            if collection == 'routers':
                report = {'revision': 1, 'status': '', 'floating_ips': {}}
                body = {'replica': {'report': report}}
            yield 'GET', path, None
            yield 'GET', f'{path}/RegionOne', None
            yield 'PUT', f'{path}/RegionOne', body
        yield 'DELETE', f'/ports/{self.port["id"]}/replicas/RegionOne', None

    def test_no_role_of_a_domain_or_the_system_may_anything(self):
        for method, path, body in self.requests():
            for scope in OTHER_SCOPES:
                for role in ROLES:
                    answer = self.answer(method, path, body, role, scope)
                    # Who may not see it is told that it is not there, as
                    # Neutron does.
                    self.assertEqual(
                        404 if method == 'GET' else 403,
                        answer.status,
                        (method, path, role, scope, answer),
                    )
        self.assertEqual([], self.presence(self.network['id']))

    def test_roles_of_a_project(self):
        for role, see, pull in (
            ('admin', 200, 403),
            ('reader', 200, 403),
            ('member', 403, 403),
            ('service', 200, 200),
        ):
            path = f'/networks/{self.network["id"]}/replicas'
            seen = self.answer('GET', path, None, role, OF_A_PROJECT)
            self.assertEqual(see, seen.status, (role, seen))
            body = {
                'replica': {
                    'pull': {
                        'project_id': 'p1',
                        'is_admin': False,
                        'dhcp_agents': 1,
                    }
                }
            }
            pulled = self.answer(
                'PUT', f'{path}/RegionOne', body, role, OF_A_PROJECT
            )
            self.assertEqual(pull, pulled.status, (role, pulled))


class TestReplicaApiOfRegions(base.PresenceTestCase):
    """Policies are the same on both sides; the region's asks by itself."""

    def setUp(self):
        super().setUp()
        local_conf.register(cfg.CONF)

    def refused(self, action, role, scope):
        request = webob.Request.blank('/')
        request.context = _context(role, scope)
        try:
            replica_api.enforce(request, action)
        except (policy.PolicyNotAuthorized, policy.InvalidScope):
            return True
        return False

    def test_services_of_projects_write_and_admins_look(self):
        for action in ('get', 'update', 'delete'):
            may = {'service', 'admin'} if action == 'get' else {'service'}
            for role in ROLES:
                self.assertEqual(
                    role not in may,
                    self.refused(action, role, OF_A_PROJECT),
                    (action, role),
                )
                for scope in OTHER_SCOPES:
                    self.assertTrue(
                        self.refused(action, role, scope),
                        (action, role, scope),
                    )


class TestAdminApi(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.conf = cfg.ConfigOpts()
        self.conf([], default_config_files=[])
        self.enforcer = policy.Enforcer(self.conf)
        self.enforcer.register_defaults(admin_policies.list_rules())

    def allowed(self, rule, role, scope):
        caller = oslo_context.RequestContext(
            user_id='u', roles=[role], **scope
        )
        return self.enforcer.authorize(rule, {}, caller)

    def test_readers_of_projects_read_and_admins_write(self):
        reads = {
            f'admin_api:{of}:{action}'
            for of, actions in (
                ('pods', ('list', 'show')),
                ('jobs', ('list', 'show', 'schema_list')),
                ('routings', ('list', 'show')),
                ('bindings', ('list', 'show')),
                ('topology', ('list',)),
            )
            for action in actions
        }
        rules = {one.name for one in admin_policies.list_rules()}
        self.assertLessEqual(reads, rules)
        for rule in sorted(rules):
            may = {'admin', 'reader'} if rule in reads else {'admin'}
            for role in ROLES:
                self.assertEqual(
                    role in may,
                    self.allowed(rule, role, OF_A_PROJECT),
                    (rule, role),
                )
                for scope in OTHER_SCOPES:
                    self.assertFalse(
                        self.allowed(rule, role, scope), (rule, role, scope)
                    )

    def test_domain_administrator_is_told_403(self):
        application = handler.Handler(self.conf, self.enforcer)
        for method, path in (
            (method, re.sub(r'\(\?P.*?\)', str(uuid.uuid4()), pattern))
            for pattern, methods in routes.ROUTES.items()
            for method in methods
        ):
            path = path.replace('\\.', '.')
            request = webob.Request.blank(path, method=method)
            request.headers.update(
                {'X-User-Id': 'u', 'X-Roles': 'admin', 'X-Domain-Id': 'd1'}
            )
            answer = request.get_response(application)
            self.assertEqual(403, answer.status_int, (method, path))
