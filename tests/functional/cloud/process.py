# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""One operating system process of the cloud, that tests start and kill."""

from collections.abc import Mapping, Sequence
import contextlib
import os
from pathlib import Path
import re
import signal
import subprocess
import threading
from typing import ClassVar

from tests.functional.cloud import forks
from tests.functional.cloud import waiting
from tests.functional.cloud import workspace as workspaces

FAULT_POINT = 'TRICIRCLE_FAULT_POINT'

_WORTH_SHOWING = re.compile(
    r' (WARNING|ERROR|CRITICAL) |^Traceback|^\w*(Error|Exception)\b|HTTP/1\.1 '
)

# Places in /proc/PID/stat after the name; see proc(5).
_STATE, _GROUP, _THREADS = 0, 2, 17


class ProcessFailedError(Exception):
    """A process ended, or did not do in time what was expected of it."""


def _group_members(group: int) -> set[int]:
    members = set()
    for entry in os.listdir('/proc'):
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError):
            stat = Path('/proc', entry, 'stat').read_text()
            # The name, in parentheses, may hold spaces.
            values = stat.rpartition(')')[2].split()
            if int(values[_GROUP]) != group:
                continue
            # The first thread is a zombie as soon as it is dead; the
            # others may still hold the process's sockets.
            if values[_STATE] not in 'ZX' or int(values[_THREADS]) > 1:
                members.add(int(entry))
    return members


