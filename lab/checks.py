# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What must be so before a lab can be brought up on this machine."""

from collections.abc import Iterable
import importlib.metadata
import os
from pathlib import Path
import shutil

from lab import layout as layouts
from lab import links
from lab import machines
from lab import topology as topologies

#: What must be installed, and the packages of Debian that have it.
PROGRAMS = {
    'ovs-vswitchd': 'openvswitch-switch',
    'rabbitmq-server': 'rabbitmq-server',
    'mariadbd': 'mariadb-server-core',
    'mariadb': 'mariadb-client-core',
    'mariadb-dump': 'mariadb-client',
    'dnsmasq': 'dnsmasq-base',
    'dhcp_release': 'dnsmasq-utils',
    'haproxy': 'haproxy',
    'radvd': 'radvd',
    'keepalived': 'keepalived',
    'conntrack': 'conntrack',
    'ipset': 'ipset',
    'iptables': 'iptables',
    'nft': 'nftables',
    'ethtool': 'ethtool',
    'arping': 'iputils-arping',
    'ping': 'iputils-ping',
    'busybox': 'busybox-static',
    'ip': 'iproute2',
    'sysctl': 'procps',
}
#: MiB that are taken by a region, each of its hosts, and all that is there
#: once: what was measured, and a tenth more.
_MEMORY_OF_REGION = 1000
_MEMORY_OF_HOST = 700
_MEMORY_OF_REST = 900
#: And what is there where a topology asks for it, likewise: Cinder of a
#: region, and the gateway to an API of all of them.
_MEMORY_OF_VOLUMES = 400
_MEMORY_OF_GATEWAY = 150


class LabError(Exception):
    """The lab cannot do it; the text says why, and what to do."""


def root() -> None:
    """See that the user may do what a lab needs.

    :raises LabError: when not
    """
    if os.geteuid() != 0:
        raise LabError('the lab makes network namespaces: run it as root')


def programs() -> None:
    """See that all programs are installed.

    :raises LabError: when not; the text says how to install them
    """
    path = layouts.environment()['PATH']
    missing = sorted(
        {
            package
            for program, package in PROGRAMS.items()
            if shutil.which(program, path=path) is None
        }
    )
    if missing:
        raise LabError(
            'programs are missing; install them with: '
            f'apt-get install --no-install-recommends {" ".join(missing)}'
        )


def extension(group: str, name: str) -> None:
    """See that an extension of an agent is installed.

    The agent only warns of one that it does not find, and runs without.

    :raises LabError: when not
    """
    if name not in importlib.metadata.entry_points(group=group).names:
        raise LabError(
            f'the extension {name} of {group} is not installed; '
            'make venv installs it'
        )


def no_remains(there: Iterable[machines.Machine]) -> None:
    """See that nothing runs of an earlier lab in the same folder.

    :raises LabError: when something does
    """
    left = [one.name for one in there if one.processes()]
    if left:
        raise LabError(
            'an earlier lab was left behind: processes in the machines '
            f'{", ".join(left)}; bin/lab down ends them'
        )


def no_other_lab(there: Iterable[machines.Machine]) -> None:
    """See that no lab in another folder has the names of machines.

    :raises LabError: when one has
    """
    taken = [one.namespace for one in there if one.taken]
    if taken:
        raise LabError(
            'another lab is up on this machine, from another folder; '
            'bin/lab down there ends it. It has the namespaces '
            f'{", ".join(taken)}'
        )


def addresses() -> None:
    """See that nobody has the addresses that the lab uses.

    :raises LabError: when somebody has; the text says which, and who
    """
    taken = links.addresses_in_use()
    if taken:
        raise LabError(
            'the lab wants its addresses for itself, and this machine '
            f'has {", ".join(taken)}'
        )


def memory(
    topology: topologies.Topology, meminfo: Path = Path('/proc/meminfo')
) -> None:
    """See that there is memory for a topology.

    :param meminfo: as the kernel writes it
    :raises LabError: when there is too little
    """
    needed = (
        _MEMORY_OF_REST
        + _MEMORY_OF_REGION * len(topology.regions)
        + _MEMORY_OF_HOST * len(topology.hosts)
        + _MEMORY_OF_VOLUMES * len(topology.regions) * topology.volumes
        + _MEMORY_OF_GATEWAY
        * topology.gateway
        * (2 if topology.volumes else 1)
    )
    for line in meminfo.read_text().splitlines():
        if line.startswith('MemAvailable:'):
            available = int(line.split()[1]) // 1024
            if available < needed:
                raise LabError(
                    f'{available} MiB of memory are available, and the '
                    f'lab takes about {needed}; end something else, or '
                    'take a smaller topology, such as '
                    'lab/topologies/single.yaml'
                )
