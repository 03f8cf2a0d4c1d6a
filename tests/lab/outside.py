# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The machine that stands for the world outside, and what it sees."""

from collections.abc import Iterator
import contextlib
import ipaddress
import json
import re
from typing import Any

from lab import cloud
from lab import topology as topologies
from tests.lab import packets
from tests.lab import tenant as tenants
from tests.lab import waiting

#: A machine's only interface.
_INTERFACE = 'eth0'
_PING = re.compile(r'(\S+) > \S+: ICMP6?,? echo request')


def host(lab: cloud.Lab, name: str | None = None) -> topologies.ExternalHost:
    """Return a machine outside of the cloud, the first if none is named."""
    return next(
        one for one in lab.topology.external_hosts if name in (None, one.name)
    )


def address(lab: cloud.Lab) -> str:
    """Return the address of the first machine outside."""
    return str(ipaddress.ip_interface(host(lab).address).ip)


@contextlib.contextmanager
def kept(lab: cloud.Lab) -> Iterator[None]:
    """Let a guide change the first machine; undo it when the context ends."""
    one = host(lab)
    # Also before: a run that was killed undid nothing.
    _restore(lab, one)
    try:
        yield
    finally:
        _restore(lab, one)


def _restore(lab: cloud.Lab, one: topologies.ExternalHost) -> None:
    for family in ('-4', '-6'):
        _ip(
            lab,
            one.name,
            *(family, 'address', 'flush', 'dev', _INTERFACE),
            *('scope', 'global'),
        )
        _ip(lab, one.name, family, 'route', 'flush', 'proto', 'boot')
    _ip(lab, one.name, 'address', 'add', one.address, 'dev', _INTERFACE)


def hears_from(
    lab: cloud.Lab,
    instance: tenants.Instance,
    target: str | None = None,
    name: str | None = None,
) -> str:
    """Return as whom an instance pings an address outside.

    :param target: an address of the machine, its first unless told
    :param name: of the machine, the first unless told
    """
    target = target or address(lab)
    machine = host(lab, name).name
    wanted = f'host {target}'
    with packets.captured(lab, _INTERFACE, wanted, machine) as frames:
        assert packets.ping(lab, instance, target, 3).lost == 0
    sources = {found[1] for found in map(_PING.search, frames) if found}
    assert len(sources) == 1, frames
    return sources.pop()


def await_silence(lab: cloud.Lab, target: str) -> None:
    """Wait until an address does not answer the outside any more."""

    def silent() -> None:
        assert packets.ping(lab, host(lab).name, target, 2).received == 0

    waiting.eventually(silent, 30.0)


def _ip(lab: cloud.Lab, name: str, *argv: str) -> list[dict[str, Any]]:
    done = packets.inside(lab, name, ['ip', '-j', *argv])
    assert done.returncode == 0, f'{name}: {argv}: {done.stderr}'
    return list(json.loads(done.stdout or '[]'))
