# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A network in every region with DHCP for both families, and who serves it."""

from collections.abc import Collection, Sequence
import dataclasses
import ipaddress
import json
import os
import re
import signal
from typing import Any

from lab import layout as layouts
from tests.lab import packets
from tests.lab import tenant as tenants

#: What an instance's console says of a lease, see lab/nova_driver/udhcpc.sh.
_LEASE = re.compile(r'^lease (.*)$', re.MULTILINE)
_VALUE = re.compile(r'(\w+)=(.*?)(?= \w+=|$)')


@dataclasses.dataclass(frozen=True)
class Server:
    """The DHCP server of a network in a region, as its Neutron has it.

    :ivar gateway: IPv4 address of the region's own gateway
    :ivar host: where it runs
    """

    mac: str
    ip4: str
    ip6: str
    gateway: str
    host: str


@dataclasses.dataclass
class Network:
    """The network, with instances, and a DHCP server in each region.

    :ivar instances: one on each host of the lab
    :ivar servers: by region
    """

    tenant: tenants.Tenant
    network: Any
    instances: tuple[tenants.Instance, ...]
    servers: dict[str, Server]
    #: Regions by the MACs of routers that a test has put there.
    routers: dict[str, str] = dataclasses.field(default_factory=dict)

    def region_of(self, mac: str) -> str:
        """Return whose a MAC is, or the MAC when nobody's."""
        for region, server in self.servers.items():
            if server.mac == mac:
                return region
        return self.routers.get(mac, mac)

    def address(self, instance: tenants.Instance, version: int) -> str:
        """Return the address of an instance, IPv4 or IPv6."""
        here = self.tenant.at(instance.region).network
        return _address(here.get_port(instance.port_id), version)

    def replies(
        self, instance: tenants.Instance, *only: str, wait: float = 1.0
    ) -> dict[str, list[dict[str, Any]]]:
        """Ask from an instance; return all replies, by question.

        RENEW is asked of the servers of all regions, which is then part of
        the question.
        """
        done = packets.inside(
            self.tenant.lab,
            instance.id,
            [
                *(str(layouts.BIN / 'python'), '-m', 'lab.dhcp_probe'),
                *(f'tap{instance.port_id}'[:14], '--json'),
                *('--wait', str(wait)),
                *('--address', self.address(instance, 4)),
                *('--address6', self.address(instance, 6)),
                *(
                    part
                    for server in self.servers.values()
                    for part in ('--server', server.ip4)
                ),
                *(part for name in only for part in ('--only', name)),
            ],
        )
        assert done.returncode == 0, done.stderr
        found = {}
        names = {one.ip4: name for name, one in self.servers.items()}
        for row in json.loads(done.stdout)['probes']:
            assert row['error'] is None, row
            to = names.get(row['to'], '')
            found[f'{row["probe"]} {to}'.strip()] = row['replies']
        return found

    def answering(
        self, instance: tenants.Instance, *only: str, wait: float = 1.0
    ) -> dict[str, set[str]]:
        """The same, but only which regions answered."""
        return {
            question: {self.region_of(reply['mac']) for reply in replies}
            for question, replies in self.replies(
                instance, *only, wait=wait
            ).items()
        }

    def leases(self, instance: tenants.Instance) -> list[dict[str, str]]:
        """Return all leases that an instance got, oldest first."""
        compute = self.tenant.at(instance.region).compute
        told = compute.get_server_console_output(instance.id)
        return [
            dict(_VALUE.findall(line))
            for line in _LEASE.findall(told['output'])
        ]

    def signal_client(
        self, instance: tenants.Instance, number: signal.Signals
    ) -> None:
        """Send a signal to the DHCP client of an instance."""
        done = packets.inside(
            self.tenant.lab,
            instance.host,
            ['ip', 'netns', 'pids', f'vm-{instance.id}'],
        )
        clients = [
            int(pid)
            for pid in done.stdout.split()
            if b'udhcpc' in _command_line(int(pid))
        ]
        assert len(clients) == 1, clients
        os.kill(clients[0], number)

    def kill_server(self, region: str) -> None:
        """Kill the DHCP server of a region, as a power cut would."""
        folder = self.tenant.lab.layout.var(
            self.servers[region].host, 'neutron'
        )
        path = folder / 'dhcp' / self.network.id / 'pid'
        os.kill(int(path.read_text()), signal.SIGKILL)


def create(
    tenant: tenants.Tenant,
    name: str,
    number: int,
    dns: Sequence[str] = (),
    routes: Collection[dict[str, str]] = (),
    **attributes: Any,
) -> Network:
    """Create a network, boot an instance on each host.

    :param number: its prefixes are 10.3.number.0/24, fd03:number::/64
    :param dns: name servers of both families
    :param routes: of IPv4
    :param attributes: of the network, as the SDK calls them
    """
    central = tenant.at('CentralRegion', as_admin=bool(attributes)).network
    network = central.create_network(
        name=f'{tenant.name}-{name}', **attributes
    )
    central.create_subnet(
        name=f'{name}-4',
        network_id=network.id,
        ip_version=4,
        cidr=f'10.3.{number}.0/24',
        dns_nameservers=[one for one in dns if '.' in one],
        host_routes=list(routes),
    )
    central.create_subnet(
        name=f'{name}-6',
        network_id=network.id,
        ip_version=6,
        cidr=f'fd03:{number}::/64',
        ipv6_address_mode='dhcpv6-stateful',
        ipv6_ra_mode='dhcpv6-stateful',
        dns_nameservers=[one for one in dns if ':' in one],
    )
    asked = [
        (
            region.name,
            tenant.ask(
                region.name,
                {'uuid': network.id},
                name=f'{tenant.name}-{name}-{host}',
                host=host,
            ).id,
        )
        for host, region in tenant.lab.topology.hosts.items()
    ]
    return Network(
        tenant,
        central.get_network(network.id),
        tuple(tenant.wait(region, server) for region, server in asked),
        {
            region: _server(tenant, region, network.id)
            for region in tenant.regions
        },
    )


def _server(tenant: tenants.Tenant, region: str, network: str) -> Server:
    here = tenant.at(region, as_admin=True).network
    (port,) = [
        one
        for one in here.ports(network_id=network, device_owner='network:dhcp')
        if one.binding_host_id
    ]
    (subnet,) = here.subnets(network_id=network, ip_version=4)
    return Server(
        port.mac_address,
        _address(port, 4),
        _address(port, 6),
        str(subnet.gateway_ip),
        str(port.binding_host_id),
    )


def _address(port: Any, version: int) -> str:
    (found,) = [
        str(one['ip_address'])
        for one in port.fixed_ips
        if ipaddress.ip_address(one['ip_address']).version == version
    ]
    return found


def _command_line(pid: int) -> bytes:
    with open(f'/proc/{pid}/cmdline', 'rb') as file:
        return file.read()
