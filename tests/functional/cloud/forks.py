# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Processes forked off one that has imported their libraries already."""

from collections.abc import Mapping, Sequence
import contextlib
import json
import os
from pathlib import Path
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from typing import Any

from tests.functional.cloud import warm_parent


class Fork:
    """A child of a warm parent, with what a Popen has that tests use.

    :ivar pid: of the process and of its group
    :ivar returncode: None until :meth:`poll` or :meth:`wait` saw the end
    """

    def __init__(self, parent: 'WarmParent', pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._parent = parent
        # It stays a zombie, and the number its own, until it is reaped.
        self._descriptor = os.pidfd_open(pid)
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code; -9 after kill -9.

        :param timeout: in seconds; TimeoutExpired after it
        """
        with self._lock:
            if self.returncode is None:
                ended = select.poll()
                ended.register(self._descriptor, select.POLLIN)
                if not ended.poll(None if timeout is None else timeout * 1000):
                    raise subprocess.TimeoutExpired('fork', timeout or 0)
                self.returncode = self._parent.ask({'reap': self.pid})
                os.close(self._descriptor)
            return self.returncode

    def terminate(self) -> None:
        """Ask it to end."""
        with self._lock:
            if self.returncode is None:
                signal.pidfd_send_signal(self._descriptor, signal.SIGTERM)


class WarmParent:
    """A process that has imported a module, to fork others off.

    It ends with the process that made it.

    :param module: imports what their programs do
    :param environment: what modules look for while they are imported
    :param marker: a variable in it, and in that of each fork with a value
        of the same length: there others find it in ``/proc``
    """

    def __init__(
        self, module: str, environment: Mapping[str, str], marker: str
    ) -> None:
        self._channel, theirs = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_SEQPACKET
        )
        self._marker = marker
        self._output = tempfile.TemporaryFile()
        with theirs:
            self._process = subprocess.Popen(
                # Without -P modules beside the script would hide others.
                [sys.executable, '-P', warm_parent.__file__, module],
                stdin=theirs.fileno(),
                stdout=self._output,
                stderr=self._output,
                env=dict(environment),
                start_new_session=True,
            )
        self._lock = threading.Lock()

    def start(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
        streams: tuple[int, int, int],
    ) -> Fork:
        """Start a Python script, or ``PYTHON -m MODULE``, in a new session.

        :param streams: standard input, output and error
        """
        return Fork(
            self,
            self.ask(
                {
                    'arguments': list(arguments),
                    'environment': dict(environment),
                    'directory': str(directory),
                    'marker': self._marker,
                },
                streams,
            ),
        )

    def ask(self, request: Any, streams: Sequence[int] = ()) -> int:
        """Send a request and return the answer; for forks alone."""
        with self._lock:
            socket.send_fds(
                self._channel, [json.dumps(request).encode()], streams
            )
            answer = self._channel.recv(warm_parent.LONGEST)
        if not answer:
            self._output.seek(0)
            raise RuntimeError(
                'warm parent: %s' % self._output.read().decode()
            )
        return int(json.loads(answer))


_parents: dict[str, WarmParent] = {}


def parent_with(
    module: str, environment: Mapping[str, str], marker: str
) -> WarmParent:
    """Return this process's warm parent that imports a module.

    It is made when there is none yet, and not waited for.

    :param marker: see :class:`WarmParent`; its value is nobody's there
    """
    if module not in _parents:
        nobody = '0' * len(environment[marker])
        _parents[module] = WarmParent(
            module, {**environment, marker: nobody}, marker
        )
    return _parents[module]
