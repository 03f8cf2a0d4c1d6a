# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What instances send each other, and what is seen of it on the wires."""

from collections.abc import Iterator, Sequence
import contextlib
import dataclasses
import re
import signal
import subprocess
import threading
import time

from lab import cloud
from lab import demo
from lab import layout as layouts
from tests.lab import tenant

_SUMMARY = re.compile(r'(\d+) packets transmitted, (\d+) received')
_ANSWER = re.compile(r'bytes from .*icmp_seq=(\d+)')
#: Pings of a second, so that an answer may be as late as that.
_NOT_COUNTED = 10
#: Who answers a ping, or says that it went as far as it might.
_HOP = re.compile(r'(?:bytes from|From) (\S+?):? icmp_seq=')
#: More hops than there can be between instances.
_FARTHEST = 5
_FABRIC = 'fab'
#: Where instances listen.
TCP = 5001
#: How long a connection may take to come about, in seconds.
_CONNECTS = 20


@dataclasses.dataclass
class Loss:
    """How many pings were sent, and how many came back."""

    sent: int = 0
    received: int = 0

    @property
    def lost(self) -> int:
        """Number of pings without an answer."""
        return self.sent - self.received


def inside(
    lab: cloud.Lab,
    place: str,
    argv: Sequence[str],
    text: str | None = None,
    seconds: float = 60.0,
) -> subprocess.CompletedProcess[str]:
    """Run a command in an instance or on a machine, to its end.

    :param place: ID or name of the server, or name of the machine
    :param text: its standard input
    """
    return subprocess.run(
        lab.command_in(place, list(argv)),
        input=text or '',
        capture_output=True,
        text=True,
        env=layouts.environment(),
        timeout=seconds,
        check=False,
    )


def await_ping(
    lab: cloud.Lab,
    one: tenant.Instance | str,
    address: str,
    seconds: float = 60.0,
) -> None:
    """Have an instance ping an address until it answers.

    :param one: also the name of a machine
    :raises demo.DemoFailed: when it never does
    """
    demo.ping(lab, _place(one), address, seconds)


def ping(
    lab: cloud.Lab,
    one: tenant.Instance | str,
    address: str,
    count: int = 20,
    options: Sequence[str] = (),
) -> Loss:
    """Have an instance ping an address some times.

    For the last answer, ping waits no longer than for two of the others: on
    a busy machine it comes too late. So some more are sent, which do not
    count.

    :param one: also the name of a machine
    """
    sent = str(count + _NOT_COUNTED)
    done = inside(
        lab,
        _place(one),
        ['ping', '-c', sent, '-i', '0.1', '-W', '1', *options, address],
    )
    # That there is a summary says that it has pinged.
    _loss(done.stdout + done.stderr)
    answered = {int(one) for one in _ANSWER.findall(done.stdout)}
    return Loss(count, len(answered & set(range(1, count + 1))))


def _place(one: tenant.Instance | str) -> str:
    return one if isinstance(one, str) else one.id


def _loss(text: str) -> Loss:
    found = _SUMMARY.search(text)
    assert found, text
    return Loss(int(found[1]), int(found[2]))


@contextlib.contextmanager
def pinging(
    lab: cloud.Lab, one: tenant.Instance, address: str
) -> Iterator[Loss]:
    """Have an instance ping an address five times a second, meanwhile.

    What came of it is known when the context ends.
    """
    loss = Loss()
    with subprocess.Popen(
        lab.command_in(one.id, ['ping', '-n', '-i', '0.2', address]),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=layouts.environment(),
    ) as process:
        try:
            yield loss
        finally:
            process.send_signal(signal.SIGINT)
            said = _loss(process.communicate(timeout=10)[0])
            loss.sent, loss.received = said.sent, said.received


def hops(lab: cloud.Lab, one: tenant.Instance, address: str) -> list[str]:
    """Return who is on the way to an address, which is the last one.

    Each is asked by a ping that gets no further, in either family.
    """
    found: list[str] = []
    while not found or found[-1] != address:
        number = len(found) + 1
        done = inside(
            lab,
            one.id,
            [
                *('ping', '-n', '-c', '3', '-i', '0.2', '-W', '2'),
                *('-t', str(number), address),
            ],
        )
        told = _HOP.search(done.stdout)
        assert told and number <= _FARTHEST, (found, done.stdout)
        found.append(told[1])
    return found


def leased(lab: cloud.Lab, one: tenant.Instance) -> list[str]:
    """Return the IPv4 addresses that an instance has, with their length."""
    done = inside(lab, one.id, ['ip', '-4', '-o', 'addr', 'show'])
    return [
        address
        for address in re.findall(r'inet (\S+)', done.stdout)
        if not address.startswith('127.')
    ]


def transfer(
    lab: cloud.Lab,
    sender: tenant.Instance,
    receiver: tenant.Instance,
    data: bytes,
) -> bytes:
    """Send bytes from an instance to another by TCP; return what arrives."""
    return send(lab, sender.id, receiver.id, receiver.ip, data)


def send(
    lab: cloud.Lab,
    sender: str,
    receiver: str,
    address: str,
    data: bytes,
    port: int = TCP,
) -> bytes:
    """Send bytes by TCP; return what arrives.

    :param sender: ID or name of a server, or name of a machine
    :param receiver: the same
    :param address: of the receiver, as the sender has to know it
    :param port: likewise
    """
    with subprocess.Popen(
        lab.command_in(receiver, ['busybox', 'nc', '-l', '-p', str(TCP)]),
        # It stays open: the listener would say that it sends no more, and
        # the sender end before all was sent.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=layouts.environment(),
    ) as listener:
        await_listener(lab, receiver)
        with subprocess.Popen(
            lab.command_in(
                sender,
                ['busybox', 'nc', '-w', str(_CONNECTS), address, str(port)],
            ),
            stdin=subprocess.PIPE,
            env=layouts.environment(),
        ) as process:

            def feed() -> None:
                process.communicate(data, 60)
                if process.returncode:
                    # It would wait for ever.
                    listener.kill()

            feeding = threading.Thread(target=feed)
            feeding.start()
            try:
                assert listener.stdout is not None
                received = listener.stdout.read()
            finally:
                feeding.join()
                process.kill()
                listener.kill()
    return received


def await_listener(lab: cloud.Lab, place: str) -> None:
    """Wait until somebody listens in an instance or on a machine."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        done = inside(lab, place, ['cat', '/proc/net/tcp', '/proc/net/tcp6'])
        if f':{TCP:04X} ' in done.stdout:
            return
        time.sleep(0.1)
    raise AssertionError(f'nobody listens on {TCP} in {place}')


@contextlib.contextmanager
def captured(
    lab: cloud.Lab, interface: str, expression: str, machine: str = _FABRIC
) -> Iterator[list[str]]:
    """Watch a wire; the frames are in the list when the context ends.

    :param interface: a wire's bridge on the fabric, or another interface
    :param expression: of tcpdump
    """
    frames: list[str] = []
    with subprocess.Popen(
        lab.command_in(machine, ['tcpdump', '-lneti', interface, expression]),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=layouts.environment(),
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if 'listening on' in line:
                break
        try:
            yield frames
        finally:
            # What was seen last is still on its way to here.
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            printed = process.communicate(timeout=10)[0].splitlines()
            # It ends with an empty line when it is interrupted.
            frames += [line for line in printed if line]
