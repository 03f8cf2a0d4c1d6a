# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the switch of a host loses when it ends, given back.

With its datapath in user space, Open vSwitch holds the far ends of its
internal ports itself. When it ends, the devices in the namespaces of
instances, routers and DHCP servers are dead; when it starts again, it looks
for them beside the host's own. With the kernel's datapath, as in
production, nothing of that happens.
"""

from collections.abc import Iterable
import dataclasses
import json
import time
from typing import Any

from lab import machines

_VSCTL = 'ovs-vsctl --timeout=20'


@dataclasses.dataclass(frozen=True)
class Device:
    """A device in a namespace, as it was.

    :ivar addresses: words of ``ip address replace``
    :ivar routes: words of ``ip``, those that others need first
    """

    name: str
    namespace: str
    mac: str
    mtu: int
    up: bool
    addresses: tuple[str, ...]
    routes: tuple[str, ...]


def remember(host: machines.Machine) -> list[Device]:
    """Return the devices of the switch that are in namespaces."""
    names = set(
        host.run(
            f'{_VSCTL} --bare --columns=name find Interface type=internal'
        ).split()
    )
    return [
        _device(host, namespace, one)
        for namespace in _namespaces(host)
        for one in _ip(host, namespace, 'address show')
        if one['ifname'] in names
    ]


def take(host: machines.Machine, devices: Iterable[Device]) -> None:
    """Put devices where the switch looks for them; it must have ended."""
    for one in devices:
        host.run(f'ip -n {one.namespace} link set {one.name} netns {host.pid}')


def await_switch(host: machines.Machine) -> None:
    """Wait until the switch has done all that its database says.

    ovs-vsctl waits for that whenever it has changed something.
    """
    host.run(
        f'{_VSCTL} set Open_vSwitch . '
        f'external_ids:lab-started={time.time_ns()}'
    )


def give_back(host: machines.Machine, devices: Iterable[Device]) -> None:
    """Put them where they were, as they were."""
    for one in devices:
        inside = f'ip -n {one.namespace}'
        host.run(f'ip link set {one.name} netns {one.namespace}')
        host.run(
            f'{inside} link set {one.name} address {one.mac} '
            f'mtu {one.mtu} {"up" if one.up else "down"}'
        )
        for address in one.addresses:
            host.run(f'{inside} address replace {address} dev {one.name}')
        for route in one.routes:
            host.run(f'{inside} {route} dev {one.name}')


def _namespaces(host: machines.Machine) -> list[str]:
    return [
        line.split()[0]
        for line in host.run('ip netns list').splitlines()
        if line.strip()
    ]


def _ip(host: machines.Machine, namespace: str, command: str) -> list[Any]:
    where = f'-n {namespace} ' if namespace else ''
    text = host.run(f'ip {where}-json {command}')
    return [one for one in json.loads(text or '[]') if one]


def _device(host: machines.Machine, namespace: str, data: Any) -> Device:
    name = data['ifname']
    routes = []
    for version in (4, 6):
        for route in _ip(
            host, namespace, f'-{version} route show table all dev {name}'
        ):
            # The kernel makes its own again, from addresses.
            if route.get('protocol') == 'kernel' or 'type' in route:
                continue
            routes.append(_route(version, route))
    return Device(
        name,
        namespace,
        data['address'],
        data['mtu'],
        'UP' in data['flags'],
        tuple(
            f'{address["local"]}/{address["prefixlen"]}'
            + (
                f' brd {address["broadcast"]}'
                if 'broadcast' in address
                else ''
            )
            + f' scope {address["scope"]}'
            for address in data['addr_info']
            # Made by the kernel of the MAC, or of router advertisements.
            if address['scope'] != 'link' and not address.get('dynamic')
        ),
        # Those through a gateway need those to it.
        tuple(sorted(routes, key=lambda it: ' via ' in it)),
    )


def _route(version: int, route: Any) -> str:
    words = [f'-{version} route replace', route['dst']]
    for key, word in (
        ('gateway', 'via'),
        ('prefsrc', 'src'),
        ('metric', 'metric'),
        ('table', 'table'),
        ('scope', 'scope'),
        ('protocol', 'proto'),
    ):
        if key in route:
            words += [word, str(route[key])]
    return ' '.join(words)
