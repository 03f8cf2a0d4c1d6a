# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Bindings of ports that a region has, which are the region's.

Whether a host can have a port, and how it is plugged there, only the region
knows that has the host's agents. The conductor above Nova's cells asks
central for the binding of a server that is about to move (extension
``binding-extended``); central passes that on, and answers what the region
does. It is the one request for which central waits for a region: only
services may make it, and nobody can go on without the answer.
"""

from collections.abc import Sequence
from typing import Any, Final

from neutron_lib import exceptions as n_exc
from neutron_lib.api.definitions import portbindings_extended as apidef
from neutron_lib.db import api as db_api
from oslo_config import cfg

from tricircle.client import auth
from tricircle.client import region as regions
from tricircle.db.central import presence
from tricircle.replica import types

#: Seconds to wait for a region, which asks none but itself.
LONGEST: Final = 20.0
#: What of a binding is asked for.
_ASKED: Final = (apidef.HOST, apidef.VNIC_TYPE, apidef.PROFILE)
#: What a region answers that has the port, as Neutron's own errors.
_REFUSALS: Final = {
    one.__name__: one
    for one in (
        n_exc.PortBindingAlreadyActive,
        n_exc.PortBindingAlreadyExists,
        n_exc.PortBindingError,
        n_exc.PortBindingNotFound,
    )
}


class BindingUnknown(n_exc.ServiceUnavailable):
    """The region that has a port cannot be asked for its bindings."""

    message = (
        'Port %(port_id)s is in region %(region)s, which could not be asked '
        'for its bindings: %(reason)s.'
    )


class BindingsMixin:
    """What a core plugin needs to have regions bind the ports they have.

    It goes in front of Ml2Plugin, which does it for ports in no region, and
    behind what says who may (:mod:`tricircle.central.port.writers`). All
    raise :class:`BindingUnknown` when the region does not answer, and what
    it answers otherwise.
    """

    def create_port_binding(
        self, context: Any, port_id: str, binding: dict[str, Any]
    ) -> Any:
        """Bind a port on one more host."""
        region = _holder(context, port_id)
        if region is None:
            return super().create_port_binding(  # type: ignore[misc]
                context, port_id, binding
            )
        return _one(_ask(region, 'POST', port_id, body=_asked(binding)))

    def update_port_binding(
        self, context: Any, host: str, port_id: str, binding: dict[str, Any]
    ) -> Any:
        """Change a binding."""
        region = _holder(context, port_id)
        if region is None:
            return super().update_port_binding(  # type: ignore[misc]
                context, host, port_id, binding
            )
        return _one(_ask(region, 'PUT', port_id, host, body=_asked(binding)))

    def activate(self, context: Any, host: str, port_id: str) -> Any:
        """Have a port be where it was bound as well."""
        region = _holder(context, port_id)
        if region is None:
            return super().activate(  # type: ignore[misc]
                context, host, port_id
            )
        return _ask(region, 'PUT', port_id, host, apidef.ACTIVATE_BINDING)

    def delete_port_binding(
        self, context: Any, host: str, port_id: str
    ) -> None:
        """Take a binding back."""
        region = _holder(context, port_id)
        if region is None:
            super().delete_port_binding(  # type: ignore[misc]
                context, host, port_id
            )
            return
        _ask(region, 'DELETE', port_id, host)

    def get_port_binding(
        self,
        context: Any,
        host: str,
        port_id: str,
        fields: Sequence[str] | None = None,
    ) -> Any:
        """Return a binding."""
        region = _holder(context, port_id)
        if region is None:
            return super().get_port_binding(  # type: ignore[misc]
                context, host, port_id, fields
            )
        return _only(_one(_ask(region, 'GET', port_id, host)), fields)

    def get_port_bindings(
        self,
        context: Any,
        port_id: str,
        filters: dict[str, Any] | None = None,
        fields: Sequence[str] | None = None,
        **page: Any,
    ) -> Any:
        """Return the bindings of a port, a few at most."""
        region = _holder(context, port_id)
        if region is None:
            return super().get_port_bindings(  # type: ignore[misc]
                context, port_id, filters, fields, **page
            )
        found = _ask(region, 'GET', port_id)[apidef.COLLECTION_NAME]
        return [
            _only(one, fields)
            for one in found
            if all(one[key] in some for key, some in (filters or {}).items())
        ]


def _holder(context: Any, port_id: str) -> str | None:
    """Return the region that has a port, None when none has."""
    with db_api.CONTEXT_READER.using(context):
        found = presence.regions_of(context.session, types.PORT, port_id)
    return found[0] if found else None


def _asked(binding: dict[str, Any]) -> dict[str, Any]:
    said = binding[apidef.RESOURCE_NAME]
    return {
        apidef.RESOURCE_NAME: {key: said[key] for key in _ASKED if key in said}
    }


def _one(answer: dict[str, Any]) -> dict[str, Any]:
    return dict(answer[apidef.RESOURCE_NAME])


def _only(
    binding: dict[str, Any], fields: Sequence[str] | None
) -> dict[str, Any]:
    return {
        key: value
        for key, value in binding.items()
        if not fields or key in fields
    }


def _ask(
    region: str,
    method: str,
    port_id: str,
    *more: str,
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    try:
        auth.check(cfg.CONF)
        client = regions.RegionClient(cfg.CONF, region, LONGEST)
        return client.bindings(method, port_id, *more, body=body)
    except regions.ReplicaRefused as exc:
        asked = (body or {}).get(apidef.RESOURCE_NAME, {})
        host = more[0] if more else str(asked.get(apidef.HOST, ''))
        raise _refusal(exc, region, port_id, host) from exc
    except (regions.RegionUnreachable, auth.CredentialsMissing) as exc:
        raise BindingUnknown(
            port_id=port_id, region=region, reason=str(exc).rstrip('.')
        ) from exc


def _refusal(
    exc: regions.ReplicaRefused, region: str, port_id: str, host: str
) -> n_exc.NeutronException:
    known = _REFUSALS.get(exc.type)
    if known is not None:
        return known(port_id=port_id, host=host)
    if exc.status == 404:
        return n_exc.PortNotFound(port_id=port_id)
    if exc.status == 400:
        return n_exc.BadRequest(resource=apidef.RESOURCE_NAME, msg=exc.message)
    return BindingUnknown(port_id=port_id, region=region, reason=str(exc))
