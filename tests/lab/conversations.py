# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""TCP connections of instances that stay open, and who answers them."""

from collections.abc import Iterator
import contextlib
import os
import select
import subprocess
import time

from lab import cloud
from lab import layout as layouts
from tests.lab import packets
from tests.lab import tenant

_AT_MOST = 4096


class Conversation:
    """A connection to an instance that sends back what it gets."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._said = 0
        self._heard = b''

    def answers(self, seconds: float = 2.0) -> bool:
        """Say something new, and tell whether it comes back in that time."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._said += 1
        line = f'{self._said}\n'.encode()
        try:
            self._process.stdin.write(line)
        except BrokenPipeError:
            return False
        deadline = time.monotonic() + seconds
        while not self._heard.endswith(line):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if select.select([self._process.stdout], [], [], left)[0]:
                came = os.read(self._process.stdout.fileno(), _AT_MOST)
                if not came:
                    return False
                self._heard += came
        return True


@contextlib.contextmanager
def answering(lab: cloud.Lab, instance: tenant.Instance) -> Iterator[None]:
    """Have an instance send back what it gets, in either family."""
    with subprocess.Popen(
        lab.command_in(
            instance.id,
            ['busybox', 'nc', '-ll', '-p', str(packets.TCP), '-e', 'cat'],
        ),
        stdin=subprocess.DEVNULL,
        env=layouts.environment(),
    ) as listener:
        try:
            packets.await_listener(lab, instance.id)
            yield
        finally:
            listener.kill()


@contextlib.contextmanager
def with_one(
    lab: cloud.Lab,
    instance: tenant.Instance,
    address: str,
    seconds: int = 2,
) -> Iterator[Conversation]:
    """Connect an instance with an address, whether that succeeds or not.

    :param seconds: in which it must
    """
    with subprocess.Popen(
        lab.command_in(
            instance.id,
            [
                *('busybox', 'nc', '-w', str(seconds), address),
                str(packets.TCP),
            ],
        ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=layouts.environment(),
        bufsize=0,
    ) as process:
        try:
            yield Conversation(process)
        finally:
            process.kill()
