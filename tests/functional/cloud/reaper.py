# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Ends what a test session started when the session itself has ended.

Run as a program: ``reaper.py MARKER DIRECTORY``. It waits for the end of
its standard input, which comes when the test process is gone, whatever the
reason; then it kills each process that carries the marker in its
environment and removes the directory. Finding processes by the marker needs
no registration: it holds for grandchildren and orphans as well.
"""

import contextlib
import os
from pathlib import Path
import shutil
import signal
import sys
import time


def marked_processes(marker: str) -> list[int]:
    """Return the PIDs of all living processes that inherited the marker."""
    wanted = marker.encode()
    found = []
    for entry in os.listdir('/proc'):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            environment = Path('/proc', entry, 'environ').read_bytes()
            # A zombie's environment reads as empty, so it is not counted.
            if wanted in environment.split(b'\0'):
                found.append(int(entry))
    return found


def kill_marked(marker: str, seconds: float = 10.0) -> None:
    """Kill all marked processes, also those forked meanwhile."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        alive = marked_processes(marker)
        if not alive:
            return
        for pid in alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def main(marker: str, directory: str) -> None:
    """Wait for the end of the session, then clean up after it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    kill_marked(marker)
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == '__main__':
    main(*sys.argv[1:])
