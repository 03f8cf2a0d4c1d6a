# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import ddt
from neutron.tests import base as neutron_base
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory

from tests.unit.central import base
from tricircle.central.engine import intents
from tricircle.central.port import changes
from tricircle.replica import types

PORT = {
    'id': 'p',
    'name': 'n',
    'description': '',
    'admin_state_up': True,
    'mac_address': 'm',
    'status': 'DOWN',
    'device_id': '',
    'device_owner': '',
    'security_groups': ['g1', 'g2'],
    'fixed_ips': [
        {'subnet_id': 's', 'ip_address': '10.1.0.1'},
        {'subnet_id': 't', 'ip_address': '10.2.0.1'},
    ],
    'binding:host_id': '',
    'binding:vif_type': 'unbound',
    'binding:vnic_type': 'normal',
    'revision_number': 3,
    'allowed_address_pairs': [],
}


@ddt.ddt
class TravelsTest(neutron_base.BaseTestCase):
    @ddt.data(
        {'name': 'new'},
        {'admin_state_up': False},
        {'description': 'd'},
        {'mac_address': 'x'},
        {'fixed_ips': []},
        {'security_groups': ['g1']},
        {'binding:vnic_type': 'direct'},
        {'allowed_address_pairs': [{'ip_address': '10.0.0.1'}]},
        {'extra_dhcp_opts': [{'opt_name': 'a', 'opt_value': 'b'}]},
        {'port_security_enabled': True},
        {'qos_policy_id': 'q'},
        {'pvlan_type': 'isolated'},
    )
    def test_region_must_hear_of(self, change):
        self.assertTrue(changes.travels({**PORT, **change}, PORT))

    @ddt.data(
        {},
        {'status': 'ACTIVE'},
        {'device_id': 'vm'},
        {'device_owner': 'compute:nova'},
        {'binding:host_id': 'h'},
        {'binding:vif_type': 'ovs'},
        {'revision_number': 9},
        {'fixed_ips': PORT['fixed_ips'][::-1]},
        {'security_groups': ['g2', 'g1']},
        {'extra_dhcp_opts': []},
    )
    def test_region_need_not_hear_of(self, change):
        self.assertFalse(changes.travels({**PORT, **change}, PORT))


class RecordingTest(base.CentralTestCase):
    def setUp(self):
        super().setUp()
        self.network = self.request('POST', 'networks', {'network': {}}, 201)[
            'network'
        ]
        self.key = (types.NETWORK, self.network['id'])

    def test_resource_that_is_nowhere_costs_one_look(self):
        with db_api.CONTEXT_WRITER.using(self.context):
            statements = self.count(
                lambda: intents.changed(self.context.session, *self.key)
            )

        self.assertEqual(1, statements)
        self.assertEqual({}, self.intents())

    def test_rollback_takes_the_intent_along(self):
        self.put_into('RegionOne', *self.key)

        def fail():
            with db_api.CONTEXT_WRITER.using(self.context):
                intents.changed(self.context.session, *self.key)
                raise ValueError

        self.assertRaises(ValueError, fail)
        self.assertEqual({}, self.intents())

    def test_tags_and_sharing_are_seen_as_they_are_written(self):
        self.put_into('RegionOne', *self.key)
        self.put_into('RegionTwo', *self.key)
        tags = directory.get_plugin('TAG')
        where = (self.context, 'networks', self.network['id'])

        tags.update_tags(*where, {'tags': ['a']})
        once = self.intents()
        tags.delete_tag(*where, 'a')
        self.request(
            'POST',
            'rbac-policies',
            {
                'rbac_policy': {
                    'object_type': 'network',
                    'object_id': self.network['id'],
                    'action': 'access_as_shared',
                    'target_tenant': '*',
                }
            },
            201,
        )

        self.assertEqual(
            {(*self.key, 'RegionOne'): 1, (*self.key, 'RegionTwo'): 1}, once
        )
        self.assertEqual(
            {(*self.key, 'RegionOne'): 3, (*self.key, 'RegionTwo'): 3},
            self.intents(),
        )

    def test_tag_of_a_router_has_it_laid_out_again(self):
        router = self.request('POST', 'routers', {'router': {}}, 201)['router']

        directory.get_plugin('TAG').update_tags(
            self.context, 'routers', router['id'], {'tags': ['a']}
        )

        self.assertEqual(
            {('router-plan', router['id'], 'central'): 1}, self.intents()
        )
