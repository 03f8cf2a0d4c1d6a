# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Subnet pools and address scopes of central in a region."""

import dataclasses
from typing import Any
from unittest import mock

from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources

from tests.unit.local import documents
from tests.unit.local import pools
from tricircle.local.engine import apply
from tricircle.local.engine import attributes
from tricircle.local.engine import refusals
from tricircle.local.engine.api import read_back
from tricircle.local.engine.owner import actor
from tricircle.local.network import subnets
from tricircle.replica.document import Document


class TestSubnetPools(pools.PoolTestCase):
    def test_a_network_gets_scope_and_pool_before_it(self) -> None:
        network = dataclasses.replace(
            self.pooled(), requires=(self.scope, self.pool)
        )

        (applied,) = self.apply(network)

        assert not applied['omitted']
        assert self.subnet(network)['subnetpool_id'] == self.id
        shown = self.shown(self.id)
        wanted = dict(self.pool.body['subnetpool'])
        assert sorted(shown['prefixes']) == wanted.pop('prefixes')
        for name in ('default', 'min', 'max'):
            wanted[f'{name}_prefixlen'] = str(wanted[f'{name}_prefixlen'])
        assert {key: shown[key] for key in wanted} == wanted
        assert shown['address_scope_id'] == self.scope.id
        assert (shown['is_default'], shown['shared']) == (False, False)
        here = self.plugin.get_network(self.context, network.id)
        assert here['ipv4_address_scope'] == self.scope.id

    def test_changes_arrive(self) -> None:
        self.apply(self.scope, self.pool)
        heard: list[str] = []

        def note(
            resource: str, event: str, trigger: Any, payload: Any
        ) -> None:
            heard.append(payload.resource_id)

        registry.subscribe(
            note, resources.SUBNETPOOL_ADDRESS_SCOPE, events.AFTER_UPDATE
        )
        changes = {
            'name': 'other',
            'description': '',
            # Some go, others come: Neutron's API would refuse that.
            'prefixes': ['10.9.0.0/16', '10.99.0.0/16'],
            'min_prefixlen': 20,
            'max_prefixlen': 30,
            'default_prefixlen': 26,
            'default_quota': None,
            'tags': ['a', 'b'],
        }

        self.apply(documents.changed(self.pool, **changes))
        assert not heard
        body = documents.changed(self.pool, **changes).body['subnetpool']
        body = {
            key: value
            for key, value in body.items()
            if key != 'address_scope_id'
        }
        self.apply(documents.later(self.pool, {'subnetpool': body}))

        shown = self.shown(self.id)
        assert shown['address_scope_id'] is None
        assert sorted(shown['prefixes']) == changes['prefixes']
        assert sorted(shown['tags']) == ['a', 'b']
        assert (shown['name'], shown['default_quota']) == ('other', None)
        # Routers with interfaces in the pool.
        assert heard == [self.id]
        self.apply(documents.changed(self.pool))
        assert self.shown(self.id)['address_scope_id'] == self.scope.id
        assert heard == [self.id, self.id]

    def test_a_scope_changes_its_name(self) -> None:
        self.apply(self.scope)
        self.apply(documents.changed(self.scope, name='other'))

        shown = self.shown_scope()
        assert (shown['name'], shown['ip_version']) == ('other', 4)

    def test_who_may_use_them_follows(self) -> None:
        def shared(document: Document, *projects: str) -> Document:
            return documents.later(
                document,
                {
                    'rbac': [
                        {
                            'id': documents.new_id(),
                            'project_id': documents.PROJECT,
                            'target_tenant': one,
                            'action': 'access_as_shared',
                        }
                        for one in projects
                    ]
                },
            )

        self.apply(shared(self.scope, '*'), shared(self.pool, '*'))
        assert self.shown(self.id)['shared']
        assert self.shown_scope()['shared']

        self.apply(shared(self.scope), shared(self.pool, 'p2'))
        assert not self.shown(self.id)['shared']
        assert not self.shown_scope()['shared']

    def test_subnets_come_into_pools_and_out_of_them(self) -> None:
        other = documents.subnet_pool(prefixes=['192.0.2.0/24'])
        self.apply(self.scope, self.pool, other)
        network = documents.network()
        self.apply(network)
        assert self.subnet(network)['subnetpool_id'] is None

        for pool in (self.pool, other):
            self.apply(pools.from_pool(network, pool))
            assert self.subnet(network)['subnetpool_id'] == pool.id
        self.apply(documents.later(network, {}))
        assert self.subnet(network)['subnetpool_id'] is None

    def test_one_more_subnet_comes_beside_one_of_a_pool(self) -> None:
        self.apply(self.scope, self.pool)
        network = self.pooled()
        self.apply(network)
        first = network.body['subnets'][0]

        for number, changes in enumerate(
            ({'subnetpool_id': self.id}, {'subnetpool_id': None}), 1
        ):
            second = {
                **first,
                'id': documents.new_id(),
                'cidr': f'10.0.{number}.0/24',
                'gateway_ip': f'10.0.{number}.1',
                'allocation_pools': [],
                **changes,
            }
            if second['subnetpool_id'] is None:
                del second['subnetpool_id']
            subnets = [*network.body['subnets'], second]
            network = documents.later(
                network,
                {'subnets': sorted(subnets, key=lambda one: str(one['id']))},
            )
            self.apply(network)

        found = self.plugin.get_subnets(
            self.context, filters={'network_id': [network.id]}
        )
        assert {one['id']: one['subnetpool_id'] for one in found} == {
            one['id']: one.get('subnetpool_id')
            for one in network.body['subnets']
        }

    def test_they_are_removed_when_nothing_is_from_them(self) -> None:
        network = self.pooled()
        self.apply(self.scope, self.pool, network)
        for kind, one in (
            ('address-scope', self.scope.id),
            ('subnet-pool', self.id),
        ):
            with self.assertRaises(refusals.ReplicaInUse):
                apply.remove(self.context, kind, one)
        apply.remove(self.context, 'network', network.id)

        apply.remove(self.context, 'subnet-pool', self.id)
        apply.remove(self.context, 'address-scope', self.scope.id)

        assert self.shown(self.id) == {}
        assert self.shown_scope() == {}

    def test_the_sweep_sees_what_was_changed_by_hand(self) -> None:
        network = self.pooled()
        self.apply(self.scope, self.pool, network)

        def digest(kind: str, document: Document) -> str | None:
            return read_back.digest_of(self.context, kind, {'id': document.id})

        assert digest('subnet-pool', self.pool) == self.pool.digest
        assert digest('network', network) == network.digest
        with actor.applying():
            self.plugin.add_prefixes(
                self.context, self.id, {'prefixes': ['192.0.2.0/24']}
            )
        assert digest('subnet-pool', self.pool) != self.pool.digest