class Process:
    """A program in a process group of its own, with one log file.

    :param name: used for the log file, unique in the workspace
    :param arguments: the command
    :param environment: variables beside those of the workspace
    """

    #: a module that imports what the program does: then it is not executed
    #: but forked off a process that has this module; see warm_parent
    warm: ClassVar[str] = ''

    def __init__(
        self,
        workspace: workspaces.Workspace,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.workspace = workspace
        self.name = name
        self.log_path = workspace.logs / f'{name}.log'
        self._arguments = [str(argument) for argument in arguments]
        self._environment = dict(environment or {})
        self._child: subprocess.Popen[bytes] | forks.Fork | None = None
        self._first_members: set[int] = set()
        self._log_start = 0
        self._fault_point = workspace.logs / f'{name}.fault-point'
        # A test may kill a process while another thread starts it again.
        self._lock = threading.RLock()

    # -- life ---------------------------------------------------------------

    def start(
        self,
        fault_point: str | None = None,
        environment: Mapping[str, str] | None = None,
        wait: bool = True,
    ) -> None:
        """Start the process, and wait until it is ready.

        :param fault_point: ``name`` or ``name:nth``, where the process is
            to kill itself in this run
        :param environment: variables for this run only
        """
        with self._lock:
            if self.alive:
                raise RuntimeError('%s runs already' % self.name)
            self._log_start = self.log_size()
            values = {
                **self.workspace.environment(),
                **self._environment,
                **(environment or {}),
            }
            values[FAULT_POINT] = f'@{self._fault_point}'
            self.disarm()
            if fault_point:
                self.arm(fault_point)
            self._child = self._launch(values)
        if wait:
            self.wait_ready()

    def arm(self, fault_point: str) -> None:
        """Have the running process kill itself, once, at a fault point.

        :param fault_point: ``name`` or ``name:nth``
        """
        # Whoever reads it finds all of it or nothing.
        written = self._fault_point.with_suffix('.new')
        written.write_text(fault_point)
        written.rename(self._fault_point)

    @property
    def armed(self) -> bool:
        """Whether a fault point is set that nothing reached yet."""
        return self._fault_point.exists()

    def disarm(self) -> None:
        """Take back what :meth:`arm` said, if nothing reached it."""
        self._fault_point.unlink(missing_ok=True)

    def _launch(
        self, values: dict[str, str]
    ) -> 'subprocess.Popen[bytes] | forks.Fork':
        with self.log_path.open('ab') as log, open(os.devnull) as nothing:
            streams = nothing.fileno(), log.fileno(), log.fileno()
            return self._execute(values, streams)

    def _execute(
        self, values: dict[str, str], streams: tuple[int, int, int]
    ) -> 'subprocess.Popen[bytes] | forks.Fork':
        if self.warm:
            return self.workspace.warm_parent(self.warm).start(
                self._arguments, values, workspaces.ROOT, streams
            )
        return subprocess.Popen(
            self._arguments,
            stdin=streams[0],
            stdout=streams[1],
            stderr=streams[2],
            cwd=workspaces.ROOT,
            env=values,
            start_new_session=True,
        )

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Wait until the process does its work; it must stay alive."""
        for left in waiting.poll(seconds):
            if not self.alive:
                raise self._failure('ended while it started')
            if self._ready(left):
                break
        else:
            raise self._failure('was not ready after %s s' % seconds)
        self._first_members = _group_members(self.pid)

    def _ready(self, seconds: float) -> bool:
        """Return whether the process works; may block for some seconds."""
        return True

    @property
    def pid(self) -> int:
        """The PID of the process, which is that of its group."""
        if self._child is None:
            raise RuntimeError('%s was never started' % self.name)
        return self._child.pid

    @property
    def was_started(self) -> bool:
        """Whether the process ever ran."""
        return self._child is not None

    @property
    def alive(self) -> bool:
        """Whether the process, not only a child of it, is running."""
        return self._child is not None and self._child.poll() is None

    @property
    def intact(self) -> bool:
        """Whether all processes that were there at the start still are."""
        return self.alive and self._first_members <= _group_members(self.pid)

    def kill9(self) -> None:
        """Kill the whole group at once, as a power cut would."""
        with self._lock:
            if self._child is None:
                return
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()
            self._wait_group_gone()
            self.disarm()

    def stop(self, seconds: float = 5.0) -> None:
        """Ask the process to end, and make it end after some seconds."""
        with self._lock:
            if self._child is not None and self.alive:
                self._child.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._child.wait(seconds)
            self.kill9()

    def restart(self, fault_point: str | None = None) -> None:
        """Stop if it runs, and start again."""
        if fault_point:
            # It is to die anyway, and this is quicker.
            self.kill9()
        else:
            self.stop()
        self.start(fault_point)

    def wait_death(self, seconds: float = 30.0) -> None:
        """Wait until a fault point killed any process of the group.

        The rest of the group is killed then, as if the machine had gone: a
        master would start a new worker.
        """
        for _left in waiting.poll(seconds, 0.01):
            if not self.intact:
                break
        else:
            raise self._failure('still lives after %s s' % seconds)
        self.kill9()

    def _wait_group_gone(self) -> None:
        assert self._child is not None
        for _left in waiting.poll(10, 0.005):
            if not _group_members(self._child.pid):
                return
        raise self._failure('does not die')

    # -- log ----------------------------------------------------------------

    def log(self, start: int = 0) -> str:
        """Return the log, from a position that log_size() gave."""
        if not self.log_path.exists():
            return ''
        with self.log_path.open('rb') as log:
            log.seek(start)
            return log.read().decode(errors='replace')

    def log_size(self) -> int:
        """Return the position of the end of the log."""
        return self.log_path.stat().st_size if self.log_path.exists() else 0

    def log_of_this_run(self) -> str:
        """Return the log since the last start."""
        return self.log(self._log_start)

    def log_tail(self, lines: int = 60, start: int = 0) -> str:
        """Return the last lines of the log."""
        return '\n'.join(
            line[:400] for line in self.log(start).splitlines()[-lines:]
        )

    def log_worth_showing(self, lines: int, start: int = 0) -> str:
        """Return the last lines that say what went wrong, or the last 20."""
        everything = self.log(start).splitlines()
        shown = [one for one in everything if _WORTH_SHOWING.search(one)]
        return '\n'.join(
            one[:400] for one in (shown or everything[-20:])[-lines:]
        )

    def _failure(self, what: str) -> ProcessFailedError:
        return ProcessFailedError(
            '%s %s; the end of %s:\n%s'
            % (self.name, what, self.log_path, self.log_tail(40))
        )
