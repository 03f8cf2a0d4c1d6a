# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Bringing what an API request names into this region.

A region that meets an unknown ID asks central once, on behalf of the
request's real caller (neutron29-rules, rules 4 and 10).
"""

from collections.abc import Callable, Iterable
import contextlib
from typing import Any, TypeVar

from neutron_lib import context as neutron_context
from neutron_lib import exceptions
from oslo_config import cfg
from oslo_log import log as logging
from oslo_utils import excutils
import tenacity

from tricircle.client import central
from tricircle.client import central_errors
from tricircle.conf import client as client_conf
from tricircle.conf import fault_point
from tricircle.conf import local as local_conf
from tricircle.db.local.models import State
from tricircle.local.asking import asked
from tricircle.local.asking import dhcp_agents
from tricircle.local.asking import errors
from tricircle.local.asking import known
from tricircle.local.asking import request
from tricircle.local.engine import apply
from tricircle.local.engine import kinds
from tricircle.local.engine import ledger
from tricircle.local.engine import parts
from tricircle.local.engine import refusals
from tricircle.local.engine.lease import leases
from tricircle.local.process import region
from tricircle.replica import messages
from tricircle.replica import types
from tricircle.replica.document import Document

LOG = logging.getLogger(__name__)

_Answer = TypeVar('_Answer')

#: Of one name, the most that are brought here by one request.
_MOST_ALIKE = 20
#: Seconds that one more question to central takes at most, usually.
_LAST_TRY = 0.5


class Puller:
    """Pulls for one plugin.

    :param conf: the region's configuration
    :param client: central
    :param kept: keeps a port, by its ID, for who is about to use it
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        client: central.CentralClient,
        kept: Callable[[str], contextlib.AbstractContextManager[None]],
    ) -> None:
        self._conf = conf
        self._client = client
        self._kept = kept
        self._memory = asked.Memory(conf[local_conf.GROUP].not_found_memory)
        self._flights = asked.Flights()

    def time_left(self) -> float:
        """Return the seconds the current request may wait for central."""
        return request.time_left(self._conf[client_conf.GROUP].central_timeout)

    def use_port(self, port_id: str, again: bool = False) -> None:
        """Bring a port here that is about to be used.

        A region that has it and does not use it gives it up: as long as
        this request may wait, it waits for that.

        :param again: also when it is here, because it is being given up
        :raises neutron_lib.exceptions.PortInUse: another region uses it
        :raises neutron_lib.exceptions.NotFound: as :meth:`pull`
        :raises CentralUnavailable: central does not answer
        """
        key, body = self._question(types.PORT, port_id)
        body['purpose'] = messages.USE
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_being_released),
            wait=tenacity.wait_exponential(0.05, max=0.4),
            stop=lambda _state: self.time_left() < _LAST_TRY,
            reraise=True,
        )

        def ask() -> None:
            try:
                retrying(self._pull, types.PORT, port_id, body, again)
            except central_errors.CentralError as exc:
                if not _is_being_released(exc):
                    raise
                # To a client it is just Neutron's own error.
                raise central_errors.CentralError(
                    exc.status, exceptions.PortInUse.__name__, exc.message
                ) from exc

        self._ask_once((*key, messages.USE, again), ask)
        request.forget_elsewhere(port_id)

    def pull(
        self, resource_type: str, resource_id: str, again: bool = False
    ) -> None:
        """Bring a resource here, for the caller of the current request.

        :param resource_type: a type of documents
        :param again: also when it is here, but perhaps not all of it
        :raises neutron_lib.exceptions.NotFound: central has it not for this
            caller and region; with central's own type and message
        :raises PortElsewhere: another region has the port
        :raises CentralUnavailable: central does not answer
        """
        if resource_type == types.PORT and not request.is_look():
            self.use_port(resource_id)
            return
        key, body = self._question(resource_type, resource_id)
        body['purpose'] = (
            messages.DELETE if request.is_deletion() else messages.LOOK
        )
        self._ask_once(
            key, lambda: self._pull(resource_type, resource_id, body, again)
        )

    def networks_of_subnets(self, subnet_ids: Iterable[str]) -> dict[str, str]:
        """Return the network of each subnet that central knows.

        :raises CentralUnavailable: central does not answer
        """
        wanted = sorted(set(subnet_ids))
        if not wanted:
            return {}
        try:
            return self._client.networks_of_subnets(
                wanted,
                request_id=request.request_id(),
                timeout=self.time_left(),
            )
        except central_errors.CentralError as exc:
            raise errors.translate(
                exc, self._client.url, as_region=True
            ) from exc

    def ids(
        self, resource_type: str, filters: Iterable[tuple[str, str]]
    ) -> list[str]:
        """Return the IDs of what central shows the caller.

        :param filters: as for :func:`tricircle.client.paths.ids`
        :raises CentralUnavailable: central does not answer
        """
        wanted = tuple(sorted(filters))
        key, _body = self._question(resource_type, wanted)
        collection = kinds.collection(resource_type)

        def ask() -> list[str]:
            found = self._client.ids(
                request.caller(),
                collection,
                wanted,
                _MOST_ALIKE,
                request_id=request.request_id(),
                timeout=self.time_left(),
            )
            if not found:
                # As it is with IDs, this is remembered for a moment.
                raise central_errors.CentralError(
                    404, exceptions.NotFound.__name__, 'There is none.'
                )
            if len(found) == _MOST_ALIKE:
                LOG.warning(
                    'Central has %s or more %s with %s: no more of them are '
                    'brought here at once.',
                    _MOST_ALIKE,
                    collection,
                    ', '.join(f'{name} {value}' for name, value in wanted),
                )
            return found

        try:
            return self._ask_once(key, ask)
        except exceptions.NotFound:
            return []

    def pull_subnet(self, subnet_id: str) -> None:
        """Bring a subnet here, which comes with its network.

        :raises neutron_lib.exceptions.NotFound: as :meth:`pull`
        :raises CentralUnavailable: central does not answer
        """
        key, body = self._question(ledger.SUBNET, subnet_id)

        def ask() -> None:
            network_id = self._client.network_of_subnet(
                subnet_id,
                request_id=request.request_id(),
                timeout=self.time_left(),
            )
            # Also when the network is here, but without this subnet.
            self._pull(types.NETWORK, network_id, body, again=True)

        self._ask_once(key, ask)

    def _question(
        self, resource_type: str, what: object
    ) -> tuple[asked.Key, messages.PullBody]:
        caller = request.caller()
        if caller is None:
            raise RuntimeError('Only a request of a user asks central.')
        body = messages.PullBody(
            project_id=str(caller.project_id or ''),
            is_admin=bool(caller.is_admin),
            dhcp_agents=dhcp_agents.usual(self._conf),
        )
        return (
            resource_type,
            what,
            body['project_id'],
            body['is_admin'],
        ), body

    def _ask_once(self, key: asked.Key, ask: Callable[[], _Answer]) -> _Answer:
        known = self._memory.recall(key)
        if known is not None:
            raise errors.translate(known, self._client.url)

        is_write, is_ours = request.is_write(), False
        if is_write:
            self._memory.forget(str(asked.project_of(key)))

        def remember() -> _Answer:
            nonlocal is_ours
            is_ours = True
            try:
                return ask()
            except central_errors.CentralError as exc:
                if exc.status == 404:
                    self._memory.note(key, exc)
                raise

        try:
            try:
                return self._flights.join(key, remember, self.time_left())
            except central_errors.CentralError as exc:
                if is_ours or not is_write or exc.status != 404:
                    raise
                # Another request was told so: it may have asked before what
                # this one follows.
                return self._flights.join(key, remember, self.time_left())
        except central_errors.CentralError as exc:
            raise errors.translate(
                exc, self._client.url, as_region=True
            ) from exc
        except TimeoutError as exc:
            raise refusals.CentralUnavailable(
                url=self._client.url, reason='no answer in time'
            ) from exc

    def _pull(
        self,
        resource_type: str,
        resource_id: str,
        body: messages.PullBody,
        again: bool = False,
    ) -> None:
        bring(
            resource_type,
            resource_id,
            lambda: self._client.pull(
                resource_type,
                resource_id,
                region.name(self._conf),
                body,
                context=request.caller(),
                request_id=request.request_id(),
                timeout=self.time_left(),
            ),
            again,
            self._kept if body.get('purpose') == messages.USE else None,
        )


