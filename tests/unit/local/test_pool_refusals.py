# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region refuses of central's subnet pools, and what is its own."""

from typing import Any

from neutron_lib import exceptions

from tests.unit.local import documents
from tests.unit.local import pools
from tricircle.local.engine import refusals


class TestRefusals(pools.PoolTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.network = self.pooled()
        self.apply(self.scope, self.pool, self.network)

    def test_nobody_changes_them_here(self) -> None:
        context, plugin = self.context, self.plugin
        some = {'prefixes': ['192.0.2.0/24']}
        scope_id, own = self.scope.id, self.own()['id']

        def share(kind: str, one: str) -> Any:
            entry = {'object_type': kind, 'object_id': one}
            return plugin.create_rbac_policy(context, {'rbac_policy': entry})

        for act in (
            lambda: plugin.update_subnetpool(
                context, self.id, {'subnetpool': {'name': 'x'}}
            ),
            lambda: plugin.delete_subnetpool(context, self.id),
            lambda: plugin.add_prefixes(context, self.id, some),
            lambda: plugin.remove_prefixes(context, self.id, some),
            lambda: plugin.onboard_network_subnets(
                context, self.id, {'network_id': self.own_network()['id']}
            ),
            lambda: plugin.onboard_network_subnets(
                context, own, {'network_id': self.network.id}
            ),
            lambda: plugin.update_address_scope(
                context, scope_id, {'address_scope': {'name': 'x'}}
            ),
            lambda: plugin.delete_address_scope(context, scope_id),
            lambda: share('subnetpool', self.id),
            lambda: share('address_scope', scope_id),
        ):
            with self.assertRaises(refusals.BelongsToCentral):
                act()

    def test_no_subnet_is_taken_from_them(self) -> None:
        network_id = self.own_network()['id']

        with self.assertRaisesRegex(
            refusals.BelongsToCentral, 'Subnet pool .* create the subnet'
        ):
            self.make_subnet(network_id, subnetpool_id=self.id)
        with self.assertRaises(refusals.BelongsToCentral):
            self.plugin.create_subnet_bulk(
                self.context,
                {
                    'subnets': [
                        {
                            'subnet': {
                                'network_id': network_id,
                                'subnetpool_id': self.id,
                            }
                        }
                    ]
                },
            )

    def test_no_pool_of_the_regions_comes_into_a_scope_of_centrals(
        self,
    ) -> None:
        with self.assertRaises(refusals.BelongsToCentral):
            self.own(address_scope_id=self.scope.id)
        own = self.own()
        with self.assertRaises(refusals.BelongsToCentral):
            self.plugin.update_subnetpool(
                self.context,
                own['id'],
                {'subnetpool': {'address_scope_id': self.scope.id}},
            )

    def test_the_regions_own_are_its_own(self) -> None:
        scope = self.plugin.create_address_scope(
            self.context,
            {
                'address_scope': {
                    'project_id': documents.PROJECT,
                    'name': 'own',
                    'ip_version': 4,
                    'shared': False,
                }
            },
        )
        own = self.own(address_scope_id=scope['id'], is_default=True)
        # Central's default is none here, nor in the way of the region's.
        subnet = self.make_subnet(
            self.own_network()['id'], use_default_subnetpool=True
        )
        assert subnet['subnetpool_id'] == own['id']
        for document in (
            documents.subnet_pool(id=own['id']),
            documents.address_scope(id=scope['id']),
        ):
            with self.assertRaises(refusals.ReplicaConflict):
                self.apply(document)

    def test_a_pool_that_there_is_not_is_not_found(self) -> None:
        with self.assertRaises(exceptions.SubnetPoolNotFound):
            self.make_subnet(
                self.own_network()['id'], subnetpool_id=documents.new_id()
            )
