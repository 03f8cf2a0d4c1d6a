# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Ports on central networks: central allocates, then the region creates.

The region chooses the ID and writes it down before it asks, so that no
answer can be lost for good: what was asked for and never completed here is
given back through the outbox (neutron29-rules, rule 1).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
import contextlib
import dataclasses
from typing import Any, Final

from neutron_lib import context as neutron_context
from neutron_lib import exceptions
from oslo_config import cfg
from oslo_utils import excutils
from oslo_utils import uuidutils

from tricircle.client import central
from tricircle.client import central_errors
from tricircle.conf import client as client_conf
from tricircle.conf import durations
from tricircle.conf import fault_point
from tricircle.db import aside
from tricircle.local.asking import dhcp_agents
from tricircle.local.asking import errors
from tricircle.local.asking import request
from tricircle.local.engine import apply
from tricircle.local.engine import refusals
from tricircle.local.port import request as port_request
from tricircle.local.port.address import allocation_rows
from tricircle.local.port.address import guard
from tricircle.local.process import region
from tricircle.replica import messages
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import DocumentError

#: Ports asked for in one request, each of which has its own time.
_AT_ONCE = 5
#: How much of [client] central_timeout each port beside the first adds: one
#: with a large security group takes central a second when it is busy.
_SHARE = 0.5
#: Seconds that making one of many here takes at most, on a busy machine.
_MAKING = 0.5

#: Type of the error of a used up quota, Neutron's own.
_OVER_QUOTA = exceptions.OverQuota.__name__


