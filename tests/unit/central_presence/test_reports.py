# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import uuid

from tests.unit.central_presence import base
from tricircle.db.central import presence as presence_db
from tricircle.db.central.port import releases as port_releases
from tricircle.replica import types

UNBOUND = {
    'host': '',
    'device_id': '',
    'device_owner': '',
    'vif_type': 'unbound',
    'status': 'DOWN',
}


class TestReports(base.PresenceTestCase):
    def setUp(self):
        super().setUp()
        self.network = self.make_network()
        self.port = self.allocated(self.network['id'])

    def shown(self, port_id=None):
        return self.plugin.get_port(self.context, port_id or self.port['id'])

    def location(self, port_id=None):
        (row,) = self.rows(
            base.PortLocation, port_id=port_id or self.port['id']
        )
        return row

    def accepted(self, *args, **kwargs):
        answer = self.report(*args, **kwargs)
        self.assertEqual(200, answer.status, answer)
        return answer.body['replica']['accepted']

    def test_port_in_central_shows_what_the_region_said(self):
        before = self.shown()
        self.assertIs(True, self.accepted(self.port['id']))
        port = self.shown()
        self.assertEqual('host-1', port['binding:host_id'])
        self.assertEqual('ovs', port['binding:vif_type'])
        self.assertEqual('ACTIVE', port['status'])
        self.assertEqual('vm-1', port['device_id'])
        self.assertEqual('compute:nova', port['device_owner'])
        self.assertLess(before['revision_number'], port['revision_number'])

    def test_report_is_no_change_for_the_region_to_follow(self):
        self.accepted(self.port['id'])
        self.assertEqual(
            1, self.intents()[types.PORT, self.port['id'], 'RegionOne']
        )

    def test_doubled_report_changes_nothing(self):
        self.accepted(self.port['id'])
        before, intents = self.shown(), self.intents()
        self.assertIs(True, self.accepted(self.port['id']))
        self.assertEqual(before, self.shown())
        self.assertEqual(intents, self.intents())

    def test_older_report_is_ignored(self):
        self.accepted(self.port['id'], revision=7)
        self.assertIs(
            False,
            self.accepted(
                self.port['id'], revision=6, host='host-2', status='DOWN'
            ),
        )
        self.assertEqual('host-1', self.shown()['binding:host_id'])
        self.assertEqual('ACTIVE', self.shown()['status'])
        self.assertEqual(7, self.location().revision)

    def test_refused_report_is_told_the_later_revision(self):
        self.accepted(self.port['id'], revision=7)
        answer = self.report(self.port['id'], revision=6)
        self.assertEqual(
            {'accepted': False, 'revision': 7}, answer.body['replica']
        )

    def test_a_lie_of_a_far_revision_is_superseded_by_the_truth(self):
        lie = (1 << 63) - 1
        self.accepted(self.port['id'], revision=lie, host='nowhere')
        self.accepted(self.port['id'], revision=3, supersedes=lie)
        self.assertEqual('host-1', self.shown()['binding:host_id'])
        self.assertEqual(3, self.location().revision)
        self.accepted(self.port['id'], revision=4, host='host-2')
        self.assertEqual('host-2', self.shown()['binding:host_id'])

    def test_what_was_superseded_comes_back_no_second_time(self):
        self.accepted(self.port['id'], revision=9999, host='nowhere')
        self.accepted(self.port['id'], revision=3, supersedes=9999)
        self.accepted(self.port['id'], revision=5, host='host-2')
        late = self.accepted(self.port['id'], revision=3, supersedes=9999)
        self.assertIs(False, late)
        self.assertEqual('host-2', self.shown()['binding:host_id'])

    def test_agent_address_changes_without_a_new_revision(self):
        self.accepted(self.port['id'])
        self.accepted(self.port['id'], tunnel_ip='192.0.2.99')
        self.assertEqual('192.0.2.99', self.location().tunnel_ip)

    def test_report_confirms_what_the_region_applied(self):
        self.accepted(self.port['id'], epoch=1, counter=1, digest='sha256:x')
        answer = self.ask(
            'GET', f'/ports/{self.port["id"]}/replicas/RegionOne'
        )
        self.assertEqual('IN_SYNC', answer.body['replica']['status'])
        self.assertEqual('sha256:x', answer.body['replica']['digest'])

    def test_report_of_an_older_generation_leaves_work_to_do(self):
        self.ask(
            'PUT', f'/ports/{self.port["id"]}', {'port': {'name': 'other'}}
        )
        self.accepted(self.port['id'], epoch=1, counter=1, digest='sha256:x')
        answer = self.ask(
            'GET', f'/ports/{self.port["id"]}/replicas/RegionOne'
        )
        self.assertEqual('PENDING', answer.body['replica']['status'])

    def test_report_of_a_region_that_has_not_the_port_is_refused(self):
        answer = self.report(self.port['id'], 'RegionTwo')
        self.assertEqual(409, answer.status)
        self.assertEqual('PortNotPresent', answer.error['type'])
        plain = self.make('port', network_id=self.network['id'])
        self.assertEqual(409, self.report(plain['id']).status)

    def test_report_on_a_port_that_is_gone_is_not_found(self):
        answer = self.report(str(uuid.uuid4()))
        self.assertEqual(404, answer.status)
        self.assertEqual('PortNotFound', answer.error['type'])

    def test_report_of_no_region_is_not_found(self):
        answer = self.report(self.port['id'], 'Nowhere')
        self.assertEqual('PodNotFound', answer.error['type'])

    def test_hosts_are_where_the_pod_says(self):
        self.change_pod('RegionOne', tunnel_networks='192.0.2.0/28,fd00::/64')
        answer = self.report(self.port['id'], tunnel_ip='192.0.2.99')
        self.assertEqual(409, answer.status)
        self.assertEqual('ForeignTunnelAddress', answer.error['type'])
        self.assertEqual('', self.location().host)
        self.accepted(self.port['id'], tunnel_ip='192.0.2.1')
        self.accepted(self.port['id'], tunnel_ip='fd00::1')

    def test_a_foreign_address_keeps_no_true_one_out(self):
        """However late it says it is, and whatever else it says."""
        self.change_pod('RegionOne', tunnel_networks='192.0.2.0/28')
        self.change_pod('RegionTwo', tunnel_networks='198.51.100.0/24')
        for number, address in enumerate(
            ('198.51.100.1', '192.0.2.99', '203.0.113.1', 'fd00::1'), 1
        ):
            answer = self.report(
                self.port['id'],
                revision=(1 << 63) - number,
                host='host-9',
                device_id='vm-9',
                tunnel_ip=address,
            )
            self.assertEqual(
                (409, 'ForeignTunnelAddress'),
                (answer.status, answer.error['type']),
            )
            self.assertNotIn(self.shown()['device_id'], ('vm-9',))
            self.accepted(
                self.port['id'], revision=number, tunnel_ip=f'192.0.2.{number}'
            )
            location = self.location()
            self.assertEqual(
                ('host-1', f'192.0.2.{number}'),
                (location.host, location.tunnel_ip),
            )
            self.assertEqual('vm-1', self.shown()['device_id'])

    def test_an_address_of_another_region_is_refused_with_the_host_there(self):
        """A report names a host of its own as it likes, but no such place."""
        self.change_pod('RegionTwo', tunnel_networks='198.51.100.0/24')
        self.accepted(self.port['id'], tunnel_ip='192.0.2.1')

        for host in ('host-1', 'regiontwo-host1'):
            answer = self.report(
                self.port['id'],
                revision=7,
                host=host,
                tunnel_ip='198.51.100.7',
            )
            self.assertEqual(409, answer.status)

        self.assertEqual('192.0.2.1', self.location().tunnel_ip)

    def test_hosts_are_not_where_another_pod_says(self):
        self.change_pod('RegionTwo', tunnel_networks='192.0.2.0/24')
        answer = self.report(self.port['id'], tunnel_ip='192.0.2.1')
        self.assertEqual('ForeignTunnelAddress', answer.error['type'])
        self.accepted(self.port['id'], tunnel_ip='198.51.100.1')

    def test_report_that_breaks_the_schema_is_refused(self):
        for changes in (
            {'revision': -1},
            {'revision': 'x'},
            {'host': None},
            {'status': 5},
            {'revision': 1 << 63},
            {'tunnel_ip': 'host-1'},
            {'tunnel_ip': '192.0.2.1/24'},
            {'tunnel_ip': ''},
        ):
            answer = self.report(self.port['id'], **changes)
            self.assertEqual(400, answer.status, answer)

    def test_only_services_may_report(self):
        answer = self.ask(
            'PUT',
            f'/ports/{self.port["id"]}/replicas/RegionOne',
            {'replica': {'report': {}}},
        )
        self.assertEqual(403, answer.status)

    def test_failed_binding_is_no_host(self):
        self.accepted(
            self.port['id'], vif_type='binding_failed', status='DOWN'
        )
        self.assertEqual('', self.location().host)
        self.assertIsNone(self.location().shadow_chunk)
        self.assertEqual('binding_failed', self.shown()['binding:vif_type'])


