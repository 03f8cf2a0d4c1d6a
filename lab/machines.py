# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Machines: network namespaces with mounts and a host name of their own.

In each, ``/run/netns`` and ``/run/openvswitch`` are private, so that agents
of several hosts run beside each other with their default paths, and what
they make vanishes with the machine.
"""

from collections.abc import Mapping, Sequence
import hashlib
import os
from pathlib import Path
import shlex
import signal
import subprocess
import time

from pyroute2 import netns

from lab import layout as layouts

PREFIX = 'tc-'
_NETNS = Path('/run/netns')
_HOLDER = """
set -e
mount --make-rprivate /
mkdir -p /run/netns /run/openvswitch
mount -t tmpfs -o mode=755 "$3" /run/netns
mount --make-shared /run/netns
mount -t tmpfs -o mode=755 "$3" /run/openvswitch
hostname "$1"
ip link set lo up
sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
: > "$2"
exec sleep infinity
"""


class MachineError(Exception):
    """A command in a machine failed; the text says which and how."""


class Machine:
    """One of them.

    :param name: also its host name
    """

    def __init__(self, name: str, layout: layouts.Layout) -> None:
        self.name = name
        self.namespace = PREFIX + name
        self._pid_file = layout.run(f'{name}.pid')
        self._ready_file = layout.run(f'{name}.ready')
        self._log = layout.log(f'machine-{name}')
        home = hashlib.sha256(str(layout.home).encode()).hexdigest()[:12]
        #: Source of its mounts: tells it from those of other labs, whose
        #: processes this machine may see.
        self._mark = f'tricircle-lab:{home}:{name}'

    @property
    def pid(self) -> int | None:
        """PID of the process that holds the machine, None when down."""
        try:
            pid = int(self._pid_file.read_text())
            command = Path(f'/proc/{pid}/cmdline').read_bytes()
        except (OSError, ValueError):
            return None
        # Another process may have got the number.
        return pid if b'sleep\0infinity' in command else None

    def up(self) -> None:
        """Make it; it must be down."""
        self.down()
        if self.taken:
            raise MachineError(f'another lab has the machine {self.name}')
        for path in (self._pid_file, self._log):
            path.parent.mkdir(parents=True, exist_ok=True)
        netns.create(self.namespace)
        with self._log.open('wb') as log:
            holder = subprocess.Popen(
                [
                    'ip',
                    'netns',
                    'exec',
                    self.namespace,
                    'unshare',
                    '--mount',
                    '--uts',
                    '--propagation',
                    'private',
                    'sh',
                    '-c',
                    _HOLDER,
                    'holder',
                    self.name,
                    str(self._ready_file),
                    self._mark,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=layouts.environment(),
            )
        deadline = time.monotonic() + 10
        while not self._ready_file.exists():
            if holder.poll() is not None or time.monotonic() > deadline:
                raise MachineError(
                    f'machine {self.name} does not come up: '
                    f'{self._log.read_text().strip()}'
                )
            time.sleep(0.01)
        self._pid_file.write_text(str(holder.pid))
        # It says that it is ready a moment before it becomes what `pid`
        # looks for.
        while self.pid is None:
            if holder.poll() is not None or time.monotonic() > deadline:
                raise MachineError(f'machine {self.name} has ended at once')
            time.sleep(0.01)

    def down(self) -> None:
        """Remove it, if it is there; what runs in it must have ended."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            _await_end(pid)
        for path in (self._pid_file, self._ready_file):
            path.unlink(missing_ok=True)
        if (_NETNS / self.namespace).exists() and not self.taken:
            netns.remove(self.namespace)

    @property
    def taken(self) -> bool:
        """Whether a lab in another folder has the machine's namespace."""
        inside = netns.ns_pids().get(self.namespace, [])
        return not {int(one) for one in inside} <= {*self.processes()}

    def command(self, argv: Sequence[str] | str) -> list[str]:
        """Return what runs a command in the machine.

        :param argv: the command, in words or as a line for a shell to split
        :raises MachineError: when it is down
        """
        pid = self.pid
        if pid is None:
            raise MachineError(f'machine {self.name} is down')
        words = shlex.split(argv) if isinstance(argv, str) else argv
        return ['nsenter', '-t', str(pid), '-n', '-m', '-u', '--', *words]

    def run(
        self,
        argv: Sequence[str] | str,
        check: bool = True,
        text: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run a command to its end; return its output.

        :param text: its standard input
        :param environment: more variables
        :raises MachineError: when it fails, with what it printed
        """
        done = subprocess.run(
            self.command(argv),
            input=text or '',
            capture_output=True,
            text=True,
            env={**layouts.environment(), **(environment or {})},
            check=False,
        )
        if check and done.returncode:
            raise MachineError(
                f'{self.name}: '
                f'{argv if isinstance(argv, str) else " ".join(argv)}: '
                f'{(done.stderr or done.stdout).strip()}'
            )
        return done.stdout

    def processes(self) -> list[int]:
        """Return the PIDs of all processes in the machine.

        Also of those in namespaces that were made in it, such as those of
        instances, and of those left behind by an earlier machine of the
        name, whose holder is gone. What they have in common is the mount
        of ``/run/netns``: ``ip netns exec`` copies all mounts.
        """
        return _processes_by_mark().get(self._mark, [])

    def end_processes(self, seconds: float = 10.0) -> None:
        """Kill whatever runs in it, but its holder.

        :raises MachineError: when something does not end
        """
        deadline = time.monotonic() + seconds
        while left := [one for one in self.processes() if one != self.pid]:
            if time.monotonic() > deadline:
                raise MachineError(
                    f'{self.name}: processes do not end: '
                    f'{", ".join(str(pid) for pid in left)}'
                )
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            # Again, for what was started meanwhile.
            time.sleep(0.05)


def _processes_by_mark() -> dict[str, list[int]]:
    """Return the PIDs in every machine, by the source of its mounts."""
    marks: dict[str, str] = {}
    found: dict[str, list[int]] = {}
    for path in Path('/proc').iterdir():
        if not path.name.isdecimal():
            continue
        try:
            namespace = os.readlink(path / 'ns' / 'mnt')
            if namespace not in marks:
                marks[namespace] = _mark((path / 'mountinfo').read_text())
            ended = _state((path / 'stat').read_text()) in 'ZX'
        except OSError:
            # It ended meanwhile.
            continue
        if marks[namespace] and not ended:
            found.setdefault(marks[namespace], []).append(int(path.name))
    return found


def _mark(mountinfo: str) -> str:
    """Return the source of what is mounted on /run/netns, '' if nothing."""
    for line in reversed(mountinfo.splitlines()):
        words = line.split()
        # The file system and its source are after the optional fields.
        if words[4] == str(_NETNS):
            return words[words.index('-') + 2]
    return ''


def _state(stat: str) -> str:
    """Return the state in /proc/PID/stat: the name may have anything."""
    return stat.rpartition(')')[2].split()[0]


def _await_end(pid: int) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass
        if not Path(f'/proc/{pid}').exists():
            return
        time.sleep(0.01)
