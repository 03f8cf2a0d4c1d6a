# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


from unittest import mock
import uuid

from neutron.db import ipam_backend_mixin
from neutron.services.conntrack_helper import plugin as conntrack_helper
from neutron.services.portforwarding import pf_plugin
from neutron_lib import constants
from neutron_lib import context
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from neutron_lib.plugins import constants as plugin_constants
from neutron_lib.plugins import directory
from oslo_config import cfg
import sqlalchemy as sa

from tests.unit.local import base
from tricircle.client import central
from tricircle.db import local_models
from tricircle.local import apply
from tricircle.local import guard
from tricircle.local import known
from tricircle.local import ledger
from tricircle.local import region
from tricircle.replica import types


class TestReads(base.LocalTestCase):
    def test_an_unknown_network_is_brought_with_its_subnets(self):
        network_id = self.central.add_network(self.project)

        status, body = self.ask('GET', f'/networks/{network_id}')

        self.assertEqual(200, status)
        subnet = self.central.networks[network_id]['subnets'][0]
        self.assertEqual([subnet['id']], body['network']['subnets'])
        self.assertEqual(
            [
                (
                    types.NETWORK,
                    network_id,
                    {
                        'project_id': self.project,
                        'is_admin': False,
                        'dhcp_agents': 1,
                    },
                )
            ],
            self.central.of_kind('pull'),
        )
        self.assertEqual(
            'present', self.row(types.NETWORK, network_id).state
        )

    def test_the_real_caller_is_named_not_the_plugins_context(self):
        network_id = self.central.add_network(self.project)

        # The owner check reads the network as an admin.
        self.make_port(network_id)

        [(_type, _id, body)] = self.central.of_kind('pull')
        self.assertEqual(
            (self.project, False), (body['project_id'], body['is_admin'])
        )

    def test_what_is_here_is_not_asked_for(self):
        with self.network() as own:
            own_id = own['network']['id']
            self.ask('GET', f'/networks/{own_id}')
            self.ask('GET', f'/networks?id={own_id}')
            # Not the caller's to see, but here.
            stranger = uuid.uuid4().hex
            status, _body = self.ask(
                'GET', f'/networks/{own_id}', project=stranger
            )
        self.assertEqual(404, status)
        self.assertEqual([], self.central.asked)

    def test_a_refusal_is_remembered_for_the_same_caller(self):
        unknown = str(uuid.uuid4())
        for _turn in range(2):
            status, body = self.ask('GET', f'/networks/{unknown}')
            self.assertEqual(404, status)
            self.assertEqual(
                ('NetworkNotFound', f'central has no {unknown}'),
                (
                    body['NeutronError']['type'],
                    body['NeutronError']['message'],
                ),
            )
        self.assertEqual(1, len(self.central.asked))
        self.ask('GET', f'/networks/{unknown}', project=uuid.uuid4().hex)
        self.assertEqual(2, len(self.central.asked))
        self.assertIsNone(self.row(types.NETWORK, unknown))

    def test_only_ids_that_could_be_central_ones_are_asked_for(self):
        self.ask('GET', '/networks/no-uuid')
        self.ask('GET', '/networks')
        self.ask('GET', '/networks?name=x')
        self.ask('GET', '/ports?device_id=' + str(uuid.uuid4()))
        self.assertEqual([], self.central.asked)

    def test_a_deletion_brings_nothing(self):
        network_id = self.central.add_network(self.project)
        status, _body = self.ask('DELETE', f'/networks/{network_id}')
        self.assertEqual(404, status)
        self.assertEqual([], self.central.asked)

    def test_a_list_leaves_out_what_central_refuses(self):
        network_id = self.central.add_network(self.project)
        query = f'/networks?id={network_id}&id={uuid.uuid4()}'
        status, body = self.ask('GET', query)
        self.assertEqual(200, status)
        self.assertEqual(
            [network_id], [one['id'] for one in body['networks']]
        )

    def test_without_an_answer_a_list_is_no_empty_list(self):
        self.central.errors = [
            central.CentralUnreachable('http://central', 'gone', False)
        ]
        status, body = self.ask('GET', f'/networks?id={uuid.uuid4()}')
        self.assertEqual(503, status)
        self.assertEqual('CentralUnavailable', body['NeutronError']['type'])

    def test_a_subnet_comes_with_its_network(self):
        network_id = self.central.add_network(self.project)
        subnet = self.central.networks[network_id]['subnets'][0]
        status, body = self.ask('GET', f'/subnets/{subnet["id"]}')
        self.assertEqual(200, status)
        self.assertEqual(network_id, body['subnet']['network_id'])
        # And a subnet that a known network has got since.
        second = {
            **subnet,
            'id': str(uuid.uuid4()),
            'cidr': '10.8.0.0/24',
            'gateway_ip': '10.8.0.1',
            'allocation_pools': [{'start': '10.8.0.2', 'end': '10.8.0.9'}],
        }
        self.central.networks[network_id]['subnets'].append(second)
        self.central.networks[network_id]['subnets'].sort(
            key=lambda one: one['id']
        )
        self.central.counter += 1
        status, body = self.ask('GET', f'/subnets?id={second["id"]}')
        self.assertEqual(
            [second['id']], [one['id'] for one in body['subnets']]
        )

    def test_nobody_asks_outside_of_a_request(self):
        network_id = self.central.add_network(self.project)
        self.assertRaises(
            exceptions.NetworkNotFound,
            self.plugin.get_network,
            self.context,
            network_id,
        )
        self.assertEqual([], self.central.asked)

    def test_nobody_asks_in_an_rpc_worker(self):
        region._api_worker.clear()
        network_id = self.central.add_network(self.project)
        status, _body = self.ask('GET', f'/networks/{network_id}')
        self.assertEqual(404, status)
        self.assertEqual([], self.central.asked)

    def test_what_the_region_deleted_is_not_asked_for(self):
        network_id = self.central.add_network(self.project)
        port = self.make_port(network_id)
        self.ask('DELETE', f'/ports/{port["id"]}')
        asked = len(self.central.asked)
        status, _body = self.ask('GET', f'/ports/{port["id"]}')
        self.assertEqual(404, status)
        self.assertEqual(asked, len(self.central.asked))
        self.assertEqual([], known.unknown(types.PORT, [port['id']]))

    def test_a_network_of_the_region_is_no_ones_replica(self):
        # Its ID is unknown to the caller's request only by a race.
        with self.network() as own:
            network_id = own['network']['id']
            self.central.networks[network_id] = {}
            from tricircle.local import pull

            self.assertRaises(
                Exception,
                pull.bring,
                types.NETWORK,
                network_id,
                lambda: self.fail('central was asked'),
            )
            self.assertIsNone(self.row(types.NETWORK, network_id))


