# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Routers of central's that this region has no piece of, as its API has them.

A router is where its networks and its gateway are. Who names one that is not
here sees what central shows him, and nothing is kept; central changes it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from neutron_lib.api.definitions import l3 as l3_def
from neutron_lib.db import utils as db_utils

from tricircle.client import paths
from tricircle.local.asking import for_caller
from tricircle.local.asking import request
from tricircle.local.engine import attributes
from tricircle.local.process import core_plugin

_COLLECTION: Final = l3_def.ROUTERS
#: Filters that name routers.
_NAMING: Final = frozenset({'id', 'name'})
#: Those beside them with which central is asked as well.
_ASKED_BY: Final = _NAMING | {
    'admin_state_up',
    'description',
    'project_id',
    'status',
    'tenant_id',
}


class InCentral(for_caller.ForCaller):
    """What central shows the caller of routers."""

    def show(self, router_id: str) -> dict[str, Any]:
        """Return a router.

        :raises RouterNotFound: central shows none
        :raises CentralUnavailable: central does not answer
        """
        return attributes.visible(
            _COLLECTION, self._ask(self._client.show, _COLLECTION, router_id)
        )

    def shown(
        self, filters: Mapping[str, Iterable[Any]]
    ) -> list[dict[str, Any]]:
        """Return the routers that a list with these filters has.

        :raises CentralUnavailable: central does not answer
        """
        found = self._ask(
            self._client.listed, _COLLECTION, paths.pairs(filters)
        )
        return [attributes.visible(_COLLECTION, one) for one in found]


class RouterReadsMixin(core_plugin.CorePlugin):
    """Getters in front of the stock router plugin's."""

    @property
    def routers_in_central(self) -> InCentral:
        """What central shows the caller of routers."""
        asked: InCentral = self._core_plugin.routers_in_central
        return asked

    def get_router(self, context: Any, id: str, fields: Any = None) -> Any:
        """Return a router, as central shows it if it is not here."""
        return for_caller.here_or_shown(
            super().get_router,
            self.routers_in_central.show,
            context,
            id,
            fields,
        )

    def get_routers(
        self,
        context: Any,
        filters: Any = None,
        fields: Any = None,
        *page: Any,
        **more: Any,
    ) -> Any:
        """Return routers; named ones that are not here as central has them.

        A list that names none is of what is here.
        """
        found = super().get_routers(context, filters, fields, *page, **more)
        wanted = {
            key: set(filters[key]) for key in _NAMING & set(filters or ())
        }
        if (
            not wanted
            or len(found) >= min(map(len, wanted.values()))
            or not set(filters) <= _ASKED_BY
            or not request.is_look()
            or not request.may_ask_central(context)
        ):
            return found
        here = {
            one['id']
            for one in super().get_routers(context, filters, fields=['id'])
        }
        return found + [
            db_utils.resource_fields(one, fields)
            for one in self.routers_in_central.shown(filters)
            if one['id'] not in here
        ]
