# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""No request of central waits for a broker.

Neutron's plugins tell agents of every change through RPC, and
oslo.messaging tries for ever while its broker is away. Central has no
agents, so these messages are not sent at all. Nor has it a Nova, a Placement
or an Ironic: those are the regions', which tell them themselves; a thread
that asked central's would end with a traceback, for each network that is
deleted. Notifications for others (``[oslo_messaging_notifications]``), where
an operator wants them, are sent from a thread of their own.
"""

from collections.abc import Callable
import functools
import queue
import threading
from typing import Any, Final, NoReturn

from neutron.notifiers import batch_notifier
from neutron_lib import rpc as n_rpc
from neutron_lib.plugins import directory
from oslo_config import cfg
from oslo_log import log as logging
import oslo_messaging

LOG = logging.getLogger(__name__)

#: Notifications that wait for a broker; more are dropped, and that is said.
_WAITING: Final = 10000
_lock: Final = threading.Lock()
_installed = False


class NoAgents:
    """Stands in for a notifier of agents: every method does nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith('__'):
            raise AttributeError(name)
        return self._nobody_to_tell

    @staticmethod
    def _nobody_to_tell(*args: Any, **kwargs: Any) -> None:
        pass


class SilentClient:
    """An RPC client with nobody at the other end."""

    def prepare(self, *args: Any, **kwargs: Any) -> 'SilentClient':
        return self

    def can_send_version(self, *args: Any, **kwargs: Any) -> bool:
        return True

    def cast(self, ctxt: Any, method: str, **kwargs: Any) -> None:
        LOG.debug('No agent is told of %s: central has none', method)

    def call(self, ctxt: Any, method: str, **kwargs: Any) -> NoReturn:
        """Fail at once, as a call does in the end when nobody answers."""
        raise oslo_messaging.MessagingTimeout(
            f'{method}: central has no agents'
        )


class Sender:
    """Makes calls from a thread, one after the other.

    :param waiting: calls that may wait; what comes while so many do is
        dropped
    """

    def __init__(self, waiting: int = _WAITING) -> None:
        self._queue: queue.Queue[tuple[Callable[..., None], Any]] = (
            queue.Queue(waiting)
        )
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._dropped = 0

    def later(self, send: Callable[..., None], *args: Any) -> None:
        """Call `send` some time soon; return at once."""
        # Not started in __init__: uWSGI forks after that.
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name='notifications', daemon=True
                )
                self._thread.start()
        try:
            self._queue.put_nowait((send, args))
        except queue.Full:
            self._dropped += 1
            # The first, the second, the fourth, ... is worth a line.
            if self._dropped & (self._dropped - 1) == 0:
                LOG.warning(
                    '%d notifications were dropped, because so many '
                    'wait for the broker',
                    self._dropped,
                )

    def wait(self) -> None:
        """Wait until everything was sent."""
        self._queue.join()

    def _run(self) -> None:
        while True:
            send, args = self._queue.get()
            try:
                send(*args)
            except Exception:
                LOG.exception('A notification could not be sent')
            finally:
                self._queue.task_done()


_sender: Final = Sender()


class BackgroundNotifier:
    """Sends as an oslo.messaging notifier does, but never waits."""

    def __init__(self, notifier: Any, sender: Sender = _sender) -> None:
        self._notifier = notifier
        self._sender = sender

    def __getattr__(self, name: str) -> Callable[..., None]:
        # Only what sends is called on a notifier: audit, info, error, ...
        return functools.partial(
            self._sender.later, getattr(self._notifier, name)
        )


def _notifications_are_sent() -> bool:
    try:
        drivers = cfg.CONF.oslo_messaging_notifications.driver
    except (cfg.NoSuchGroupError, cfg.NoSuchOptError):
        return False
    return any(name not in ('', 'noop', 'log') for name in drivers)


def install(core_plugin: type) -> None:
    """Keep a process whose core plugin is `core_plugin` off the broker.

    In a process with another core plugin nothing changes, so that it does
    no harm to import both; safe to repeat.

    :param core_plugin: central's core plugin class
    """
    global _installed
    with _lock:
        if _installed:
            return
        _installed = True
    client_of = n_rpc.get_client
    notifier_of = n_rpc.get_notifier
    queue_event = batch_notifier.BatchNotifier.queue_event

    def is_central() -> bool:
        return isinstance(directory.get_plugin(), core_plugin)

    @functools.wraps(client_of)
    def get_client(*args: Any, **kwargs: Any) -> Any:
        return SilentClient() if is_central() else client_of(*args, **kwargs)

    @functools.wraps(notifier_of)
    def get_notifier(*args: Any, **kwargs: Any) -> Any:
        notifier = notifier_of(*args, **kwargs)
        if is_central() and _notifications_are_sent():
            return BackgroundNotifier(notifier)
        return notifier

    @functools.wraps(queue_event)
    def queue_event_of_a_region(self: Any, event: Any) -> None:
        if not is_central():
            queue_event(self, event)

    batch_notifier.BatchNotifier.queue_event = queue_event_of_a_region
    n_rpc.get_client = get_client
    n_rpc.get_notifier = get_notifier