class TestPorts(base.LocalTestCase):
    def setUp(self):
        super().setUp()
        self.network_id = self.central.add_network(self.project)
        self.ask('GET', f'/networks/{self.network_id}')
        self.central.asked.clear()

    def test_central_allocates_and_the_region_creates(self):
        port = self.make_port(self.network_id, name='p')

        [(project, [said])] = self.central.of_kind('allocate')
        self.assertEqual(self.project, project)
        self.assertEqual(
            {
                'id': port['id'],
                'tricircle:region': 'RegionOne',
                'network_id': self.network_id,
                'name': 'p',
                'project_id': self.project,
            },
            said,
        )
        there = self.central.ports[port['id']]['port']
        self.assertEqual(there['mac_address'], port['mac_address'])
        self.assertEqual(there['fixed_ips'], port['fixed_ips'])
        row = self.row(types.PORT, port['id'])
        self.assertEqual(
            ('present', 1, 1), (row.state, row.epoch, row.counter)
        )
        self.assertEqual([(types.PORT, port['id'])], self.outbox())

    def test_host_and_profile_stay_in_the_region(self):
        status, body = self.ask(
            'POST',
            '/ports',
            {
                'port': {
                    'network_id': self.network_id,
                    'binding:host_id': 'h',
                    'binding:profile': {'a': 'b'},
                    'binding:vnic_type': 'direct',
                    'tenant_id': self.project,
                }
            },
            admin=True,
        )
        self.assertEqual(201, status, body)
        [(_project, [said])] = self.central.of_kind('allocate')
        self.assertEqual('direct', said['binding:vnic_type'])
        self.assertNotIn('binding:host_id', said)
        self.assertNotIn('binding:profile', said)
        self.assertEqual('h', body['port']['binding:host_id'])
        self.assertEqual({'a': 'b'}, body['port']['binding:profile'])

    def test_a_lost_answer_is_asked_for_again(self):
        self.central.errors = [
            central.CentralUnreachable('http://central', 'lost', sent=True)
        ]
        port = self.make_port(self.network_id)
        first, second = self.central.of_kind('allocate')
        self.assertEqual(first, second)
        self.assertEqual(port['id'], second[1][0]['id'])

    def test_what_central_refuses_leaves_nothing(self):
        self.central.errors = [
            central.CentralError(409, 'OverQuota', 'enough')
        ]
        status, body = self.ask(
            'POST', '/ports', {'port': {'network_id': self.network_id}}
        )
        self.assertEqual(
            (409, 'OverQuota', 'enough'),
            (
                status,
                body['NeutronError']['type'],
                body['NeutronError']['message'],
            ),
        )
        [(_project, [said])] = self.central.of_kind('allocate')
        self.assertIsNone(self.state(said['id']))
        self.assertEqual([], self.outbox())

    def test_what_may_have_been_allocated_is_given_back(self):
        for errors, status in (
            (
                [
                    central.CentralUnreachable('u', 'lost', sent=True),
                    central.CentralUnreachable('u', 'lost', sent=True),
                ],
                503,
            ),
            # The second try is refused, and the first may still be at it.
            (
                [
                    central.CentralUnreachable('u', 'lost', sent=True),
                    central.CentralError(409, 'OverQuota', 'enough'),
                ],
                409,
            ),
            ([central.CentralError(500, 'HTTPInternalServerError', '')], 503),
        ):
            self.central.errors = errors
            answer, _body = self.ask(
                'POST', '/ports', {'port': {'network_id': self.network_id}}
            )
            self.assertEqual(status, answer)
            port_id = self.central.of_kind('allocate')[-1][1][0]['id']
            self.assertEqual('deleted', self.state(port_id))
            self.assertIn((types.PORT, port_id), self.outbox())
            self.send_all()
            self.assertIn(port_id, self.central.of_kind('deleted'))
            self.assertEqual([], self.outbox())

    def test_a_failure_here_gives_the_allocation_back(self):
        with mock.patch.object(
            ipam_backend_mixin.IpamBackendMixin,
            '_ipam_get_subnets',
            side_effect=exceptions.InvalidInput(error_message='no'),
        ):
            status, _body = self.ask(
                'POST', '/ports', {'port': {'network_id': self.network_id}}
            )
        self.assertEqual(400, status)
        [port_id] = self.central.ports
        self.assertEqual('deleted', self.state(port_id))
        self.send_all()
        self.assertEqual([port_id], self.central.of_kind('deleted'))

    def test_an_allocation_given_back_meanwhile_is_not_completed(self):
        def give_back(*_arguments):
            from tricircle.local import allocation

            [port_id] = self.central.ports
            allocation.give_back([port_id])

        with mock.patch.object(
            apply, 'apply_required', side_effect=give_back
        ):
            status, body = self.ask(
                'POST', '/ports', {'port': {'network_id': self.network_id}}
            )
        self.assertEqual(
            (409, 'AllocationLost'), (status, body['NeutronError']['type'])
        )
        self.assertEqual([], self.plugin.get_ports(self.context))

    def test_an_unfinished_allocation_is_found_after_the_grace(self):
        port_id = str(uuid.uuid4())
        with db_api.CONTEXT_WRITER.using(self.context):
            ledger.mark(
                self.context.session,
                types.PORT,
                port_id,
                state=local_models.State.ALLOCATING,
            )
        sender = self.plugin._outbox_sender
        sender.give_back_lost()
        self.assertEqual('allocating', self.state(port_id))
        cfg.CONF.set_override('allocation_grace', 0.0, 'tricircle')
        sender.give_back_lost()
        self.assertEqual('deleted', self.state(port_id))
        self.send_all()
        self.assertEqual([port_id], self.central.of_kind('deleted'))

    def test_a_bulk_request_is_one_call_and_may_be_mixed(self):
        with self.network() as own, self.subnet(network=own):
            own_id = own['network']['id']
            status, body = self.ask(
                'POST',
                '/ports',
                {
                    'ports': [
                        {'network_id': self.network_id, 'name': 'a'},
                        {'network_id': own_id, 'name': 'b'},
                        {'network_id': self.network_id, 'name': 'c'},
                    ]
                },
            )
        self.assertEqual(201, status, body)
        [(_project, said)] = self.central.of_kind('allocate')
        self.assertEqual(['a', 'c'], [one['name'] for one in said])
        made = body['ports']
        self.assertEqual(['a', 'b', 'c'], [one['name'] for one in made])
        self.assertEqual(
            [made[0]['id'], made[2]['id']], [one['id'] for one in said]
        )
        self.assertEqual(
            ['present', None, 'present'],
            [self.state(one['id']) for one in made],
        )

    def test_a_port_of_the_region_costs_one_look_into_the_ledger(self):
        with self.network() as own, self.subnet(network=own):
            counted = []

            def note(conn, cursor, statement, *rest):
                if 'tricircle_' in statement:
                    counted.append(statement)

            engine = db_api.CONTEXT_WRITER.get_engine()
            sa.event.listen(engine, 'before_cursor_execute', note)
            self.addCleanup(
                sa.event.remove, engine, 'before_cursor_execute', note
            )
            self.make_port(own['network']['id'])
        self.assertEqual(1, len(counted), counted)
        self.assertEqual([], self.central.asked)

    def test_automatic_addresses_are_left_to_the_mac(self):
        network_id = self.central.add_network(
            self.project,
            '2001:db8::0/64',
            ipv6_ra_mode='slaac',
            ipv6_address_mode='slaac',
        )
        subnet = self.central.networks[network_id]['subnets'][0]
        subnet['cidr'] = '2001:db8::/64'
        subnet['allocation_pools'] = [
            {'start': '2001:db8::2', 'end': '2001:db8::ffff:ffff:ffff:ffff'}
        ]
        port = self.central.add_port(
            network_id=network_id,
            mac_address='fa:16:3e:00:00:01',
            fixed_ips=[
                {
                    'subnet_id': subnet['id'],
                    'ip_address': '2001:db8::f816:3eff:fe00:1',
                }
            ],
        )
        status, body = self.ask('GET', f'/ports/{port["id"]}')
        self.assertEqual(200, status, body)
        self.assertEqual(port['fixed_ips'], body['port']['fixed_ips'])


