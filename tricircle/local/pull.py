# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ask central for what this region does not know.

A region that meets an unknown ID asks central once. Only for requests of
the API, on behalf of the request's real caller, and never inside a
transaction (neutron29-rules, rules 4 and 10).
"""

from collections.abc import Iterable
import threading
import time
from typing import Any

from neutron_lib import context as neutron_context
from oslo_config import cfg
from oslo_log import log as logging
import pecan
from tricircle.client import central
from tricircle.conf import fault_point
from tricircle.local import apply
from tricircle.local import errors
from tricircle.local import region
from tricircle.replica import types
from tricircle.replica.messages import PullBody

LOG = logging.getLogger(__name__)

#: Ledger-only type: a subnet comes with its network.
SUBNET = 'subnet'


def real_caller() -> Any:
    """Return the context of the API request being served, or None."""
    try:
        return pecan.request.context.get('neutron_context')
    except (AttributeError, RuntimeError):
        # No request in this thread.
        return None


class _NotFoundMemory:
    """IDs that central did not know a moment ago, by caller."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, ...], float] = {}
        self._lock = threading.Lock()

    def holds(self, key: tuple[str, ...]) -> bool:
        with self._lock:
            return self._until.get(key, 0.0) > time.monotonic()

    def note(self, key: tuple[str, ...], seconds: float) -> None:
        now = time.monotonic()
        with self._lock:
            if len(self._until) > 10000:
                self._until = {one: until for one, until
                               in self._until.items() if until > now}
            self._until[key] = now + seconds


class _Flights:
    """One request at a time for each resource, in this process."""

    def __init__(self) -> None:
        self._locks: dict[tuple[str, str], tuple[threading.Lock, int]] = {}
        self._guard = threading.Lock()

    def enter(self, key: tuple[str, str]) -> threading.Lock:
        with self._guard:
            lock, users = self._locks.get(key, (threading.Lock(), 0))
            self._locks[key] = (lock, users + 1)
        lock.acquire()
        return lock

    def leave(self, key: tuple[str, str]) -> None:
        with self._guard:
            lock, users = self._locks[key]
            if users == 1:
                del self._locks[key]
            else:
                self._locks[key] = (lock, users - 1)
        lock.release()


class Puller:
    """Pulls for one plugin."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._client = central.CentralClient(conf)
        self._not_found = _NotFoundMemory()
        self._flights = _Flights()

    def may_pull(self, context: Any) -> bool:
        """Tell whether an unknown ID may be asked for here and now."""
        return (region.is_api_worker()
                and not apply.is_applying()
                and real_caller() is not None
                and not region.in_transaction(context))

    def pull(self, context: Any, resource_type: str,
             resource_id: str) -> bool:
        """Bring a resource here; tell whether central had it for the caller.

        :param resource_type: a document type, or ``subnet``
        :raises CentralUnavailable: central does not answer
        :raises neutron_lib.exceptions.NeutronException: central refused for
            another reason than that there is no such thing
        """
        caller = real_caller()
        if caller is None or not self.may_pull(context):
            return False
        memory = (resource_type, resource_id, str(caller.project_id),
                  str(caller.is_admin))
        if self._not_found.holds(memory):
            return False
        flight = (resource_type, resource_id)
        started = time.monotonic()
        self._flights.enter(flight)
        try:
            if time.monotonic() - started > 0.01 and self._arrived(
                    resource_type, resource_id):
                return True
            return self._pull(caller, resource_type, resource_id, memory)
        finally:
            self._flights.leave(flight)

    def _pull(self, caller: Any, resource_type: str, resource_id: str,
              memory: tuple[str, ...]) -> bool:
        body = PullBody(
            project_id=str(caller.project_id or ''),
            is_admin=bool(caller.is_admin),
            dhcp_agents=int(self._conf.dhcp_agents_per_network))
        try:
            if resource_type == SUBNET:
                resource_type, resource_id = types.NETWORK, (
                    self._client.network_of_subnet(resource_id))
            document = self._client.pull(
                resource_type, resource_id, region.name(self._conf), body)
        except central.CentralError as exc:
            if exc.status == 404:
                self._not_found.note(
                    memory, self._conf.tricircle.not_found_memory)
                LOG.info('Central does not give %s %s to this region: %s',
                         resource_type, resource_id, exc.message)
                return False
            raise errors.translate(exc) from exc
        fault_point.reach('local.pull.answered')
        apply.apply(neutron_context.get_admin_context(), document,
                    pulled=True)
        return True

    @staticmethod
    def _arrived(resource_type: str, resource_id: str) -> bool:
        context = neutron_context.get_admin_context()
        try:
            apply.observe(context, resource_type, resource_id)
        except Exception:
            return False
        return True

    def pull_missing(self, context: Any, resource_type: str,
                     wanted: Iterable[str], found: Iterable[str]) -> bool:
        """Pull those of the wanted IDs that were not found.

        :returns: whether any came
        """
        missing = [one for one in dict.fromkeys(wanted)
                   if one not in set(found)]
        if not missing or not self.may_pull(context):
            return False
        return any([self.pull(context, resource_type, one)
                    for one in missing if _may_be_id(one)])


def _may_be_id(text: Any) -> bool:
    return isinstance(text, str) and len(text) == 36
