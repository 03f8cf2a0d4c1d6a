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
        self, context: Any, id: str, *args: Any, **kwargs: Any
    ) -> Any:
        """Return a network, from central if need be."""
        return self._get(
            types.NETWORK, super().get_network, context, id, *args, **kwargs
        )

    def get_networks(
        self, context: Any, filters: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Return networks; those asked for by ID or name also from central."""
        return self._list(
            types.NETWORK,
            super().get_networks,
            context,
            filters,
            *args,
            **kwargs,
        )

    def get_subnet(
        self, context: Any, id: str, *args: Any, **kwargs: Any
    ) -> Any:
        """Return a subnet, with its network from central if need be."""
        return self._get(
            ledger.SUBNET, super().get_subnet, context, id, *args, **kwargs
        )

    def get_subnets(
        self, context: Any, filters: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Return subnets; those asked for by ID or name also from central."""
        return self._list(
            ledger.SUBNET,
            super().get_subnets,
            context,
            filters,
            *args,
            **kwargs,
        )