class TestGuard(base.LocalTestCase):
    def setUp(self):
        super().setUp()
        self.network_id = self.central.add_network(self.project)
        self.ask('GET', f'/networks/{self.network_id}')
        self.body = {
            'network_id': self.network_id,
            'tenant_id': self.project,
            'project_id': self.project,
            'name': '',
            'admin_state_up': True,
            'device_id': 'd',
            'device_owner': '',
            'mac_address': constants.ATTR_NOT_SPECIFIED,
            'fixed_ips': constants.ATTR_NOT_SPECIFIED,
        }

    def test_no_process_takes_an_address_by_itself(self):
        for in_api in (True, False):
            if not in_api:
                region._api_worker.clear()
            for owner in ('', constants.DEVICE_OWNER_DHCP):
                self.assertRaises(
                    exceptions.IpAddressGenerationFailure,
                    self.plugin.create_port,
                    self.context,
                    {'port': {**self.body, 'device_owner': owner}},
                )
        self.assertEqual([], self.plugin.get_ports(self.context))

    def test_a_missing_dhcp_port_is_asked_for_in_the_background(self):
        region._api_worker.clear()
        self.assertRaises(
            exceptions.IpAddressGenerationFailure,
            self.plugin.create_port,
            self.context,
            {
                'port': {
                    **self.body,
                    'device_owner': constants.DEVICE_OWNER_DHCP,
                }
            },
        )
        self.assertEqual([(types.NETWORK, self.network_id)], self.outbox())
        self.central.asked.clear()
        self.send_all()
        [(_type, _id, body)] = self.central.of_kind('pull')
        self.assertEqual((True, 1), (body['is_admin'], body['dhcp_agents']))

    def test_a_grant_is_for_the_very_addresses(self):
        port = {'id': 'p', 'network_id': self.network_id}
        backend = guard.GuardedIpamBackend()
        with (
            guard.granted({'p': ['10.9.0.50']}),
            mock.patch.object(
                guard.ipam_pluggable_backend.IpamPluggableBackend,
                '_ipam_allocate_ips',
                return_value='allocated',
            ),
        ):
            for ips, allowed in (
                ([{'subnet_id': 's', 'ip_address': '10.9.0.50'}], True),
                ([{'subnet_id': 's', 'ip_address': '10.9.0.51'}], False),
                ([{'subnet_id': 's'}], False),
                ([[{'subnet_id': 's'}, {'subnet_id': 't'}]], False),
                ([], True),
            ):
                if allowed:
                    self.assertEqual(
                        'allocated',
                        backend._ipam_allocate_ips(
                            self.context, None, port, ips
                        ),
                    )
                else:
                    self.assertRaises(
                        guard.IpAddressGenerationFailure,
                        backend._ipam_allocate_ips,
                        self.context,
                        None,
                        port,
                        ips,
                    )

    def test_the_error_has_neutrons_name(self):
        self.assertEqual(
            exceptions.IpAddressGenerationFailure.__name__,
            guard.IpAddressGenerationFailure.__name__,
        )


