# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/v2.0/replicas/adoption/{network_id}``: central takes a network over.

``GET`` says what the region has, ``PUT`` with the digest of that makes it
central's, ``DELETE`` the region's again if central could not have it. It is
XJob that asks, as for replicas.
"""

from typing import Any, Final

from neutron_lib import exceptions
from neutron_lib.db import api as db_api

from tricircle.db import retries
from tricircle.local.adoption import taking
from tricircle.local.adoption import word
from tricircle.local.engine import ledger
from tricircle.local.engine.api import replicas
from tricircle.replica import references
from tricircle.replica import types

_TYPE: Final = 'adoption'


class Controller:
    """Networks of the region's own."""

    @replicas.naming_the_cause
    @retries.bounded
    def show(self, request: Any, id: str, **kwargs: Any) -> dict[str, Any]:
        """Return a network with all that is on it."""
        context = replicas.enforce(request, 'get')
        _check_id(id)
        with db_api.CONTEXT_READER.using(context):
            found = word.read(context, id)
            row = ledger.owned(context.session, types.NETWORK, id)
        return {_TYPE: {**found, 'is_central': row is not None}}

    @replicas.naming_the_cause
    def update(
        self, request: Any, id: str, body: Any = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Make it central's."""
        replicas.enforce(request, 'update')
        _check_id(id)
        try:
            wanted = body[_TYPE]
            digest = wanted['digest']
            group = wanted.get('default_security_group')
        except (TypeError, KeyError, AttributeError):
            raise replicas.InvalidReplica(
                reason='the body is {"adoption": {"digest": ...}}'
            ) from None
        if not isinstance(digest, str) or not (
            group is None
            or references.is_resource_id(types.SECURITY_GROUP, group)
        ):
            raise replicas.InvalidReplica(
                reason='digest is a text, default_security_group an ID'
            )
        taking.take(id, digest, group)
        return {_TYPE: {'id': id, 'is_central': True}}

    @replicas.naming_the_cause
    def delete(self, request: Any, id: str, **kwargs: Any) -> None:
        """Make it the region's own again."""
        replicas.enforce(request, 'delete')
        _check_id(id)
        taking.give_back(id)


def _check_id(network_id: str) -> None:
    if not references.is_resource_id(types.NETWORK, network_id):
        raise exceptions.NetworkNotFound(net_id=network_id)


def resource() -> Any:
    """Return the API resource."""
    return replicas.resource(_TYPE, Controller())
