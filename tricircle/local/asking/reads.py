# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Reading: what a request names by ID is brought here first."""

from collections.abc import Callable
import copy
from typing import Any

from neutron_lib import context as neutron_context
from neutron_lib import exceptions
from neutron_lib.db import constants as db_const
from oslo_log import log as logging

from tricircle.client import paths
from tricircle.local.asking import known
from tricircle.local.asking import pull
from tricircle.local.asking import request
from tricircle.local.asking import visibility
from tricircle.local.engine import ledger
from tricircle.local.engine import refusals
from tricircle.local.engine.group import id_map
from tricircle.local.process import core_plugin
from tricircle.replica import types

LOG = logging.getLogger(__name__)

#: Names asked for in one request, so that its URL stays short.
_NAMES_AT_ONCE = 20
#: Networks that are enough for who may take the only one.
_CHOICE = 2
#: Networks that are tried for it: those out of the region's scope stay away.
_TRIED = 10
#: Filters with which Nova looks for the networks of a boot that names none.
_OF_A_CHOICE = frozenset(
    {'tenant_id', 'project_id', 'shared', 'admin_state_up'}
)


def afresh(context: Any) -> Any:
    """Return a context that sees what was committed a moment ago.

    A context that was used outside of a transaction may have a snapshot
    open, which is older.
    """
    copied = copy.copy(context)
    copied.__dict__.pop('_enginefacade_context', None)
    copied._session = None
    return copied