class TestDefaultGroup(base.LocalTestCase):
    def test_a_project_of_central_gets_centrals_default_group(self):
        group_id = self.central.add_group(self.project, default=True)
        network_id = self.central.add_network(self.project)
        self.central.networks[network_id]['default_security_group'] = group_id

        self.ask('GET', f'/networks/{network_id}')
        status, body = self.ask('GET', '/security-groups')

        self.assertEqual(200, status)
        self.assertEqual(
            [group_id], [one['id'] for one in body['security_groups']]
        )
        self.assertIn((types.SECURITY_GROUP, group_id), self.outbox())
        self.send_all()
        self.assertEqual(
            'present', self.row(types.SECURITY_GROUP, group_id).state
        )

    def test_other_projects_get_one_of_the_region(self):
        status, body = self.ask('GET', '/security-groups')
        self.assertEqual(1, len(body['security_groups']))
        self.assertEqual([], self.outbox())
        self.assertEqual([], self.central.asked)

    def test_a_default_group_made_before_stands_for_centrals(self):
        _status, body = self.ask('GET', '/security-groups')
        [own] = body['security_groups']
        group_id = self.central.add_group(self.project, default=True)
        network_id = self.central.add_network(self.project)
        port = self.central.add_port(
            network_id=network_id, security_groups=[group_id]
        )
        status, body = self.ask('GET', f'/ports/{port["id"]}')
        self.assertEqual(200, status, body)
        self.assertEqual([own['id']], body['port']['security_groups'])
        status, body = self.ask('GET', f'/security-groups/{group_id}')
        self.assertEqual(own['id'], body['security_group']['id'])
        # Said to central, it is central's again.
        made = self.make_port(network_id, security_groups=[own['id']])
        [(_project, [said])] = self.central.of_kind('allocate')
        self.assertEqual([group_id], said['security_groups'])
        self.assertEqual([own['id']], made['security_groups'])