class TestShadowsOfReports(base.PresenceTestCase):
    def setUp(self):
        super().setUp()
        self.network = self.make_network()
        self.pulled('network', self.network['id'], 'RegionTwo')
        self.pulled('network', self.network['id'], 'RegionThree')
        self.port = self.allocated(self.network['id'])
        self.forget_intents()

    def shadows(self, chunk=0):
        """Return how often each region was told of a chunk."""
        wanted = types.shadow_id(self.network['id'], chunk)
        return {
            region: counter
            for (kind, id_, region), counter in self.intents().items()
            if (kind, id_) == (types.SHADOW_PORTS, wanted)
        }

    def chunk(self, port_id=None):
        (row,) = self.rows(
            base.PortLocation, port_id=port_id or self.port['id']
        )
        return row.shadow_chunk

    def test_bound_port_is_shown_to_the_other_regions(self):
        self.report(self.port['id'])
        self.assertEqual(0, self.chunk())
        self.assertEqual({'RegionTwo': 1, 'RegionThree': 1}, self.shadows())

    def test_they_hear_only_of_what_they_show(self):
        self.report(self.port['id'], status='DOWN')
        self.report(self.port['id'], revision=2, status='ACTIVE')
        self.assertEqual({'RegionTwo': 1, 'RegionThree': 1}, self.shadows())
        self.report(self.port['id'], revision=3, host='host-2')
        self.assertEqual({'RegionTwo': 2, 'RegionThree': 2}, self.shadows())
        self.report(
            self.port['id'], revision=3, host='host-2', tunnel_ip='192.0.2.7'
        )
        self.assertEqual({'RegionTwo': 3, 'RegionThree': 3}, self.shadows())

    def test_unbound_port_has_no_shadow_any_more(self):
        self.report(self.port['id'])
        self.report(
            self.port['id'],
            revision=2,
            host='',
            device_id='',
            vif_type='unbound',
            status='DOWN',
        )
        self.assertIsNone(self.chunk())
        self.assertEqual({'RegionTwo': 2, 'RegionThree': 2}, self.shadows())

    def test_deleted_port_has_no_shadow_any_more(self):
        self.report(self.port['id'])
        # Tenants may not delete what compute uses.
        answer = self.ask(
            'DELETE', f'/ports/{self.port["id"]}', roles=base.ADMIN
        )
        self.assertEqual(204, answer.status, answer)
        self.assertEqual({'RegionTwo': 2, 'RegionThree': 2}, self.shadows())

    def test_chunk_is_filled_before_the_next_is_begun(self):
        self.set_option('max_shadow_port_bulk_size', 2, 'client')
        ports = [self.allocated(self.network['id']) for _ in range(5)]
        for port in ports:
            self.report(port['id'])
        self.assertEqual(
            [0, 0, 1, 1, 2], [self.chunk(port['id']) for port in ports]
        )
        self.report(
            ports[0]['id'],
            revision=2,
            host='',
            device_id='',
            vif_type='unbound',
            status='DOWN',
        )
        self.report(self.port['id'])
        self.assertEqual(2, self.chunk())
        # Only when the last is full others are looked at.
        late = self.allocated(self.network['id'])
        self.report(late['id'])
        self.assertEqual(0, self.chunk(late['id']))

    def test_host_that_no_tunnel_leads_to_has_no_shadows(self):
        self.report(self.port['id'], tunnel_ip=None)
        self.assertIsNone(self.chunk())
        self.assertEqual({}, self.shadows())

    def test_mode_noop_makes_no_shadows(self):
        self.set_option('cross_pod_vxlan_mode', 'noop', 'client')
        self.report(self.port['id'])
        self.assertIsNone(self.chunk())

    def test_vlan_network_needs_no_shadows(self):
        network = self.make_network(
            '10.0.7.0/24',
            **{
                'provider:network_type': 'vlan',
                'provider:physical_network': 'bridge',
            },
        )
        port = self.allocated(network['id'])
        self.report(port['id'])
        self.assertIsNone(self.chunk(port['id']))


