# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A process that has imported a program's libraries, and becomes it by fork.

Run as a program: ``warm_parent.py MODULE``, with a socket as standard
input; :mod:`tests.functional.cloud.forks` has the other end. To import
Neutron takes seconds of a processor, and tests start it hundreds of times;
a child of this process has it imported. The rest of a start is as ever: the
child runs the same Python script with the same arguments, and reads its
configuration anew.
"""

from collections.abc import Callable
import ctypes
import gc
import importlib
import json
import os
from pathlib import Path
import runpy
import socket
import sys
import threading

# Places in /proc/PID/stat after the name; see proc(5).
_ENVIRONMENT_START, _ENVIRONMENT_END = 47, 48

#: the longest request, in bytes: arguments and environment
LONGEST = 1 << 20


def main(module: str) -> None:
    """Import the module, then fork until the other end is closed."""
    channel = socket.socket(fileno=os.dup(0))
    importlib.import_module(module)
    # Only the thread that forks goes on in the child; locks that others
    # hold would stay locked there for ever.
    assert threading.active_count() == 1, threading.enumerate()
    # The collector would touch, and so copy, what the children share. What it
    # looks at after that is little and lives for a request: as often as usual
    # it takes an eighth of a Neutron's time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    program = _serve(channel)
    if program:
        program()


def _serve(channel: socket.socket) -> Callable[[], object] | None:
    """Answer requests; return in a child, with what it is to run."""
    while True:
        message, streams, _flags, _address = socket.recv_fds(
            channel, LONGEST, 3
        )
        if not message:
            return None
        request = json.loads(message)
        if 'reap' in request:
            _pid, status = os.waitpid(request['reap'], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            become, becoming = os.pipe()
            answer = os.fork()
            if not answer:
                channel.close()
                os.close(become)
                program = _program(streams=streams, **request)
                os.close(becoming)
                return program
            os.close(becoming)
            # Whoever gets the answer may kill the group, or look for the
            # marker: it waits until the child, or its death, closed its end.
            os.read(become, 1)
            os.close(become)
        for stream in streams:
            os.close(stream)
        channel.send(json.dumps(answer).encode())


def _program(
    streams: list[int],
    arguments: list[str],
    environment: dict[str, str],
    directory: str,
    marker: str,
) -> Callable[[], object]:
    """Make this process what a new one would be, and return its program.

    :param streams: standard input, output and error
    :param arguments: a Python script or ``PYTHON -m MODULE``, and its own
    :param marker: the variable that others look for in ``/proc``
    """
    os.setsid()
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    _overwrite(marker, environment[marker])
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    if arguments[1:2] == ['-m']:
        sys.argv = arguments[2:]
        return lambda: runpy.run_module(
            arguments[2], run_name='__main__', alter_sys=True
        )
    sys.argv = list(arguments)
    return lambda: runpy.run_path(arguments[0], run_name='__main__')


def _overwrite(name: str, value: str) -> None:
    """Change a variable where ``/proc/PID/environ`` has it.

    That shows what the parent was executed with, in this process's memory.

    :param value: as long as the parent's
    """
    stat = Path('/proc/self/stat').read_text().rpartition(')')[2].split()
    start, end = int(stat[_ENVIRONMENT_START]), int(stat[_ENVIRONMENT_END])
    before = f'\0{name}='.encode()
    block = ctypes.string_at(start - 1, end - start + 1)
    place = block.index(before) + len(before)
    assert block.index(b'\0', place) - place == len(value)
    ctypes.memmove(start - 1 + place, value.encode(), len(value))


if __name__ == '__main__':
    main(sys.argv[1])
