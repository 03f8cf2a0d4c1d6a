# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""An instance as the host has it: a namespace with interfaces in br-int.

Its namespace is that of the machine that is its host, so it goes when the
host goes, as the memory of a real instance does. A file says what the
instance consists of, as a disk does.
"""

from collections.abc import Iterable
import dataclasses
import json
import os
from pathlib import Path
import signal
import subprocess
from typing import Any

from lab.nova_driver import disks

_NAMESPACES = Path('/run/netns')
_SCRIPT = Path(__file__).parent / 'udhcpc.sh'
PREFIX = 'vm-'
#: Bridges that a hypervisor makes for the parents of trunks, one for each.
_TRUNK = 'tbr-'
#: How long an agent may take to wire an interface, in seconds, until it is
#: plugged anew.
_WIRED_WITHIN = 20


class CommandFailed(Exception):
    """A command of the host failed."""


@dataclasses.dataclass(frozen=True)
class Interface:
    """A network interface of an instance.

    :ivar id: of its port
    """

    id: str
    mac: str
    bridge: str
    mtu: int

    @property
    def device(self) -> str:
        """Name of the device, as Neutron's agents expect it."""
        return f'tap{self.id}'[:14]


def disk_folder(folder: Path, uuid: str) -> Path:
    """Return where the disks of an instance are, if it has any.

    :param folder: where the files of the host's instances are
    """
    return folder / f'{uuid}.disks'


def run(*argv: str, check: bool = True) -> str:
    """Run a command to its end; return what it printed."""
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, timeout=60
    )
    if check and done.returncode:
        raise CommandFailed(f'{" ".join(argv)}: {done.stderr.strip()}')
    return done.stdout


class Instance:
    """One of them.

    :param folder: where the files of the host's instances are
    :param consoles: where their consoles are written to
    """

    def __init__(self, uuid: str, folder: Path, consoles: Path) -> None:
        self.uuid = uuid
        self.namespace = PREFIX + uuid
        self.console = consoles / f'console-{uuid}.log'
        self._file = folder / f'{uuid}.json'
        self._aside = folder / f'{uuid}.json.moved'
        self.disks = disks.Disks(disk_folder(folder, uuid))

    @property
    def exists(self) -> bool:
        """Whether it was ever created and not destroyed since."""
        return self._file.exists()

    @property
    def running(self) -> bool:
        """Whether it is on."""
        return (_NAMESPACES / self.namespace).exists()

    def read(self) -> dict[str, Any]:
        """Return what was noted when it was created."""
        return dict(json.loads(self._file.read_text()))

    def note(self, data: dict[str, Any]) -> None:
        """Write down what it consists of."""
        self._file.write_text(json.dumps(data))

    def set_aside(self) -> None:
        """Keep what it consists of, of one that is now elsewhere."""
        self.disks.forget()
        self._file.replace(self._aside)

    def power_on(self) -> None:
        """Make the namespace, without interfaces."""
        if not self.running:
            run('ip', 'netns', 'add', self.namespace)
        self._inside('ip', 'link', 'set', 'lo', 'up')
        # A host of the tenant's, not a router.
        self._inside('sysctl', '-qw', 'net.ipv4.ip_forward=0')

    def plug(self, one: Interface) -> None:
        """Put an interface into the namespace."""
        if one.bridge.startswith(_TRUNK):
            run(
                *('ovs-vsctl', '--timeout=20', '--may-exist'),
                *('add-br', one.bridge, '--', 'set', 'Bridge', one.bridge),
                'datapath_type=netdev',
            )
        run(
            *('ovs-vsctl', '--timeout=20', '--may-exist'),
            *('add-port', one.bridge, one.device),
            *('--', 'set', 'Interface', one.device, 'type=internal'),
            f'external_ids:iface-id={one.id}',
            f'external_ids:attached-mac={one.mac}',
            'external_ids:iface-status=active',
            f'external_ids:vm-uuid={self.uuid}',
        )
        run('ip', 'link', 'set', one.device, 'netns', self.namespace)
        self._inside('ip', 'link', 'set', one.device, 'address', one.mac)
        self._inside(
            'ip', 'link', 'set', one.device, 'mtu', str(one.mtu), 'up'
        )

    def wired(self, one: Interface, seconds: int = _WIRED_WITHIN) -> bool:
        """Wait until Neutron's agent has wired an interface.

        :returns: whether it has: a port's tag is the last that an agent
            sets. A trunk's parent has none.
        """
        if one.bridge.startswith(_TRUNK):
            return True
        try:
            run(
                *('ovs-vsctl', f'--timeout={seconds}', 'wait-until'),
                *('Port', one.device, 'tag!=[]'),
            )
        except CommandFailed:
            return False
        return True

    def lease(self, one: Interface) -> None:
        """Start a DHCP client on an interface, as a guest would."""
        with self.console.open('ab') as console:
            subprocess.Popen(
                [
                    *('ip', 'netns', 'exec', self.namespace),
                    *('busybox', 'udhcpc', '-i', one.device, '-f'),
                    *('-t', '5', '-T', '1', '-A', '2', '-S'),
                    *('-O', 'staticroutes', '-O', 'mtu'),
                    *('-s', str(_SCRIPT)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )

    def unlink(self, one: Interface) -> None:
        """Have an interface send and receive nothing more."""
        self._inside('ip', 'link', 'set', one.device, 'down')

    def unplug(self, one: Interface) -> None:
        """Take an interface away."""
        run(
            *('ovs-vsctl', '--timeout=20', '--if-exists'),
            *('del-port', one.bridge, one.device),
            check=False,
        )

    def power_off(self, interfaces: Iterable[Interface]) -> None:
        """End what runs in it, and remove the namespace."""
        if self.running:
            for pid in run('ip', 'netns', 'pids', self.namespace).split():
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except ProcessLookupError:
                    pass
        for one in interfaces:
            self.unplug(one)
        if self.running:
            run('ip', 'netns', 'del', self.namespace, check=False)

    def destroy(self) -> None:
        """Forget it, here and aside."""
        self.disks.forget()
        self._file.unlink(missing_ok=True)
        self.forget_aside()

    def forget_aside(self) -> None:
        """Forget what was kept of it when it was moved or resized."""
        self._aside.unlink(missing_ok=True)

    def _inside(self, *argv: str) -> None:
        run('ip', 'netns', 'exec', self.namespace, *argv)
