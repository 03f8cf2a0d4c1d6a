# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What benchmarks in a lab share: the lab, waiting, and a ping."""

import argparse
from collections.abc import Callable
import subprocess
import time
from typing import TypeVar

from lab import cloud
from lab import layout as layouts

T = TypeVar('T')

_SECONDS = 120.0


def lab_that_is_up(parser: argparse.ArgumentParser) -> cloud.Lab:
    """Return the lab, or end with an error of the command's."""
    lab = cloud.load(layouts.Layout.usual())
    if not lab.is_up:
        parser.error('no lab is up: bring one up with bin/lab up')
    return lab


def until(look: Callable[[], T | None], pause: float = 0.05) -> T:
    """Look until there is something, and return it.

    :param pause: between looks, in seconds
    :raises SystemExit: when there is nothing after two minutes
    """
    deadline = time.monotonic() + _SECONDS
    while not (found := look()):
        if time.monotonic() > deadline:
            raise SystemExit(f'nothing after {_SECONDS:.0f} s: {look}')
        time.sleep(pause)
    return found


def await_answer(lab: cloud.Lab, server_id: str, address: str) -> None:
    """Wait until an address answers one ping of an instance's."""
    ping = lab.command_in(server_id, ['ping', '-c', '1', '-W', '0.3', address])

    def answers() -> bool:
        done = subprocess.run(
            ping,
            capture_output=True,
            env=layouts.environment(),
            check=False,
        )
        return not done.returncode

    until(answers)
