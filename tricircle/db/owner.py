# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Who holds a lease: this process, and no other that ever ran.

A process that was killed gives nothing back. One that comes after it on the
same machine need not wait until its leases run out, if it can tell for
certain that the other has died: same boot of the same kernel, same
namespace of process IDs, and no process of that ID that began when the
other did. Where it cannot tell, as in another container, it waits.
"""

import dataclasses
import itertools
import os
from pathlib import Path
import socket
from typing import Final

_PROC: Final = Path('/proc')
_BOOT_ID: Final = _PROC / 'sys/kernel/random/boot_id'
#: Fields of /proc/PID/stat after the name of the program: see proc(5).
_STATE: Final = 0
_STARTED: Final = 19
_DEAD: Final = frozenset('ZXx')
_holds: Final = itertools.count(1)


@dataclasses.dataclass(frozen=True)
class Owner:
    """A process that may hold leases.

    :ivar name: for operators; may be that of several processes
    :ivar machine: boot of the kernel and namespace of process IDs
    :ivar started: when it began, in clock ticks after the boot
    """

    name: str
    machine: str
    pid: int
    started: int

    def __str__(self) -> str:
        """As it stands in a lease."""
        return f'{self.name}:{self.machine}:{self.pid}:{self.started}'

    @property
    def is_dead(self) -> bool:
        """Whether the process is known to have died."""
        return self.machine == _machine() and self.started != _start_of(
            self.pid
        )


def this_process(name: str) -> Owner:
    """Return the owner that the running process is.

    :param name: as operators know it, from ``[DEFAULT] host``
    """
    pid = os.getpid()
    return Owner(name, _machine(), pid, _start_of(pid) or 0)


def hold() -> str:
    """Return a name for one hold of the running process.

    Of its threads none then takes what another holds, or itself held before.
    """
    return f'{this_process(socket.gethostname())}/{next(_holds)}'


def read(text: str) -> Owner | None:
    """Return an owner from a lease, None if it is of another form."""
    parts = text.rsplit(':', 3)
    if len(parts) != 4:
        return None
    name, machine, pid, started = *parts[:3], parts[3].partition('/')[0]
    if not (pid.isdigit() and started.isdigit()):
        return None
    return Owner(name, machine, int(pid), int(started))


def is_dead(text: str) -> bool:
    """Tell whether who stands in a lease is dead for certain.

    Of a process on another host, or in another container, nobody here
    knows: its lease runs out.
    """
    found = read(text)
    return found is not None and found.is_dead


def _machine() -> str:
    """Return what only processes have in common that see each other."""
    try:
        if os.readlink(_PROC / 'self') != str(os.getpid()):
            # What is mounted there shows another namespace's processes.
            raise OSError
        boot = _BOOT_ID.read_text().strip().replace('-', '')
        return f'{boot}.{(_PROC / "self/ns/pid").stat().st_ino}'
    except OSError:
        # Like no other, so that nobody takes anything over.
        return f'unknown.{os.urandom(8).hex()}'


def _start_of(pid: int) -> int | None:
    """Return when a process began; None when there is none, or it died."""
    try:
        text = (_PROC / str(pid) / 'stat').read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(')')[2].split()
    if fields[_STATE] in _DEAD:
        return None
    return int(fields[_STARTED])