class TestReports(base.LocalTestCase):
    def setUp(self):
        super().setUp()
        self.network_id = self.central.add_network(self.project)
        self.port = self.make_port(self.network_id)
        self.send_all()
        self.central.asked.clear()

    def update(self, **changes):
        self.plugin.update_port(
            context.get_admin_context(), self.port['id'], {'port': changes}
        )

    def test_what_central_must_hear_is_in_the_outbox(self):
        self.update(device_id='vm')
        self.assertEqual([(types.PORT, self.port['id'])], self.outbox())
        self.send_all()
        [(port_id, body)] = self.central.of_kind('report')
        self.assertEqual(self.port['id'], port_id)
        self.assertEqual('vm', body['device_id'])
        self.assertEqual((1, 1), (body['epoch'], body['counter']))
        self.assertEqual([], self.outbox())

    def test_what_changes_nothing_for_central_is_not(self):
        self.update(**{'binding:profile': {'a': 'b'}})
        self.assertEqual([], self.outbox())

    def test_a_status_is_reported(self):
        self.plugin.update_port_status(
            self.context, self.port['id'], constants.PORT_STATUS_ACTIVE
        )
        self.send_all()
        [(_port_id, body)] = self.central.of_kind('report')
        self.assertEqual('ACTIVE', body['status'])

    def test_a_deletion_is_noted_with_the_deletion_itself(self):
        with mock.patch.object(
            self.plugin.ipam, 'delete_port', side_effect=ValueError
        ):
            self.assertRaises(
                ValueError,
                self.plugin.delete_port,
                self.context,
                self.port['id'],
            )
        self.assertEqual('present', self.state(self.port['id']))
        self.assertEqual([], self.outbox())
        self.plugin.delete_port(self.context, self.port['id'])
        self.assertEqual('deleted', self.state(self.port['id']))
        self.send_all()
        self.assertEqual(
            [self.port['id']], self.central.of_kind('deleted')
        )

    def test_a_failure_keeps_the_entry_with_its_reason(self):
        self.update(device_id='vm')
        self.central.errors = [central.CentralError(503, 'X', 'busy')]
        self.plugin._outbox_sender.send_due()
        with db_api.CONTEXT_READER.using(self.context):
            [entry] = self.context.session.scalars(
                sa.select(local_models.OutboxEntry)
            )
            self.assertEqual(
                (1, 'CentralError: 503 X: busy', None),
                (entry.attempts, entry.reason, entry.lease_owner),
            )
            self.assertGreater(entry.next_try_at, entry.created_at)

    def test_what_happens_while_it_is_sent_is_sent_too(self):
        self.update(device_id='one')
        report = self.central.report

        def and_more(*arguments, **limits):
            self.central.report = report
            self.update(device_id='two')
            return report(*arguments, **limits)

        self.central.report = and_more
        self.send_all()
        self.assertEqual([], self.outbox())
        self.assertEqual(
            'two', self.central.of_kind('report')[-1][1]['device_id']
        )

    def test_a_port_that_central_has_no_more_is_not_reported_for_ever(self):
        self.update(device_id='vm')
        self.central.errors = [
            central.CentralError(404, 'PortNotFound', 'gone')
        ]
        self.send_all()
        self.assertEqual([], self.outbox())

    def test_a_region_that_central_does_not_know_goes_on_trying(self):
        self.update(device_id='vm')
        self.central.errors = [
            central.CentralError(404, 'PodNotFound', 'who?')
        ]
        self.plugin._outbox_sender.send_due()
        self.assertEqual([(types.PORT, self.port['id'])], self.outbox())


