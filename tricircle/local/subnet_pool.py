# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Subnet pools of central in a region.

They come with the networks whose subnets are from them, or when somebody
asks for one by its ID. Nothing is taken from them here.
"""

from collections.abc import Mapping
from typing import Any, Final

from neutron.db import models_v2
from neutron.objects import subnetpool as objects
from neutron_lib import exceptions
from neutron_lib.api.definitions import address_scope as scope_api
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.plugins import directory
from oslo_utils import uuidutils

from tricircle.local.asking import reads
from tricircle.local.engine import attributes
from tricircle.local.engine import kinds
from tricircle.local.engine import objects as object_appliers
from tricircle.local.engine import refusals
from tricircle.local.engine.owner import ownership
from tricircle.replica import types
from tricircle.replica.kinds import subnet_pool as contract

_NOUN: Final = 'Subnet pool'
_SCOPE: Final = 'address_scope_id'


class PluginMixin(reads.ReadsMixin):
    """Getters and refusals in front of the real core plugin's."""

    def get_subnetpool(
        self, context: Any, id: str, *args: Any, **kwargs: Any
    ) -> Any:
        """Return a subnet pool, from central if need be."""
        return self._get(
            types.SUBNET_POOL,
            super().get_subnetpool,
            context,
            id,
            *args,
            **kwargs,
        )

    def get_subnetpools(
        self, context: Any, filters: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Return subnet pools; those asked for also from central."""
        return self._list(
            types.SUBNET_POOL,
            super().get_subnetpools,
            context,
            filters,
            *args,
            **kwargs,
        )

    def update_subnetpool(
        self, context: Any, id: str, subnetpool: dict[str, Any]
    ) -> Any:
        """Change a subnet pool of the region's own."""
        ownership.refuse(types.SUBNET_POOL, [id], _NOUN, 'change it')
        return super().update_subnetpool(context, id, subnetpool)

    def delete_subnetpool(self, context: Any, id: str) -> Any:
        """Delete a subnet pool of the region's own."""
        ownership.refuse(types.SUBNET_POOL, [id], _NOUN, 'delete it')
        return super().delete_subnetpool(context, id)

    def add_prefixes(
        self, context: Any, subnetpool_id: str, body: dict[str, Any]
    ) -> Any:
        """Add prefixes to a pool of the region's own."""
        ownership.refuse(
            types.SUBNET_POOL, [subnetpool_id], _NOUN, 'add the prefixes'
        )
        return super().add_prefixes(context, subnetpool_id, body)

    def remove_prefixes(
        self, context: Any, subnetpool_id: str, body: dict[str, Any]
    ) -> Any:
        """Remove prefixes from a pool of the region's own."""
        ownership.refuse(
            types.SUBNET_POOL, [subnetpool_id], _NOUN, 'remove the prefixes'
        )
        return super().remove_prefixes(context, subnetpool_id, body)

    def onboard_network_subnets(
        self, context: Any, subnetpool_id: str, network_info: dict[str, Any]
    ) -> Any:
        """Put subnets of the region's own into a pool of its own."""
        what = 'put the subnets into it'
        ownership.refuse(types.SUBNET_POOL, [subnetpool_id], _NOUN, what)
        ownership.refuse(
            types.NETWORK,
            [network_info.get('network_id')],
            'Network',
            'put its subnets into the pool',
        )
        return super().onboard_network_subnets(
            context, subnetpool_id, network_info
        )

    def create_subnet(self, context: Any, subnet: dict[str, Any]) -> Any:
        """Create a subnet, out of no pool of central's."""
        self._refuse_pools(context, [subnet['subnet']])
        return super().create_subnet(context, subnet)

    def create_subnet_bulk(self, context: Any, subnets: dict[str, Any]) -> Any:
        """Create subnets, out of no pool of central's."""
        self._refuse_pools(
            context, [one['subnet'] for one in subnets['subnets']]
        )
        return super().create_subnet_bulk(context, subnets)

    def _refuse_pools(
        self, context: Any, subnets: list[dict[str, Any]]
    ) -> None:
        pool_ids = {
            one['subnetpool_id']
            for one in subnets
            if uuidutils.is_uuid_like(one.get('subnetpool_id'))
        }
        for pool_id in pool_ids:
            # Brought here, so that it is refused whoever has met it before.
            self.get_subnetpool(context, pool_id)
        ownership.refuse(
            types.SUBNET_POOL, pool_ids, _NOUN, 'create the subnet'
        )


class SubnetPoolApplier(object_appliers.ObjectApplier):
    """Carry out documents of subnet pools."""

    def read(self, found: Any) -> dict[str, Any]:
        """Return a pool in the form that documents have it."""
        body = super().read(found)
        body['prefixes'] = sorted(str(one) for one in body['prefixes'])
        body['description'] = body['description'] or ''
        if not attributes.has_extension(scope_api.ALIAS):
            body.pop(_SCOPE, None)
        return body

    def values(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a pool is to have of what a document says."""
        values = super().values(wanted)
        if not attributes.has_extension(scope_api.ALIAS):
            del values[_SCOPE]
        return values

    def changed(
        self,
        context: Any,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
    ) -> None:
        """Have the L3 agents hear of a pool that is in another scope."""
        if before.get(_SCOPE) != after.get(_SCOPE):
            registry.publish(
                resources.SUBNETPOOL_ADDRESS_SCOPE,
                events.AFTER_UPDATE,
                directory.get_plugin(),
                payload=events.DBEventPayload(
                    context, resource_id=after['id']
                ),
            )

    def delete(self, context: Any, resource_id: str, release: bool) -> None:
        """Delete the pool, unless subnets are from it still."""
        try:
            directory.get_plugin().delete_subnetpool(context, resource_id)
        except exceptions.SubnetPoolNotFound:
            return
        except exceptions.SubnetPoolDeleteError as exc:
            raise refusals.ReplicaInUse(
                type=types.SUBNET_POOL, id=resource_id, reason=exc
            ) from exc


KIND: Final = kinds.Kind(
    type=types.SUBNET_POOL,
    applier=SubnetPoolApplier(
        contract.KIND, objects.SubnetPool, objects.SubnetPoolRBAC
    ),
    shared_as=('subnetpool', _NOUN),
    model=models_v2.SubnetPool,
)
