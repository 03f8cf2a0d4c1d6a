# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The daemons of the lab, kept by supervisord.

Nothing is started again by itself: what a test kills stays dead until it is
told to start.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent import futures
import contextlib
import dataclasses
import http.client
import os
import re
import shlex
import signal
import socket
import subprocess
import time
from typing import Any
import xmlrpc.client

from lab import layout as layouts
from lab import machines
from lab.service import Service
from lab.service import TcpProbe

#: Faults of supervisord's XML-RPC that only say that it is so already.
_ALREADY_STARTED = 60
_NOT_RUNNING = 70
_NO_SUCH_NAME = 10
#: A lab starts many processes at once, on few cores that others use as well.
READY_SECONDS = 300.0
#: For what listened at a port before to let go of it.
PORT_SECONDS = 5.0
KILL_SECONDS = 10.0
_ALIVE = frozenset(['RUNNING', 'STARTING'])

#: What ends a value in supervisord's file.
_UNTOLD = re.compile(r'[\r\n]|\s[;#]')

Progress = Callable[[str], None]


class ServiceFailed(Exception):
    """A daemon does not come up; the text names it, with its last words."""


@dataclasses.dataclass(frozen=True)
class Status:
    """What became of a daemon.

    :ivar state: as supervisord says: RUNNING, STOPPED, EXITED, FATAL...
    """

    name: str
    state: str
    pid: int


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__('localhost')
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _UnixConnection(self._path)


def configuration(
    services: Iterable[Service],
    layout: layouts.Layout,
    command: Callable[[Service], list[str]],
) -> str:
    """Return the configuration file of supervisord.

    :param command: what starts a daemon, in its machine
    :raises ServiceFailed: when supervisord cannot be told a variable
    """
    lines = [
        '[unix_http_server]',
        f'file = {layout.supervisor_socket}',
        'chmod = 0700',
        '[rpcinterface:supervisor]',
        'supervisor.rpcinterface_factory = '
        'supervisor.rpcinterface:make_main_rpcinterface',
        '[supervisord]',
        f'logfile = {layout.log("supervisord")}',
        f'pidfile = {layout.run("supervisord.pid")}',
        f'childlogdir = {layout.log("x").parent}',
        'nodaemon = false',
        'minfds = 16384',
        'umask = 022',
    ]
    for one in services:
        variables = {**layouts.environment(), **one.environment}
        lines += [
            f'[program:{one.name}]',
            'command = ' + _quoted(command(one)),
            'environment = '
            + ','.join(
                f'{key}={_enclosed(key, value)}'
                for key, value in sorted(variables.items())
            ),
            'autostart = false',
            'autorestart = false',
            'startsecs = 0',
            'redirect_stderr = true',
            f'stdout_logfile = {layout.log(one.name)}',
            'stdout_logfile_maxbytes = 0',
            f'stopsignal = {one.stop_signal}',
            f'stopwaitsecs = {one.stop_seconds}',
            'stopasgroup = false',
            'killasgroup = true',
        ]
    return '\n'.join(lines) + '\n'


def _enclosed(key: str, value: str) -> str:
    """Return the value of a variable, in quotes.

    supervisord knows no escapes there: it reads up to the next quote of the
    same kind, then takes all quotes of both kinds off the ends, and before
    all that what looks like a comment.

    :raises ServiceFailed: when it cannot be told; without the value
    """
    quotes = [one for one in ('"', "'") if one not in value]
    if not quotes or value != value.strip('"\'') or _UNTOLD.search(value):
        raise ServiceFailed(
            f'the variable {key} cannot be given to a daemon: a value has '
            'one kind of quotes and none at its ends, one line, and no '
            'semicolon or hash after a space'
        )
    return quotes[0] + value.replace('%', '%%') + quotes[0]


def _quoted(argv: Iterable[str]) -> str:
    return ' '.join(shlex.quote(word) for word in argv).replace('%', '%%')