class AllocationLost(exceptions.Conflict):
    """Central took a port back while it was being made here."""

    message = (
        'Port %(port_id)s was deleted in central Neutron while it '
        'was being created in this region.'
    )


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A port to create on a central network.

    :ivar attributes: the request's, as the plugin got them
    """

    id: str
    attributes: Mapping[str, Any]


#: The ports that this request has got from central and is making now.
_making: Final = aside.Aside[Mapping[str, Document]]('making')


def complete(context: Any, port_id: str) -> bool:
    """Note, in the transaction that makes a port, that it is here.

    :returns: False when it is not one that central has just allocated
    :raises AllocationLost: when it was given back meanwhile
    """
    document = (_making.of(context) or {}).get(port_id)
    if document is None:
        return False
    if not allocation_rows.complete(context.session, document):
        raise AllocationLost(port_id=port_id)
    return True


@contextlib.contextmanager
def _made_from(context: Any, documents: list[Document]) -> Iterator[None]:
    """Let the ports of these documents be made, with their addresses."""
    with (
        _making.said(context, {one.id: one for one in documents}),
        guard.granted(
            context,
            {one.id: one.body['port']['fixed_ips'] for one in documents},
        ),
    ):
        yield


class Allocator:
    """Allocates for one plugin.

    :param conf: the region's configuration
    :param client: central
    """

    def __init__(
        self, conf: cfg.ConfigOpts, client: central.CentralClient
    ) -> None:
        self._conf = conf
        self._client = client

    def create(
        self,
        context: Any,
        ports: Sequence[Mapping[str, Any]],
        make: Callable[[list[dict[str, Any]]], Any],
    ) -> Any:
        """Allocate ports in central, then make them here.

        :param context: with which they are made
        :param ports: attributes of ports on central networks
        :param make: creates the ports of the region, given their attributes
            with everything that central decided
        :returns: what `make` does
        :raises neutron_lib.exceptions.NeutronException: what central said,
            with its type; nothing is left behind
        :raises CentralUnavailable: central does not answer
        """
        wanted = [
            Wanted(str(port.get('id') or uuidutils.generate_uuid()), port)
            for port in ports
        ]
        allocation_rows.record({one.id: one.attributes for one in wanted})
        fault_point.reach('local.port.recorded')
        documents = self._ask_for_all(wanted)
        fault_point.reach('local.port.allocated')
        try:
            return self._make(context, wanted, documents, make)
        except Exception:
            with excutils.save_and_reraise_exception():
                # Those of many that were made before another failed have been
                # deleted again by then, or are here for good.
                allocation_rows.give_back(_ids(wanted))

    def _make(
        self,
        context: Any,
        wanted: list[Wanted],
        documents: list[Document],
        make: Callable[[list[dict[str, Any]]], Any],
    ) -> Any:
        admin = neutron_context.get_admin_context()
        for document in documents:
            apply.apply_required(admin, document)
        fault_point.reach('local.port.required')
        bodies = [
            port_request.to_region(admin, one.attributes, document)
            for one, document in zip(wanted, documents, strict=True)
        ]
        with _made_from(context, documents):
            made = make(bodies)
        fault_point.reach('local.port.created')
        return made

    def _ask_for_all(self, wanted: list[Wanted]) -> list[Document]:
        """Return the documents of the ports, asked for some at a time.

        Each part has the time that one question has: a central that goes on
        answering is waited for, one that stopped is not. When a part is
        refused, the parts before it are given back.
        """
        if len(wanted) == 1:
            return self._ask(wanted)
        got: list[Document] = []
        for start in range(0, len(wanted), _AT_ONCE):
            end = start + _AT_ONCE
            # Central has just answered, or is asked for the first time.
            request.restart_time(self._time_for(len(wanted[start:end])))
            try:
                got += self._ask(wanted[start:end])
            except Exception:
                with excutils.save_and_reraise_exception():
                    self._forget(wanted[end:], lost=False)
                    allocation_rows.give_back(_ids(wanted[:start]))
            if len(wanted) > _AT_ONCE:
                allocation_rows.renew(_ids(wanted), _MAKING * len(got))
        return got

    def _ask(self, wanted: list[Wanted]) -> list[Document]:
        """Return the documents of the ports, which central has made.

        An answer that was lost is asked for once more, if there is time.
        """
        admin = neutron_context.get_admin_context()
        bodies = [
            port_request.to_central(
                admin, one.attributes, one.id, region.name(self._conf)
            )
            for one in wanted
        ]
        lost = False
        try:
            try:
                return self._allocate(bodies)
            except central_errors.CentralUnreachable as exc:
                lost = exc.sent
                if not lost or not self._time_left():
                    raise
                return self._allocate_again(wanted, bodies)
        except central_errors.CentralError as exc:
            with excutils.save_and_reraise_exception(reraise=False):
                lost = lost or exc.status >= 500
                self._forget(wanted, lost)
            raise errors.translate(exc, self._client.url) from exc
        except (DocumentError, KeyError) as exc:
            with excutils.save_and_reraise_exception(reraise=False):
                self._forget(wanted, lost=True)
            raise refusals.CentralUnavailable(
                url=self._client.url,
                reason=f'its answer cannot be read ({exc})',
            ) from exc

    def _allocate(self, bodies: list[dict[str, Any]]) -> list[Document]:
        made = self._client.allocate(
            request.caller(),
            bodies,
            request_id=request.request_id(),
            timeout=self._time_left(),
        )
        return [self._client.document_of(one) for one in made]

    def _allocate_again(
        self, wanted: list[Wanted], bodies: list[dict[str, Any]]
    ) -> list[Document]:
        """Repeat a request whose answer was lost.

        Central checks the quota before it sees that it has the ports: the
        first request may have used up what the second is refused for.
        """
        try:
            return self._allocate(bodies)
        except central_errors.CentralError as exc:
            if exc.type != _OVER_QUOTA:
                raise
            refused = exc
        caller = request.caller()
        try:
            return [
                self._client.pull(
                    types.PORT,
                    one.id,
                    region.name(self._conf),
                    messages.PullBody(
                        project_id=str(caller.project_id or ''),
                        is_admin=bool(caller.is_admin),
                        dhcp_agents=dhcp_agents.usual(self._conf),
                    ),
                    context=caller,
                    request_id=request.request_id(),
                    timeout=self._time_left(),
                )
                for one in wanted
            ]
        except central_errors.CentralError as exc:
            if exc.status != 404:
                raise
            # Not made the first time either.
            raise refused from exc

    def _time_for(self, count: int) -> float:
        """Return the seconds that central has for so many ports."""
        single: float = self._conf[client_conf.GROUP].central_timeout
        return single * (1 + _SHARE * (count - 1))

    def _time_left(self) -> float:
        return request.time_left(self._time_for(1))

    def _forget(self, wanted: list[Wanted], lost: bool) -> None:
        """Leave nothing behind of what central refused.

        :param lost: it may have been made all the same
        """
        if lost:
            allocation_rows.give_back(_ids(wanted), durations.ALLOCATION_OVER)
            return
        allocation_rows.forget(_ids(wanted))


def _ids(wanted: list[Wanted]) -> list[str]:
    return [one.id for one in wanted]
