# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Have what is wanted on this host, send it, and tell what came of it."""

from collections.abc import Callable, Mapping
import contextlib
import dataclasses
import functools
import json
import threading
import time
from typing import Any, Final, Protocol

from neutron.api.rpc.callbacks import resources
from neutron_lib import constants
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from oslo_log import log as logging

from tricircle.agent.verifying import ports
from tricircle.replica import probes

LOG = logging.getLogger(__name__)

#: Seconds from the end of a round to the next.
_PAUSE: Final = 1.5
#: Seconds after which Neutron is asked again, in case a notification was
#: lost: while there are ports, and while there are none.
_REFRESH: Final = 10.0
_IDLE: Final = 300.0
#: Seconds after which a port that is still there sends nothing any more.
_LIFETIME: Final = 900.0
#: Characters of what is told, and of all that a state report says: that is
#: one value of the region's database, of 4095 characters, and without reports
#: the agent would count as dead.
_ROOM: Final = 2000
_MOST: Final = 3900
_NEVER: Final = probes.Result(0)


class Host(Protocol):
    """What is done on a host, as :mod:`.namespaces` does it."""

    def present(self) -> set[str]:
        """Return the IDs of the ports that have a namespace."""

    def make(self, port: ports.Wanted) -> None:
        """Make the namespace of a port."""

    def remove(self, port_id: str) -> None:
        """Remove what there is of a port."""

    def send(self, wanted: Mapping[str, ports.Wanted]) -> dict[str, Any]:
        """Send the probes of ports once."""


@dataclasses.dataclass
class _Port:
    """A port that was wanted.

    :ivar since: when it was first, by the monotonic clock
    :ivar made: as what it has a namespace now, None before
    """

    since: float
    made: ports.Wanted | None = None
    result: probes.Result = _NEVER


