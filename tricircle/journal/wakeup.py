# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Tell who has work that there is some, without making a request wait.

A message only saves XJob from waiting for its next look at the journal; a
lost one costs at most that. So requests put region names into a bounded
queue, and a thread of the process's own talks to the broker, or fails to.
What is for central itself needs no broker: central's processes are told
where the change is.
"""

from collections.abc import Callable, Iterable
import os
import queue
import threading
from typing import Any, Final

from oslo_config import cfg
from oslo_log import log as logging
import oslo_messaging
from sqlalchemy import orm

from tricircle.db import after_commit as commits

LOG = logging.getLogger(__name__)

TOPIC = 'xjob'
EXCHANGE = 'openstack'
VERSION = '1.0'
_LONGEST_QUEUE = 1000
#: Regions whose work this process does itself.
_here: Final[dict[str, Callable[[], None]]] = {}


def target(**kwargs: Any) -> oslo_messaging.Target:
    """Return the address of all XJob processes."""
    return oslo_messaging.Target(
        topic=TOPIC, exchange=EXCHANGE, version=VERSION, **kwargs
    )


def answer_here(region: str, wake: Callable[[], None]) -> None:
    """Have what there is for a region told to this process, not to XJob.

    :param wake: called in the thread that committed; it must not wait
    """
    _here[region] = wake


def after_commit(session: orm.Session, regions: Iterable[str]) -> None:
    """Wake who works for some regions once the session has committed."""
    names = set(regions)
    if names:
        commits.tell(session, _wake, names)


def _wake(names: set[str]) -> None:
    for name in names & _here.keys():
        _here[name]()
    others = names - _here.keys()
    if others:
        _caster().put(others)


class _Caster:
    """The queue and the thread of one process."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._queue: queue.Queue[set[str]] = queue.Queue(_LONGEST_QUEUE)
        self._client: Any = None
        self._warned = False
        threading.Thread(
            target=self._run, name='tricircle-wakeup', daemon=True
        ).start()

    def put(self, names: set[str]) -> None:
        """Queue the names; a full queue wakes XJob anyway."""
        try:
            self._queue.put_nowait(names)
        except queue.Full:
            LOG.debug('Wake-ups are waiting already')

    def _run(self) -> None:
        while True:
            names = self._queue.get()
            try:
                while True:
                    names |= self._queue.get_nowait()
            except queue.Empty:
                pass
            self._cast(sorted(names))

    def _cast(self, names: list[str]) -> None:
        try:
            if self._client is None:
                self._client = oslo_messaging.get_rpc_client(
                    oslo_messaging.get_rpc_transport(cfg.CONF), target()
                )
            # No second try: the next look at the journal is soon enough.
            self._client.prepare(retry=0, fanout=True).cast(
                {}, 'wake', regions=names
            )
            self._warned = False
        except Exception as exc:
            log = LOG.debug if self._warned else LOG.warning
            log(
                'XJob could not be woken, it will look by itself: %s',
                type(exc).__name__,
            )
            self._warned = True


_lock = threading.Lock()
_of_process: _Caster | None = None


def _caster() -> _Caster:
    global _of_process
    with _lock:
        # Not before the first use: processes fork, threads do not.
        if _of_process is None or _of_process.pid != os.getpid():
            _of_process = _Caster()
        return _of_process