class TestRouters(base.LocalTestCase):
    def test_there_is_one_router_plugin(self):
        ours = directory.get_plugin(plugin_constants.L3)
        self.assertEqual('TricircleL3Plugin', type(ours).__name__)
        for plugin in (
            pf_plugin.PortForwardingPlugin,
            conntrack_helper.Plugin,
        ):
            self.assertNotIn('router', plugin.required_service_plugins)

    def _external(self):
        network = self._make_network(
            self.fmt, 'ext', True, as_admin=True,
            arg_list=('router:external',), **{'router:external': True},
        )
        self._make_subnet(
            self.fmt, network, '203.0.113.1', '203.0.113.0/24',
            as_admin=True,
        )
        return network['network']['id']

    def _router(self, external_id, project=None):
        return self.l3.create_router(
            context.get_admin_context(),
            {
                'router': {
                    'name': 'r',
                    'admin_state_up': True,
                    'tenant_id': project or self.project,
                    'project_id': project or self.project,
                    'external_gateway_info': {'network_id': external_id},
                }
            },
        )['id']

    def test_a_floating_ip_finds_a_router_off_the_ports_network(self):
        self.l3 = directory.get_plugin(plugin_constants.L3)
        external_id = self._external()
        network_id = self.central.add_network(self.project)
        port = self.make_port(network_id)
        subnet = self.plugin.get_subnet(
            self.context, port['fixed_ips'][0]['subnet_id']
        )
        admin = context.get_admin_context()

        def find(of):
            return self.l3.get_router_for_floatingip(
                admin, of, subnet, external_id
            )

        # Somebody else's is no way.
        self._router(external_id, uuid.uuid4().hex)
        self.assertRaises(exceptions.NotFound, find, port)
        routers = [self._router(external_id) for _number in range(3)]
        self.assertEqual(min(routers), find(port))
        # For the region's own networks, Neutron's rule holds.
        with self.network() as own, self.subnet(network=own) as of_own:
            made = self.make_port(own['network']['id'])
            self.assertRaises(
                exceptions.NotFound,
                self.l3.get_router_for_floatingip,
                admin,
                made,
                of_own['subnet'],
                external_id,
            )
