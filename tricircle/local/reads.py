# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Reads of a region's API: what is not here is asked for in central."""

from collections.abc import Callable
from typing import Any

from neutron_lib import exceptions

from tricircle.local import ledger
from tricircle.local import pull
from tricircle.replica import types


class ReadsMixin:
    """Getters in front of the real core plugin's.

    They pull by ID and by ``id`` filters; a plain list shows what is here.
    """

    puller: pull.Puller

    def _get_or_pull(self, context: Any, resource_type: str,
                     resource_id: str, getter: Callable[[], Any]) -> Any:
        try:
            return getter()
        except exceptions.NotFound:
            if not self.puller.may_pull(context) or not self.puller.pull(
                    context, resource_type, resource_id):
                raise
        return getter()

    def _list_or_pull(self, context: Any, resource_type: str,
                      filters: dict[str, Any] | None,
                      getter: Callable[[], Any],
                      fields: list[str] | None) -> Any:
        found = getter()
        wanted = (filters or {}).get('id')
        if not wanted:
            return found
        here = [one['id'] for one in found if 'id' in one]
        if fields and 'id' not in fields:
            return found
        if self.puller.pull_missing(context, resource_type, wanted, here):
            return getter()
        return found

    def get_network(self, context: Any, id: str,
                    fields: list[str] | None = None) -> Any:
        """Return a network, from central if need be."""
        base = super()
        return self._get_or_pull(
            context, types.NETWORK, id,
            lambda: base.get_network(context, id, fields))  # type: ignore

    def get_networks(self, context: Any,
                     filters: dict[str, Any] | None = None,
                     fields: list[str] | None = None,
                     *args: Any, **kwargs: Any) -> Any:
        """Return networks; those asked for by ID also from central."""
        base = super()
        return self._list_or_pull(
            context, types.NETWORK, filters,
            lambda: base.get_networks(  # type: ignore[misc]
                context, _copy(filters), fields, *args, **kwargs), fields)

    def get_subnet(self, context: Any, id: str,
                   fields: list[str] | None = None) -> Any:
        """Return a subnet, with its network from central if need be."""
        base = super()
        return self._get_or_pull(
            context, ledger.SUBNET, id,
            lambda: base.get_subnet(context, id, fields))  # type: ignore

    def get_subnets(self, context: Any,
                    filters: dict[str, Any] | None = None,
                    fields: list[str] | None = None,
                    *args: Any, **kwargs: Any) -> Any:
        """Return subnets; those asked for by ID also from central."""
        base = super()
        return self._list_or_pull(
            context, ledger.SUBNET, filters,
            lambda: base.get_subnets(  # type: ignore[misc]
                context, _copy(filters), fields, *args, **kwargs), fields)

    def get_port(self, context: Any, id: str,
                 fields: list[str] | None = None) -> Any:
        """Return a port, from central if need be."""
        base = super()
        return self._get_or_pull(
            context, types.PORT, id,
            lambda: base.get_port(context, id, fields))  # type: ignore

    def get_ports(self, context: Any,
                  filters: dict[str, Any] | None = None,
                  fields: list[str] | None = None,
                  *args: Any, **kwargs: Any) -> Any:
        """Return ports; those asked for by ID also from central."""
        base = super()
        return self._list_or_pull(
            context, types.PORT, filters,
            lambda: base.get_ports(  # type: ignore[misc]
                context, _copy(filters), fields, *args, **kwargs), fields)

    def get_security_group(self, context: Any, id: str,
                           fields: list[str] | None = None,
                           *args: Any, **kwargs: Any) -> Any:
        """Return a security group, from central if need be."""
        base = super()
        return self._get_or_pull(
            context, types.SECURITY_GROUP, id,
            lambda: base.get_security_group(  # type: ignore[misc]
                context, id, fields, *args, **kwargs))

    def get_security_groups(self, context: Any,
                            filters: dict[str, Any] | None = None,
                            fields: list[str] | None = None,
                            *args: Any, **kwargs: Any) -> Any:
        """Return groups; those asked for by ID also from central."""
        base = super()
        return self._list_or_pull(
            context, types.SECURITY_GROUP, filters,
            lambda: base.get_security_groups(  # type: ignore[misc]
                context, _copy(filters), fields, *args, **kwargs), fields)


def _copy(filters: dict[str, Any] | None) -> dict[str, Any] | None:
    # Getters change their filters, and we may call twice.
    return None if filters is None else dict(filters)
