# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Reading ports, from central if need be."""

from typing import Any

from neutron_lib import exceptions
from neutron_lib.db import utils as db_utils

from tricircle.local.asking import elsewhere
from tricircle.local.asking import known
from tricircle.local.asking import reads
from tricircle.local.asking import request
from tricircle.local.engine import refusals
from tricircle.replica import types


class PortReadsMixin(reads.ReadsMixin):
    """Getters in front of the real core plugin's."""

    elsewhere: elsewhere.Elsewhere

    def get_port(
        self,
        context: Any,
        id: str,
        fields: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Return a port, from central if need be."""
        try:
            return self._get(
                types.PORT,
                super().get_port,
                context,
                id,
                fields,
                *args,
                **kwargs,
            )
        except refusals.PortElsewhere:
            if not request.is_look():
                raise
            shown = self.elsewhere.show(id)
        except exceptions.PortNotFound:
            found = self._seen_by_deletion(context, id)
            if found is None:
                raise
            shown = found
        return db_utils.resource_fields(shown, fields)

    def _seen_by_deletion(
        self, context: Any, port_id: str
    ) -> dict[str, Any] | None:
        """Return a port that is deleted where it is not.

        :raises CentralUnavailable: rather than to say that there is none;
            of what was deleted here the ledger knows without asking
        """
        if (
            not request.is_port_deletion()
            or not request.may_ask_central(context)
            or not known.unknown(types.PORT, [port_id])
        ):
            return None
        try:
            self.puller.pull(types.PORT, port_id)
        except refusals.PortElsewhere:
            return self.elsewhere.show(port_id)
        except exceptions.NotFound:
            return None
        return None

    def get_ports(
        self,
        context: Any,
        filters: Any = None,
        fields: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Return ports; those asked for by ID or name also from central."""
        found: list[Any] = self._list(
            types.PORT,
            super().get_ports,
            context,
            filters,
            fields,
            *args,
            **kwargs,
        )
        if not request.may_pull(context):
            return found
        named = (filters or {}).get('id')
        # A list by no ID, as Neutron reads the ports of a trunk that carries
        # none, has none in it.
        wanted = set(request.all_elsewhere() if named is None else named)
        return found + [
            db_utils.resource_fields(one, fields)
            for one in self._shown_elsewhere(wanted)
            if elsewhere.matches(one, filters)
        ]

    def _shown_elsewhere(self, port_ids: set[str]) -> list[dict[str, Any]]:
        """Return what central shows of ports that are not here."""
        shown = []
        for port_id in sorted(port_ids):
            if request.elsewhere(port_id) is None:
                continue
            try:
                shown.append(self.elsewhere.show(port_id))
            except exceptions.NotFound:
                continue
        return shown