class TestWithoutTheExtension(pools.PoolTestCase):
    def test_it_says_what_is_missing(self) -> None:
        network = self.pooled()
        with mock.patch.object(attributes, 'has_extension', _has_not):
            scope, pool, _network = self.apply(self.scope, self.pool, network)
            again = read_back.digest_of(
                self.context, 'address-scope', {'id': self.scope.id}
            )

        assert scope['omitted'] == ['address_scope']
        assert pool['omitted'] == ['subnetpool.address_scope_id']
        # Something is there, so that a sweep does not send it each time.
        assert again is not None
        assert self.subnet(network)['subnetpool_id'] == self.id
        assert self.shown(self.id)['address_scope_id'] is None

    def test_a_pool_in_no_scope_lacks_nothing(self) -> None:
        with mock.patch.object(attributes, 'has_extension', _has_not):
            (pool,) = self.apply(documents.subnet_pool())
        assert not pool['omitted']


def _has_not(alias: str) -> bool:
    return alias != 'address-scope'


class TestInterrupted(pools.PoolTestCase):
    def test_what_was_begun_is_ended(self) -> None:
        self.apply(self.scope, self.pool)
        network = self.pooled()
        with (
            mock.patch.object(
                subnets,
                '_put_into_pool',
                autospec=True,
                side_effect=ValueError('no'),
            ),
            self.assertRaisesRegex(refusals.ReplicaFailed, 'ValueError: no'),
        ):
            self.apply(network)
        assert self.subnet(network)['subnetpool_id'] is None

        self.apply(network)

        assert self.subnet(network)['subnetpool_id'] == self.id
