# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Address scopes of central in a region.

They come with the subnet pools that are in them, or when somebody asks for
one by its ID.
"""

from typing import Any, Final

from neutron.db.models import address_scope as models
from neutron.objects import address_scope as objects
from neutron_lib.api.definitions import address_scope as api
from neutron_lib.exceptions import address_scope as errors
from neutron_lib.plugins import directory

from tricircle.local.asking import reads
from tricircle.local.engine import kinds
from tricircle.local.engine import objects as object_appliers
from tricircle.local.engine import refusals
from tricircle.local.engine.owner import ownership
from tricircle.replica import types
from tricircle.replica.kinds import address_scope as contract

_NOUN: Final = 'Address scope'


class PluginMixin(reads.ReadsMixin):
    """Getters and refusals in front of the real core plugin's."""

    def get_address_scope(
        self, context: Any, id: str, *args: Any, **kwargs: Any
    ) -> Any:
        """Return an address scope, from central if need be."""
        return self._get(
            types.ADDRESS_SCOPE,
            super().get_address_scope,
            context,
            id,
            *args,
            **kwargs,
        )

    def get_address_scopes(
        self, context: Any, filters: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Return address scopes; those asked for also from central."""
        return self._list(
            types.ADDRESS_SCOPE,
            super().get_address_scopes,
            context,
            filters,
            *args,
            **kwargs,
        )

    def update_address_scope(
        self, context: Any, id: str, address_scope: dict[str, Any]
    ) -> Any:
        """Change an address scope of the region's own."""
        ownership.refuse(types.ADDRESS_SCOPE, [id], _NOUN, 'change it')
        return super().update_address_scope(context, id, address_scope)

    def delete_address_scope(self, context: Any, id: str) -> Any:
        """Delete an address scope of the region's own."""
        ownership.refuse(types.ADDRESS_SCOPE, [id], _NOUN, 'delete it')
        return super().delete_address_scope(context, id)

    # What is in a scope is routed everywhere in it, in all regions. Only
    # central sees to it that no two pools have the same addresses there.

    def create_subnetpool(
        self, context: Any, subnetpool: dict[str, Any]
    ) -> Any:
        """Make a pool, in no scope of central's."""
        self._refuse_scope(context, subnetpool['subnetpool'])
        return super().create_subnetpool(context, subnetpool)

    def update_subnetpool(
        self, context: Any, id: str, subnetpool: dict[str, Any]
    ) -> Any:
        """Change a pool, into no scope of central's."""
        self._refuse_scope(context, subnetpool['subnetpool'])
        return super().update_subnetpool(context, id, subnetpool)

    def _refuse_scope(self, context: Any, pool: dict[str, Any]) -> None:
        scope_id = pool.get('address_scope_id')
        if not isinstance(scope_id, str):
            return
        # Brought here, so that it is refused whoever has met it before.
        self.get_address_scope(context, scope_id)
        ownership.refuse(
            types.ADDRESS_SCOPE, [scope_id], _NOUN, 'put the subnet pool in it'
        )


class AddressScopeApplier(object_appliers.ObjectApplier):
    """Carry out documents of address scopes."""

    def delete(self, context: Any, resource_id: str, release: bool) -> None:
        """Delete the scope, unless pools are in it still."""
        try:
            directory.get_plugin().delete_address_scope(context, resource_id)
        except errors.AddressScopeNotFound:
            return
        except errors.AddressScopeInUse as exc:
            raise refusals.ReplicaInUse(
                type=types.ADDRESS_SCOPE, id=resource_id, reason=exc
            ) from exc


KIND: Final = kinds.Kind(
    type=types.ADDRESS_SCOPE,
    applier=AddressScopeApplier(
        contract.KIND,
        objects.AddressScope,
        objects.AddressScopeRBAC,
        api.ALIAS,
    ),
    shared_as=('address_scope', _NOUN),
    model=models.AddressScope,
)