class ReadsMixin(core_plugin.CorePlugin):
    """Getters in front of the real core plugin's.

    They pull by ID and by ``id`` filters, by a ``name`` that nothing here
    has, and what a boot without a network is to choose from; a plain list
    shows what is here.
    A deletion pulls nothing: what is not here cannot be deleted here.
    """

    puller: pull.Puller

    def _pull_one(self, resource_type: str, resource_id: str) -> None:
        if (
            resource_type == types.PORT
            and request.is_look()
            and known.was_given_up(resource_id)
        ):
            raise refusals.PortElsewhere(
                port_id=resource_id, reason='central has it'
            )
        if resource_type == ledger.SUBNET:
            self.puller.pull_subnet(resource_id)
        else:
            self.puller.pull(resource_type, resource_id)

    def _get(
        self,
        resource_type: str,
        getter: Callable[..., Any],
        context: Any,
        resource_id: str,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Return what the real plugin's getter does, once it can."""
        may_pull = request.may_pull(context)
        only_whole = may_pull and not request.is_check_of_owner(context)
        try:
            with visibility.only_whole_networks(context, only_whole):
                return getter(context, resource_id, *args, **kwargs)
        except exceptions.NotFound:
            if not may_pull:
                raise
            mapped = {}
            if known.unknown(resource_type, [resource_id]):
                mapped = _mapped(resource_type, [resource_id])
                if not mapped:
                    self._pull_one(resource_type, resource_id)
                    mapped = _mapped(resource_type, [resource_id])
            # Else it is hidden from the caller, or came after the getter
            # had looked: the getter says which.
        return getter(
            afresh(context),
            mapped.get(resource_id, resource_id),
            *args,
            **kwargs,
        )

    def _list(
        self,
        resource_type: str,
        getter: Callable[..., Any],
        context: Any,
        filters: dict[str, Any] | None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Return the real plugin's list, with what is asked for by ID."""
        may_pull = request.may_pull(context)
        with visibility.only_whole_networks(context, may_pull):
            # Getters change their filters, and we may call twice.
            found = getter(context, copy.copy(filters), *args, **kwargs)
        if not may_pull:
            return found
        wanted = set((filters or {}).get('id') or ())
        if not wanted:
            if not (
                self._pull_named(resource_type, filters or {}, len(found))
                or self._pull_choice(resource_type, filters or {}, len(found))
            ):
                return found
            return getter(afresh(context), filters, *args, **kwargs)
        if len(found) >= len(wanted):
            return found
        missing = known.unknown(resource_type, wanted)
        mapped = _mapped(resource_type, missing)
        asked = [one for one in missing if one not in mapped]
        self._pull_many(resource_type, asked)
        mapped.update(_mapped(resource_type, asked))
        # Also when all is known: what was here may be hidden from the caller,
        # but it may have come after the list was read.
        again = dict(filters or {})
        again['id'] = list(wanted | set(mapped.values()))
        return getter(afresh(context), again, *args, **kwargs)

    def _pull_named(
        self, resource_type: str, filters: dict[str, Any], found: int
    ) -> bool:
        """Pull what has a name that a list was asked for by.

        A list that is asked for by several has as many in it, or central is
        asked for all of them.

        :param found: how many are in the list already
        :returns: whether central has any: it may not be in the list
        :raises CentralUnavailable: rather than to say that there is nothing
        """
        names = _names(filters)
        if found >= len(names) or not request.is_look():
            return False
        ids = self.puller.ids(resource_type, [('name', one) for one in names])
        self._pull_many(resource_type, known.unknown(resource_type, ids))
        return bool(ids)

    def _pull_choice(
        self, resource_type: str, filters: dict[str, Any], found: int
    ) -> bool:
        """Pull networks for who boots an instance and names none.

        Nova asks for the project's networks, then for shared ones. It takes
        the only one, and refuses to choose from several: more than two need
        not be here.

        :param found: how many are in the list already
        :returns: whether central has any: it may not be in the list
        :raises CentralUnavailable: rather than to say that there is nothing
        """
        if (
            found >= _CHOICE
            or not request.is_look()
            or resource_type != types.NETWORK
            or not _is_choice(filters)
        ):
            return False
        ids = self.puller.ids(resource_type, paths.pairs(filters))
        here = found
        for one in known.unknown(resource_type, ids)[:_TRIED]:
            if here >= _CHOICE:
                break
            self._pull_many(resource_type, [one])
            here += not known.unknown(resource_type, [one])
        return bool(ids)

    def _pull_many(self, resource_type: str, ids: list[str]) -> None:
        """Pull what central has; the rest is simply not in the list.

        :raises CentralUnavailable: rather than to say that there is nothing
        """
        # A network may be here, but without a subnet that it got since.
        again = resource_type == ledger.SUBNET
        if resource_type == ledger.SUBNET:
            networks = self.puller.networks_of_subnets(ids)
            resource_type = types.NETWORK
            ids = list(dict.fromkeys(networks.values()))
        for one in ids:
            try:
                if resource_type == types.PORT:
                    self._pull_one(resource_type, one)
                else:
                    self.puller.pull(resource_type, one, again)
            except refusals.PortElsewhere:
                # Shown as central has it.
                request.note_elsewhere(one, {})
            except exceptions.NeutronException as exc:
                if not _is_left_out(exc):
                    raise
                LOG.warning(
                    '%s %s is not brought here: %s', resource_type, one, exc
                )


def _is_choice(filters: dict[str, Any]) -> bool:
    """Tell whether a list of networks is that of a boot without any.

    It is of the project's own that are not shared, or of all shared ones.
    """
    if not set(filters) <= _OF_A_CHOICE:
        return False
    return filters.get('shared') == [True] or (
        filters.get('shared') == [False] and 'tenant_id' in filters
    )


def _names(filters: dict[str, Any]) -> list[str]:
    """Return the names in a list's filters that something may have."""
    asked = dict.fromkeys(filters.get('name') or ())
    return [
        one for one in asked if one and len(one) <= db_const.NAME_FIELD_SIZE
    ][:_NAMES_AT_ONCE]


def _mapped(resource_type: str, ids: list[str]) -> dict[str, str]:
    """Return the IDs that some have here, where they differ."""
    if resource_type != types.SECURITY_GROUP or not ids:
        return {}
    local_ids = id_map.to_local(neutron_context.get_admin_context(), ids)
    return {
        one: local
        for one, local in zip(ids, local_ids, strict=True)
        if one != local
    }


def _is_left_out(exc: exceptions.NeutronException) -> bool:
    """Tell whether a list simply does not show what this was raised for.

    Such as a network on a wire that the region is not on. Whoever asks for
    it alone hears why. Nova, which asks by a list, has no words for an error
    there, and would answer 500.
    """
    return isinstance(
        exc,
        exceptions.NotFound | exceptions.Conflict | exceptions.BadRequest,
    )
