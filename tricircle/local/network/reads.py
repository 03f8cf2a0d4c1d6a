# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Reading networks and subnets, from central if need be."""

from typing import Any

from tricircle.local.asking import reads
from tricircle.local.engine import ledger
from tricircle.replica import types


class NetworkReadsMixin(reads.ReadsMixin):
    """Getters in front of the real core plugin's."""

    def get_network(
        self,
        context: Any,
        id: str,
        fields: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Return a network, from central if need be."""
        base: Any = super()
        return self._get(
            context,
            types.NETWORK,
            id,
            lambda with_context, one: base.get_network(
                with_context, one, fields, *args, **kwargs
            ),
        )

    def get_networks(
        self,
        context: Any,
        filters: Any = None,
        fields: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Return networks; those asked for by ID also from central."""
        base: Any = super()
        return self._list(
            context,
            types.NETWORK,
            filters,
            lambda with_context, by: base.get_networks(
                with_context, by, fields, *args, **kwargs
            ),
        )

    def get_subnet(
        self,
        context: Any,
        id: str,
        fields: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Return a subnet, with its network from central if need be."""
        base: Any = super()
        return self._get(
            context,
            ledger.SUBNET,
            id,
            lambda with_context, one: base.get_subnet(
                with_context, one, fields, *args, **kwargs
            ),
        )

    def get_subnets(
        self,
        context: Any,
        filters: Any = None,
        fields: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Return subnets; those asked for by ID also from central."""
        base: Any = super()
        return self._list(
            context,
            ledger.SUBNET,
            filters,
            lambda with_context, by: base.get_subnets(
                with_context, by, fields, *args, **kwargs
            ),
        )