def _is_being_released(exc: BaseException) -> bool:
    return (
        isinstance(exc, central_errors.CentralError)
        and exc.type == messages.PORT_BEING_RELEASED
    )


def bring(
    resource_type: str,
    resource_id: str,
    ask: Callable[[], Document],
    again: bool = False,
    kept: Callable[[str], contextlib.AbstractContextManager[None]]
    | None = None,
) -> None:
    """Ask central for a resource and make the region have it.

    The lease is taken before central is asked: what central tells this
    region afterwards, for instance to remove it again, comes after.

    :param ask: asks central
    :param again: also when the resource is here
    :param kept: called with its ID, and entered while it comes
    :raises CentralError: what central answered
    :raises ReplicaBusy: another worker of the region is at it
    :raises neutron_lib.exceptions.NeutronException: when the region cannot
        have it, for instance because its VLAN is taken here; when it cannot
        have all of it, unless that is only looked at
    """
    context = neutron_context.get_admin_context()
    with leases.leased(resource_type, resource_id) as lease:
        row = lease.row
        if (
            row is not None
            and row.state == State.PRESENT
            and not again
            and not known.unknown(resource_type, [resource_id])
        ):
            # Another worker brought it while this one waited.
            return
        try:
            if row is None:
                kinds.applier(resource_type).check(context, resource_id)
            document = ask()
        except Exception:
            with excutils.save_and_reraise_exception():
                if row is None:
                    lease.forget()
        fault_point.reach('local.pull.answered')
        with kept(resource_id) if kept else contextlib.nullcontext():
            _apply(context, document)


def _apply(context: Any, document: Document) -> None:
    """Make the region have what central gave, for the current request."""
    try:
        apply.apply(context, document, pulled=True)
    except refusals.ReplicaOutdated:
        # Central pushed something newer before this lease was taken.
        LOG.debug('A newer %s %s is here', document.type, document.id)
    except Exception as exc:
        if not (parts.is_of_parts(exc) and request.is_look()):
            raise
        # Central was told of it, and its job goes on trying.
        LOG.warning('A look is answered all the same: %s', exc)


def again(
    client: central.CentralClient,
    conf: cfg.ConfigOpts,
    resource_type: str,
    resource_id: str,
    body: messages.PullBody,
) -> None:
    """Get a resource anew, for the region itself.

    What central has not for this region is left as it is.

    :raises CentralError: what central answered, if it did not say that
    """

    def ask() -> Document:
        return client.pull(resource_type, resource_id, region.name(conf), body)

    try:
        bring(resource_type, resource_id, ask, again=True)
    except central_errors.CentralError as exc:
        if exc.status != 404 or exc.type == 'PodNotFound':
            raise
        LOG.info(
            'Central has no %s %s for this region: %s',
            resource_type,
            resource_id,
            exc.message,
        )
