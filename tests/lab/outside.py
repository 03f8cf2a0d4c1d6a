# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The host that stands for the world outside, as guides change it."""

from collections.abc import Iterator
import contextlib
import json
import re
from typing import Any

from lab import cloud
from tests.lab import packets
from tests.lab import tenant

_INTERFACE = 'eth0'
_PING = re.compile(r'(\S+) > \S+: ICMP6?,? echo request')


@contextlib.contextmanager
def kept(lab: cloud.Lab, name: str = 'ext') -> Iterator[None]:
    """Let a guide change a host outside; undo it when the context ends.

    :param name: of the machine
    """
    (outside,) = [
        one for one in lab.topology.external_hosts if one.name == name
    ]
    # Also before: a run that was killed undid nothing.
    _restore(lab, name, outside.address)
    try:
        yield
    finally:
        _restore(lab, name, outside.address)


def _restore(lab: cloud.Lab, name: str, address: str) -> None:
    for family in ('-4', '-6'):
        _ip(
            lab,
            name,
            *(family, 'address', 'flush', 'dev', _INTERFACE),
            *('scope', 'global'),
        )
        _ip(lab, name, family, 'route', 'flush', 'proto', 'boot')
    _ip(lab, name, 'address', 'add', address, 'dev', _INTERFACE)


def hears_from(
    lab: cloud.Lab, instance: tenant.Instance, address: str, name: str = 'ext'
) -> str:
    """Return as whom an instance pings an address outside.

    :param name: of the machine that has the address
    """
    wanted = f'host {address}'
    with packets.captured(lab, _INTERFACE, wanted, name) as frames:
        assert packets.ping(lab, instance, address, 3).lost == 0
    sources = {found[1] for found in map(_PING.search, frames) if found}
    assert len(sources) == 1, frames
    return sources.pop()


def gets_no_answer(lab: cloud.Lab, address: str, name: str = 'ext') -> None:
    """Ping an address from outside; it must not answer."""
    done = packets.inside(lab, name, ['ping', '-c', '2', '-W', '1', address])
    assert '100% packet loss' in done.stdout, done.stdout + done.stderr


def _ip(lab: cloud.Lab, name: str, *argv: str) -> list[dict[str, Any]]:
    done = packets.inside(lab, name, ['ip', '-j', *argv])
    assert done.returncode == 0, f'{name}: {argv}: {done.stderr}'
    return list(json.loads(done.stdout or '[]'))
