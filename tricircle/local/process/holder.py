# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Who holds a lease of this region, so that others can tell when it is gone.

A process, as :mod:`tricircle.db.owner` knows it, and a number of its own for
each hold: nobody takes what another thread holds, or it itself held before.
"""

import itertools
import os
import socket

from tricircle.db import owner

_numbers = itertools.count(1)
_processes: dict[int, str] = {}


def me() -> str:
    """Return a name for one hold of this process."""
    pid = os.getpid()
    process = _processes.get(pid)
    if process is None:
        process = str(owner.this_process(socket.gethostname()))
        _processes[pid] = process
    return f'{process}/{next(_numbers)}'


def is_gone(holder: str) -> bool:
    """Tell whether a holder's process is gone for certain.

    Of a process on another host, or in another container, nobody here
    knows: its lease runs out.
    """
    found = owner.read(holder.rpartition('/')[0])
    return found is not None and found.is_dead