class TestRelease(base.PresenceTestCase):
    def setUp(self):
        super().setUp()
        self.network = self.make_network()
        self.port = self.make('port', network_id=self.network['id'])
        self.pulled('port', self.port['id'])

    def wanted(self, port_id=None):
        with base.db_api.CONTEXT_READER.using(self.context):
            return port_releases.is_wanted(
                self.context.session, port_id or self.port['id'], 'RegionOne'
            )

    def finish(self):
        with base.db_api.CONTEXT_WRITER.using(self.context):
            return port_releases.finish(
                self.context.session, self.port['id'], 'RegionOne'
            )

    def test_port_that_was_never_used_stays(self):
        self.report(self.port['id'], **UNBOUND)
        self.assertFalse(self.wanted())

    def test_port_that_is_used_no_more_is_for_others_to_take(self):
        self.report(self.port['id'])
        self.report(self.port['id'], revision=2, **UNBOUND)
        self.assertTrue(self.wanted())
        self.assertEqual(
            2, self.intents()[types.PORT, self.port['id'], 'RegionOne']
        )
        self.assertTrue(self.finish())
        self.assertEqual([], self.presence(self.port['id']))
        self.pulled('port', self.port['id'], 'RegionTwo')
        self.assertEqual(['RegionTwo'], self.presence(self.port['id']))

    def test_port_that_a_region_gave_up_is_down(self):
        # An agent is late: it says that it has set up what was just unbound.
        self.report(self.port['id'])
        self.report(
            self.port['id'], revision=2, **{**UNBOUND, 'status': 'ACTIVE'}
        )
        self.assertTrue(self.finish())

        shown = self.plugin.get_port(self.context, self.port['id'])

        self.assertEqual('DOWN', shown['status'])

    def test_port_that_is_used_again_meanwhile_stays(self):
        self.report(self.port['id'])
        self.report(self.port['id'], revision=2, **UNBOUND)
        self.report(self.port['id'], revision=3)
        self.assertFalse(self.wanted())
        self.assertFalse(self.finish())
        self.assertEqual(['RegionOne'], self.presence(self.port['id']))

    def test_port_that_was_made_in_the_region_stays_there(self):
        port = self.allocated(self.network['id'])
        self.report(port['id'])
        self.report(port['id'], revision=2, **UNBOUND)
        self.assertFalse(self.wanted(port['id']))

    def test_port_that_was_made_in_the_region_goes_when_asked_for(self):
        port = self.allocated(self.network['id'])
        answer = self.pull('port', port['id'], 'RegionTwo')
        self.assertEqual(409, answer.status)
        self.assertTrue(self.wanted(port['id']))


