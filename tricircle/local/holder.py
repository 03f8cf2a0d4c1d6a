# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Who holds a lease, so that others can tell when that one is gone."""

import os
import pathlib
import socket
import threading


def me() -> str:
    """Return the name of this thread, as long as it lives."""
    pid = os.getpid()
    return (
        f'{socket.gethostname()}:{pid}:{_started(pid)}:{threading.get_ident()}'
    )


def is_gone(holder: str) -> bool:
    """Tell whether a holder's process is gone for certain.

    Of a process on another host nobody here knows: its lease runs out.
    """
    host, _, rest = holder.partition(':')
    fields = rest.split(':')
    if host != socket.gethostname() or len(fields) != 3:
        return False
    try:
        return _started(int(fields[0])) != fields[1]
    except ValueError:
        return False


def _started(pid: int) -> str | None:
    """Return when a process of this host started, None if it is gone."""
    try:
        stat = pathlib.Path(f'/proc/{pid}/stat').read_text()
    except OSError:
        return None
    fields = stat.rpartition(')')[2].split()
    return None if fields[0] == 'Z' else fields[19]
