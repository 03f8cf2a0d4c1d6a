# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""TCP ports on the loopback that stay ours through restarts of a process."""

import fcntl
import os
from pathlib import Path
import random
import socket
import tempfile

HOST = '127.0.0.1'

# Below the range that Linux takes the local ports of outgoing connections
# from: a port must still be free when a process comes back after kill -9.
_RANGE = range(20000, 32000)


class PortReservations:
    """Ports handed out to one test session, and to no other one.

    Each port is a locked file, so that sessions running at the same time
    on one machine, such as the workers of pytest-xdist, do not meet.
    """

    def __init__(self) -> None:
        self._directory = (
            Path(tempfile.gettempdir()) / f'tricircle-ports-{os.getuid()}'
        )
        self._directory.mkdir(mode=0o700, exist_ok=True)
        self._locks: dict[int, int] = {}

    def take(self) -> int:
        """Return a port on which nothing listens, reserved until close()."""
        for port in random.sample(_RANGE, len(_RANGE)):
            if port not in self._locks and self._lock(port):
                return port
        raise RuntimeError('no free port on %s' % HOST)

    def close(self) -> None:
        """Give all ports back."""
        for descriptor in self._locks.values():
            os.close(descriptor)
        self._locks.clear()

    def _lock(self, port: int) -> bool:
        descriptor = os.open(
            self._directory / str(port), os.O_RDWR | os.O_CREAT, 0o600
        )
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.bind((HOST, port))
        except OSError:
            os.close(descriptor)
            return False
        self._locks[port] = descriptor
        return True