class Runner:
    """Has the probe ports of a host, as long as they are wanted.

    Whatever goes wrong is told of the port, and tried again; it keeps
    neither the agent nor the guard from anything.

    :param host: does it
    :param pull: asks the region's Neutron what is wanted, by ports' IDs
    """

    def __init__(
        self, host: Host, pull: Callable[[], dict[str, ports.Wanted]]
    ) -> None:
        self._host = host
        self._pull = pull
        self._ports: dict[str, _Port] = {}
        self._wanted: dict[str, ports.Wanted] = {}
        self._agent: Any = None
        self._due = 0.0
        self._stopped = threading.Event()
        # At the beginning, for what an agent before this one has left.
        self._changed = threading.Event()
        self._changed.set()
        self._wake = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name='verify-probes', daemon=True
        )

    def start(self) -> None:
        """Begin, and remove what is left of before."""
        registry.subscribe(
            self._agent_there, constants.AGENT_TYPE_OVS, events.AFTER_INIT
        )
        for event in (events.AFTER_UPDATE, events.AFTER_DELETE):
            registry.subscribe(self._port_changed, resources.PORT, event)
        self._thread.start()

    def stop(self) -> None:
        """End the thread. What is on the host stays for the next agent."""
        registry.unsubscribe_all(self._agent_there)
        registry.unsubscribe_all(self._port_changed)
        self._stopped.set()
        self._wake.set()
        self._thread.join()

    def _agent_there(
        self, resource: str, event: str, trigger: Any, payload: Any = None
    ) -> None:
        # Before the agent sends it, so that the key is there from the first
        # report on: by it the command knows which hosts take probes.
        trigger.agent_state['configurations'][probes.KEY] = self.told()
        self._agent = trigger

    def _port_changed(
        self, resource: str, event: str, trigger: Any, payload: Any
    ) -> None:
        """Note it; this is called in a thread that must not be held up."""
        if payload.resource_id in self._ports or any(
            state is not None and state.device_owner == probes.DEVICE_OWNER
            for state in payload.states
        ):
            self._changed.set()
            self._wake.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.clear()
            try:
                busy = self.step()
            except Exception as exc:
                busy = True
                LOG.warning(
                    'Probes of "verify" failed, they will be tried again: '
                    '%(reason)s',
                    {'reason': exc},
                )
            if busy:
                self._stopped.wait(_PAUSE)
            else:
                self._wake.wait(_IDLE)

    def step(self) -> bool:
        """Do what is to be done now, and send everything once.

        :returns: whether there is more to do soon
        :raises Exception: Neutron does not answer. What was noticed is done
            in the next step.
        """
        now = time.monotonic()
        if self._changed.is_set() or now >= self._due:
            self._changed.clear()
            try:
                self._wanted = self._pull()
            except Exception:
                self._changed.set()
                raise
            self._due = now + _REFRESH
        busy = self._settle()
        self._send()
        self._tell()
        return busy or self._changed.is_set()

    def _settle(self) -> bool:
        """Have those on the host that are wanted, and no others.

        :returns: whether there are any, or there is one that does not go
        """
        now = time.monotonic()
        for port_id in self._wanted:
            self._ports.setdefault(port_id, _Port(now))
        for port_id in self._ports.keys() - self._wanted.keys():
            del self._ports[port_id]
        live = {
            port_id: port
            for port_id, port in self._ports.items()
            if now - port.since < _LIFETIME
        }
        present = self._host.present()
        gone = True
        for port_id in sorted(present - live.keys()):
            LOG.info('Probe port %s goes from this host', port_id)
            remove = functools.partial(self._host.remove, port_id)
            gone &= self._try(port_id, remove)
        for port_id, port in live.items():
            wanted = self._wanted[port_id]
            if port.made == wanted and port_id in present:
                continue
            if port.made is None:
                LOG.info('Probe port %s comes to this host', port_id)
            if self._try(port_id, functools.partial(self._host.make, wanted)):
                port.made = wanted
        for port_id in self._ports.keys() - live.keys():
            self._ports[port_id].made = None
        return bool(live) or not gone

    def _try(self, port_id: str, step: Callable[[], None]) -> bool:
        try:
            step()
        except Exception as exc:
            LOG.warning(
                'Probe port %(port)s: %(reason)s',
                {'port': port_id, 'reason': exc},
            )
            self._failed(port_id, str(exc))
            return False
        return True

    def _failed(self, port_id: str, why: str) -> None:
        with contextlib.suppress(KeyError):
            port = self._ports[port_id]
            # An empty text would tell of no error.
            said = why[: probes.MOST_ERROR] or 'failed'
            port.result = probes.Result(port.result.round, error=said)

    def _send(self) -> None:
        ready = {
            port_id: port.made
            for port_id, port in self._ports.items()
            if port.made is not None and port.made.probes
        }
        if not ready:
            return
        try:
            results = self._host.send(ready)
        except Exception as exc:
            LOG.warning('Probes could not be sent: %s', exc)
            results = dict.fromkeys(ready, str(exc))
        for port_id, found in results.items():
            port = self._ports[port_id]
            if isinstance(found, str):
                self._failed(port_id, found)
            else:
                port.result = probes.Result(
                    port.result.round + 1, tuple(found)
                )

    def told(self, room: int = _ROOM) -> dict[str, Any]:
        """Return what the agent's report says of the ports here.

        What there is no room for is left out, and the command says that it
        heard nothing.

        :param room: in characters
        """
        found: dict[str, Any] = {}
        for port_id, port in sorted(self._ports.items()):
            found[port_id] = port.result.packed()
            if len(json.dumps(found)) > room:
                del found[port_id]
        return found

    def _tell(self) -> None:
        if self._agent is None:
            return
        configurations = self._agent.agent_state['configurations']
        others = {
            key: value
            for key, value in configurations.items()
            if key != probes.KEY
        }
        told = self.told(min(_ROOM, _MOST - len(json.dumps(others))))
        if configurations.get(probes.KEY) != told:
            configurations[probes.KEY] = told
            # Now, not with the next report, half a minute from here.
            self._agent._report_state()