class TestDeletionsByRegions(base.PresenceTestCase):
    def setUp(self):
        super().setUp()
        self.network = self.make_network()
        self.port = self.allocated(self.network['id'])

    def delete(self, region='RegionOne', port_id=None, roles=base.SERVICE):
        return self.ask(
            'DELETE',
            f'/ports/{port_id or self.port["id"]}/replicas/{region}',
            project='service',
            roles=roles,
        ).status

    def exists(self):
        return self.ask('GET', f'/ports/{self.port["id"]}').status == 200

    def test_port_goes_and_the_region_need_not_be_told(self):
        self.assertEqual(204, self.delete())
        self.assertFalse(self.exists())
        self.assertEqual([], self.presence(self.port['id']))
        self.assertEqual([], self.rows(base.PortLocation))
        self.assertNotIn(
            (types.PORT, self.port['id'], 'RegionOne'), self.intents()
        )

    def test_other_regions_are_told_that_the_shadow_goes(self):
        self.pulled('network', self.network['id'], 'RegionTwo')
        self.report(self.port['id'])
        self.assertEqual(204, self.delete())
        self.assertEqual(
            2,
            self.intents()[
                types.SHADOW_PORTS,
                types.shadow_id(self.network['id'], 0),
                'RegionTwo',
            ],
        )

    def test_deletion_that_is_told_twice_is_fine(self):
        self.assertEqual(204, self.delete())
        self.assertEqual(204, self.delete())
        self.assertEqual(204, self.delete(port_id=str(uuid.uuid4())))

    def test_region_deletes_nothing_of_another(self):
        self.assertEqual(204, self.delete('RegionTwo'))
        self.assertTrue(self.exists())

    def test_port_in_no_region_is_no_regions_to_delete(self):
        # A region that has it tells of its deletion before it releases it.
        with base.db_api.CONTEXT_WRITER.using(self.context):
            presence_db.revoke(
                self.context.session, types.PORT, self.port['id'], 'RegionOne'
            )
        self.assertEqual(204, self.delete())
        self.assertTrue(self.exists())

    def test_reserved_port_is_no_regions_to_delete(self):
        held = self.rows(base.ReservedPort)[0].port_id
        self.assertEqual(204, self.delete(port_id=held))
        self.assertEqual(2, len(self.rows(base.ReservedPort)))

    def test_unknown_region_is_refused(self):
        self.assertEqual(404, self.delete('Nowhere'))
        self.assertTrue(self.exists())

    def test_only_services_may(self):
        for roles in (base.MEMBER, base.ADMIN):
            self.assertEqual(403, self.delete(roles=roles))
        self.assertTrue(self.exists())
