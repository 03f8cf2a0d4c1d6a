# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The stock ``openstack`` client, without the seconds that it takes to start.

Most of a command's time is the client's own start: it imports hundreds of
modules before it does anything. Here, one process imports them once, and
forks for each command. The child calls the same function that the console
script ``openstack`` calls, with the caller's arguments, environment, folder,
input and outputs; the caller gets its exit status. Nothing else differs:
every command authenticates by itself.

Run as a module, this is the server.
"""

from collections.abc import Iterator
import contextlib
import importlib
import io
import json
import os
from pathlib import Path
import socket
import subprocess
import sys
import textwrap
import traceback

from lab import layout as layouts

_BACKLOG = 16
_LARGEST = 1 << 20
#: What commands of guides import when they run, and ``--version`` does not.
_IMPORTED_LATER = (
    'cliff.formatters.table',
    'cliff.formatters.value',
    'keystoneauth1.loading._plugins.identity.generic',
    'novaclient.client',
    'openstack.compute.v2._proxy',
    'openstack.image.v2._proxy',
    'openstack.network.v2._proxy',
    'openstackclient.compute.client',
    'openstackclient.compute.v2.server',
    'openstackclient.identity.client',
    'openstackclient.image.v2.image',
    'openstackclient.network.v2.network',
    'openstackclient.network.v2.port',
    'openstackclient.network.v2.security_group_rule',
    'tricircle.cli.v1.pod',
)

# It must start in milliseconds: it imports what a socket needs, no more.
_COMMAND = textwrap.dedent("""\
    #!{python} -ISE
    import json, os, socket, sys
    with socket.socket(socket.AF_UNIX) as server:
        server.connect({path!r})
        asked = [sys.argv[1:], dict(os.environ), os.getcwd()]
        socket.send_fds(server, [json.dumps(asked).encode()], [0, 1, 2])
        server.shutdown(socket.SHUT_WR)
        told = server.recv(8)
    sys.exit(int(told) if told else 'the client ended without a status')
    """)


@contextlib.contextmanager
def commands(folder: Path) -> Iterator[dict[str, str]]:
    """Serve a command ``openstack``; yield the environment that finds it.

    :param folder: where the command and the socket are put
    """
    path = folder / 'client.sock'
    command = folder / 'openstack'
    command.write_text(
        _COMMAND.format(python=Path(sys.executable).resolve(), path=str(path))
    )
    command.chmod(0o755)
    found = layouts.environment()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(_BACKLOG)
        server = subprocess.Popen(
            [sys.executable, '-m', __name__, str(listener.fileno())],
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd=layouts.ROOT,
            env=found,
        )
    # Callers wait in the socket's queue until it has started.
    with server:
        try:
            yield found | {'PATH': f'{folder}:{found["PATH"]}'}
        finally:
            server.terminate()


def _serve(listener: socket.socket) -> None:
    """Answer callers for ever, each in a process of its own."""
    # It takes its name from here, when it is imported.
    sys.argv = ['openstack']
    shell = importlib.import_module('openstackclient.shell')
    for name in _IMPORTED_LATER:
        importlib.import_module(name)
    while True:
        # Those that have ended; one that ends now, the next time.
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        caller, _ = listener.accept()
        if os.fork():
            caller.close()
            continue
        listener.close()
        status = 70
        try:
            status = _run(shell, caller)
        finally:
            with contextlib.suppress(OSError):
                caller.sendall(str(status).encode())
            os._exit(status)


def _run(shell: object, caller: socket.socket) -> int:
    """Be the process that the caller stands for."""
    text = b''
    descriptors: list[int] = []
    while True:
        part, more, _, _ = socket.recv_fds(caller, _LARGEST, 3)
        descriptors += more
        if not part:
            break
        text += part
    argv, environment, folder = json.loads(text)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv += argv
    sys.stdin = io.TextIOWrapper(open(0, 'rb', closefd=False))
    sys.stdout = open(1, 'w', closefd=False)
    sys.stderr = open(2, 'w', closefd=False)
    try:
        return int(shell.main(argv) or 0)  # type: ignore[attr-defined]
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
            return 1
        return int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == '__main__':
    _serve(socket.socket(fileno=int(sys.argv[1])))
