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

from neutron_lib import exceptions
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources

from tests.unit.local import documents
from tests.unit.local import plugin_base
from tricircle.local.engine import actor
from tricircle.local.engine import apply
from tricircle.local.engine import attributes
from tricircle.local.engine import refusals
from tricircle.local.network import subnets
from tricircle.replica.document import Document


class PoolTestCase(plugin_base.PluginTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.scope = documents.address_scope()
        self.pool = documents.subnet_pool(self.scope)
        self.id = self.pool.id

    def shown(self, pool_id: str) -> dict[str, Any]:
        found = self.plugin.get_subnetpools(
            self.context, filters={'id': [pool_id]}
        )
        return dict(found[0]) if found else {}

    def shown_scope(self) -> dict[str, Any]:
        found = self.plugin.get_address_scopes(
            self.context, filters={'id': [self.scope.id]}
        )
        return dict(found[0]) if found else {}

    def pooled(self, pool: Document | None = None) -> Document:
        """Return a network whose subnet is from a pool."""
        return from_pool(documents.network(), pool or self.pool)

    def subnet(self, network: Document) -> dict[str, Any]:
        (found,) = self.plugin.get_subnets(
            self.context, filters={'network_id': [network.id]}
        )
        return dict(found)

    def own(self, **changes: Any) -> dict[str, Any]:
        """Make a subnet pool of the region's own."""
        made: dict[str, Any] = self.plugin.create_subnetpool(
            self.context,
            {
                'subnetpool': {
                    'tenant_id': documents.PROJECT,
                    'project_id': documents.PROJECT,
                    'name': 'own',
                    'description': '',
                    'prefixes': ['172.16.0.0/16'],
                    'default_prefixlen': 24,
                    'is_default': False,
                    'shared': False,
                    **changes,
                }
            },
        )
        return made

    def own_network(self) -> dict[str, Any]:
        made: dict[str, Any] = self.plugin.create_network(
            self.context,
            {
                'network': {
                    'tenant_id': documents.PROJECT,
                    'name': 'own',
                    'admin_state_up': True,
                    'router:external': False,
                    'shared': False,
                }
            },
        )
        return made

    def make_subnet(self, network_id: str, **what: Any) -> dict[str, Any]:
        unset = attributes.NOT_SPECIFIED
        made: dict[str, Any] = self.plugin.create_subnet(
            self.context,
            {
                'subnet': {
                    'tenant_id': documents.PROJECT,
                    'project_id': documents.PROJECT,
                    'network_id': network_id,
                    'name': '',
                    'ip_version': 4,
                    'cidr': unset,
                    'prefixlen': unset,
                    'gateway_ip': unset,
                    'allocation_pools': unset,
                    'enable_dhcp': False,
                    'dns_nameservers': unset,
                    'host_routes': unset,
                    'ipv6_ra_mode': unset,
                    'ipv6_address_mode': unset,
                    'segment_id': unset,
                    **what,
                }
            },
        )
        return made


def from_pool(network: Document, pool: Document) -> Document:
    """Return a network, with all its subnets from a pool."""
    return documents.later(
        network,
        {
            'subnets': [
                {**one, 'subnetpool_id': pool.id}
                for one in network.body['subnets']
            ]
        },
    )


class TestSubnetPools(PoolTestCase):
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
            self.apply(from_pool(network, pool))
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
            return apply.digest_of(self.context, kind, {'id': document.id})

        assert digest('subnet-pool', self.pool) == self.pool.digest
        assert digest('network', network) == network.digest
        with actor.applying():
            self.plugin.add_prefixes(
                self.context, self.id, {'prefixes': ['192.0.2.0/24']}
            )
        assert digest('subnet-pool', self.pool) != self.pool.digest


class TestRefusals(PoolTestCase):
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


class TestWithoutTheExtension(PoolTestCase):
    def test_it_says_what_is_missing(self) -> None:
        network = self.pooled()
        with mock.patch.object(attributes, 'has_extension', _has_not):
            scope, pool, _network = self.apply(self.scope, self.pool, network)
            again = apply.digest_of(
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


class TestInterrupted(PoolTestCase):
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