class Supervisor:
    """supervisord, and what it keeps.

    :param services: all daemons, by name
    """

    def __init__(
        self, layout: layouts.Layout, services: Mapping[str, Service]
    ) -> None:
        self._layout = layout
        self._services = services

    @property
    def _rpc(self) -> Any:
        return xmlrpc.client.ServerProxy(
            'http://localhost',
            transport=_UnixTransport(str(self._layout.supervisor_socket)),
        ).supervisor

    def running(self) -> bool:
        """Whether supervisord answers."""
        try:
            return bool(self._rpc.getState()['statename'] == 'RUNNING')
        except (OSError, xmlrpc.client.Error, http.client.HTTPException):
            return False

    def up(self, there: Mapping[str, machines.Machine]) -> None:
        """Start supervisord, with no daemon running.

        :param there: all machines, by name
        """
        path = self._layout.etc('supervisor') / 'supervisord.conf'
        self._layout.make()
        path.parent.mkdir(exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(
            configuration(
                self._services.values(),
                self._layout,
                lambda one: there[one.machine].command(one.argv),
            )
        )
        done = subprocess.run(
            [str(layouts.BIN / 'supervisord'), '-c', str(path)],
            env=layouts.environment(),
            capture_output=True,
            text=True,
            cwd=self._layout.home,
            check=False,
        )
        deadline = time.monotonic() + 10
        while not self.running():
            if done.returncode or time.monotonic() > deadline:
                raise ServiceFailed(
                    'supervisord does not start: '
                    f'{(done.stderr or done.stdout).strip()}'
                )
            time.sleep(0.05)

    def down(self) -> None:
        """End all daemons, and then supervisord.

        Those that others work with, such as the database, end last, so that
        the others can finish what they are at.
        """
        if not self.running():
            return
        for last in (False, True):
            # What does not end on a busy computer is killed by shutdown(),
            # at the latest with its machine.
            with contextlib.suppress(ServiceFailed):
                self.stop(
                    name
                    for name, one in self._services.items()
                    if one.ends_last == last
                )
        self._rpc.shutdown()
        for _attempt in range(400):
            if not self.running():
                return
            time.sleep(0.05)

    def start(
        self,
        names: Iterable[str],
        progress: Progress,
        completion: Mapping[str, Callable[[], object]] | None = None,
    ) -> None:
        """Start daemons, each when those before it are ready.

        :param completion: what is to be done when a daemon is ready, before
            others see it so; by its name
        :raises ServiceFailed: when one ends, or is not ready in time
        """
        waiting = set(names)
        starting: dict[str, float] = {}
        # An API under uWSGI takes connections long before it answers: to ask
        # one must not keep others from being started.
        asked: dict[str, futures.Future[bool]] = {}
        with futures.ThreadPoolExecutor(len(waiting) or 1) as pool:
            # What is not to be started is there already, or not needed.
            while waiting or starting:
                for name in sorted(waiting):
                    after = self._services[name].after
                    if not after.isdisjoint({*waiting, *starting}):
                        continue
                    waiting.discard(name)
                    starting[name] = time.monotonic()
                    self._await_port(name)
                    self._layout.begin_log(name)
                    self._start(name)
                states = {one.name: one for one in self.statuses()}
                for name, since in list(starting.items()):
                    if name in asked and not asked[name].done():
                        ready = False
                    elif name in asked and asked.pop(name).result():
                        ready = True
                    else:
                        asked[name] = pool.submit(
                            self._ready, name, (completion or {}).get(name)
                        )
                        ready = False
                    seconds = time.monotonic() - since
                    if ready:
                        del starting[name]
                        progress(f'{name} ready after {seconds:.1f} s')
                    elif (
                        seconds > READY_SECONDS
                        or states[name].state not in _ALIVE
                    ):
                        raise ServiceFailed(self._last_words(states[name]))
                time.sleep(0.1)

    def _ready(self, name: str, complete: Callable[[], object] | None) -> bool:
        """Look once whether a daemon is ready; if so, do what follows."""
        if not self._services[name].ready.ready():
            return False
        if complete is not None:
            complete()
        return True

    def _await_port(self, name: str) -> None:
        """Wait until nobody listens where a daemon is to listen.

        It would end at once, and its probe find the other one ready.

        :raises ServiceFailed: when somebody still does
        """
        where = self._services[name].address
        if where is None or self.status(name).state in _ALIVE:
            return
        deadline = time.monotonic() + PORT_SECONDS
        while TcpProbe(*where).ready():
            if time.monotonic() > deadline:
                machine = self._services[name].machine
                raise ServiceFailed(
                    f'{name} does not start: another process listens at '
                    f'{where[0]}, port {where[1]}; bin/lab exec {machine} '
                    f'-- ss -ltnp "sport = {where[1]}" shows which'
                )
            time.sleep(0.1)

    def _start(self, name: str) -> None:
        try:
            self._rpc.startProcess(name, False)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != _ALREADY_STARTED:
                raise ServiceFailed(
                    f'{name} does not start: {fault.faultString}'
                ) from fault

    def _last_words(self, status: Status) -> str:
        log = self._layout.log(status.name)
        tail = '\n'.join(log.read_text(errors='replace').splitlines()[-15:])
        return (
            f'{status.name} is not ready ({status.state}); the end of {log}:'
            f'\n{tail}'
        )

    def stop(self, names: Iterable[str]) -> None:
        """Ask daemons to end, all at once, and kill those that do not."""
        asked = []
        for name in names:
            try:
                self._rpc.stopProcess(name, False)
            except xmlrpc.client.Fault as fault:
                if fault.faultCode != _NOT_RUNNING:
                    raise
            else:
                asked.append(name)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if all(
                self.status(name).state
                in ('STOPPED', 'EXITED', 'FATAL', 'UNKNOWN')
                for name in asked
            ):
                return
            time.sleep(0.05)
        raise ServiceFailed(f'these do not end: {", ".join(asked)}')

    def kill(self, name: str) -> None:
        """Kill a daemon and its children at once, as a power cut would.

        What it made independent of itself, such as dnsmasq, goes on.

        :raises ServiceFailed: when it does not run, or does not end
        """
        found = self.status(name)
        if found.state not in _ALIVE:
            raise ServiceFailed(f'{name} does not run ({found.state})')
        # supervisord gives every daemon a process group.
        os.killpg(found.pid, signal.SIGKILL)
        deadline = time.monotonic() + KILL_SECONDS
        while self.status(name).state in _ALIVE:
            if time.monotonic() > deadline:
                raise ServiceFailed(f'{name} does not end when killed')
            time.sleep(0.05)

    def status(self, name: str) -> Status:
        """Return what became of a daemon.

        :raises LookupError: when there is none of that name
        """
        try:
            found = self._rpc.getProcessInfo(name)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode == _NO_SUCH_NAME:
                raise LookupError(f'there is no service {name}') from fault
            raise
        return Status(name, str(found['statename']), int(found['pid']))

    def statuses(self) -> list[Status]:
        """Return what became of every daemon."""
        return [
            Status(str(one['name']), str(one['statename']), int(one['pid']))
            for one in self._rpc.getAllProcessInfo()
        ]
