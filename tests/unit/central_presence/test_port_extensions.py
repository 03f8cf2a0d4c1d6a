# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What extensions let users say of a port is in its document."""

from tests.unit.central_presence import base

ADMIN = ('admin', 'member', 'reader')

DRIVERS = [
    'port_security',
    'port_device_profile',
    'port_hardware_offload_type',
    'port_hints',
    'port_numa_affinity_policy',
    'port_trusted',
    'uplink_status_propagation',
    'uplink_status_propagation_updatable',
]
SAID = {
    'device_profile': 'gpu',
    'hardware_offload_type': 'switchdev',
    'hints': {'openvswitch': {'other_config': {'tx-steering': 'hash'}}},
    'numa_affinity_policy': 'required',
    'propagate_uplink_status': False,
    'trusted': True,
}


class TestPortExtensions(base.PresenceTestCase):
    def set_options(self):
        super().set_options()
        self.set_option('extension_drivers', DRIVERS)

    def document_of(self, port):
        document = self.pulled('port', port['id'])
        self.assertEqual([], document.get('omitted', []))
        return document['body']['port']

    def said(self, port):
        found = self.document_of(port)
        return {key: found[key] for key in SAID if key in found}

    def test_what_is_set_is_in_the_document(self):
        port = self.make('port', network_id=self.make_network()['id'], **SAID)
        self.assertEqual(SAID, self.said(port))

    def test_what_is_not_set_is_not_in_it(self):
        port = self.make('port', network_id=self.make_network()['id'])
        self.assertEqual({}, self.said(port))

    def test_a_change_is_told_to_the_region(self):
        port = self.make('port', network_id=self.make_network()['id'], **SAID)
        self.document_of(port)
        changed = {
            'hints': None,
            'numa_affinity_policy': None,
            'propagate_uplink_status': True,
            'trusted': False,
        }
        for name, value in changed.items():
            with self.subTest(name):
                before = self.document('port', port['id']).generation
                answer = self.ask(
                    'PUT',
                    f'/ports/{port["id"]}',
                    {'port': {name: value}},
                    roles=ADMIN,
                )
                self.assertEqual(200, answer.status, answer)
                after = self.document('port', port['id']).generation
                self.assertTrue(before.older_than(after))
        self.assertEqual(
            {
                'device_profile': 'gpu',
                'hardware_offload_type': 'switchdev',
                'trusted': False,
            },
            self.said(port),
        )
