# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Instances of two regions whose security groups name each other."""

from collections.abc import Iterable, Sequence
import dataclasses
import ipaddress
from typing import Any, Final

from lab import cloud
from tests.lab import conversations
from tests.lab import packets
from tests.lab import tenant as tenants
from tests.lab import waiting

#: How instances reach each other: on one network with tunnels, on one that
#: is a wire of both regions, or over a router, from one of each region's own.
SHAPES: Final = ('vxlan', 'vlan', 'routed')
#: The physical network that all hosts are on.
_WIRE: Final = 'bridge'
#: Seconds for agents to have heard of what joined or left a group.
_HEARD: Final = 30.0
#: Families and protocols, each of which is a way.
ALL: Final = frozenset({'icmp4', 'icmp6', 'tcp4', 'tcp6'})


@dataclasses.dataclass(frozen=True)
class Addresses:
    """Addresses of one port, with their length."""

    four: ipaddress.IPv4Interface
    six: ipaddress.IPv6Interface

    def hosts(self) -> tuple[str, str]:
        """Return them without their length."""
        return str(self.four.ip), str(self.six.ip)

    def at(self, number: int) -> 'Addresses':
        """Return other ones of the same subnets."""
        return Addresses(
            ipaddress.IPv4Interface(
                (self.four.network[number], self.four.network.prefixlen)
            ),
            ipaddress.IPv6Interface(
                (self.six.network[number], self.six.network.prefixlen)
            ),
        )


class Party:
    """Three instances, all in the project's default group, and no more.

    :param number: of its prefixes: 10.4.number.0/24 and the next one,
        fd04:number::/64 and the next one
    :ivar here: in the first region
    :ivar beside: in the same region and on the same network
    :ivar there: in the second region
    """

    def __init__(
        self, lab: cloud.Lab, owner: tenants.Tenant, shape: str, number: int
    ) -> None:
        self.lab, self.owner = lab, owner
        self.default = owner.default_group().id
        one, other = owner.regions[:2]
        networks = {
            'vxlan': lambda: [self._network(number)] * 2,
            'vlan': lambda: [self._wire(number)] * 2,
            'routed': lambda: self._routed(number, (one, other)),
        }[shape]()
        self._routes = shape == 'routed'
        asked = [
            (region, owner.ask(region, {'uuid': network.id}).id)
            for region, network in zip(
                (one, one, other), (networks[0], *networks), strict=True
            )
        ]
        self.here, self.beside, self.there = (
            owner.wait(*each) for each in asked
        )
        for instance in self.instances:
            self.wear(instance, self.addresses(instance))

    @property
    def instances(self) -> tuple[tenants.Instance, ...]:
        """All of them."""
        return self.here, self.beside, self.there

    # -- networks -----------------------------------------------------------

    def _network(
        self, number: int, hints: Sequence[str] = (), **attributes: Any
    ) -> Any:
        network = self.owner.network(
            f'10.4.{number}.0/24', hints, f'net{number}', **attributes
        )
        self.owner.central.create_subnet(
            name=f'{self.owner.name}-net{number}-6',
            network_id=network.id,
            ip_version=6,
            cidr=f'fd04:{number}::/64',
            ipv6_address_mode='dhcpv6-stateful',
            ipv6_ra_mode='dhcpv6-stateful',
        )
        return network

    def _wire(self, number: int) -> Any:
        return self._network(
            number,
            as_admin=True,
            provider_network_type='vlan',
            provider_physical_network=_WIRE,
        )

    def _routed(self, number: int, regions: Sequence[str]) -> list[Any]:
        central = self.owner.central
        router = central.create_router(name=self.owner.name)
        networks = []
        for step, region in enumerate(regions):
            network = self._network(number + step, [region])
            for subnet in central.subnets(network_id=network.id):
                central.add_interface_to_router(router.id, subnet_id=subnet.id)
            networks.append(network)
        return networks

    # -- what instances have ------------------------------------------------

    def addresses(self, instance: tenants.Instance) -> Addresses:
        """Return the addresses that central has for an instance."""
        port = self.owner.central.get_port(instance.port_id)
        found: dict[int, Any] = {}
        for fixed in port.fixed_ips:
            subnet = self.owner.central.get_subnet(fixed['subnet_id'])
            length = subnet.cidr.rpartition('/')[2]
            one = ipaddress.ip_interface(f'{fixed["ip_address"]}/{length}')
            found[one.version] = one
        return Addresses(found[4], found[6])

    def wear(self, instance: tenants.Instance, addresses: Addresses) -> None:
        """Have an instance use addresses, and no others, from now on."""
        device = f'tap{instance.port_id}'[:14]
        commands = [
            ['address', 'flush', 'dev', device, 'scope', 'global'],
            ['address', 'add', str(addresses.four), 'dev', device],
            ['address', 'add', str(addresses.six), 'dev', device, 'nodad'],
        ]
        if self._routes:
            gateway = self._gateway(instance)
            commands.append(['route', 'replace', 'default', 'via', gateway])
        for one in commands:
            done = packets.inside(self.lab, instance.id, ['ip', *one])
            assert done.returncode == 0, (one, done.stderr)

    def _gateway(self, instance: tenants.Instance) -> str:
        """Return the gateway of IPv4 that an instance's region has.

        Routers advertise themselves in IPv6.
        """
        (subnet,) = self.owner.at(instance.region).network.subnets(
            network_id=instance.nics[0].network_id, ip_version=4
        )
        return str(subnet.gateway_ip)

    def join(self, instance: tenants.Instance, *groups: str) -> None:
        """Have an instance be in these security groups only."""
        self.owner.central.update_port(
            instance.port_id, security_group_ids=list(groups)
        )

    def group(self, name: str, admits: Iterable[str] = ()) -> str:
        """Create a security group; return its ID.

        :param admits: IDs of the groups whose members it lets in
        """
        central = self.owner.central
        made = central.create_security_group(name=name)
        for remote in admits:
            for family in ('IPv4', 'IPv6'):
                central.create_security_group_rule(
                    security_group_id=made.id,
                    direction='ingress',
                    ethertype=family,
                    remote_group_id=remote,
                )
        return str(made.id)

    # -- who reaches whom ---------------------------------------------------

    def ways(
        self, sender: tenants.Instance, receiver: Addresses
    ) -> frozenset[str]:
        """Return how an instance reaches another one, now."""
        four, six = receiver.hosts()

        def passes(way: tuple[str, str]) -> bool:
            protocol, address = way
            if protocol.startswith('icmp'):
                done = packets.inside(
                    self.lab,
                    sender.id,
                    [
                        *('ping', '-n', '-c', '2', '-i', '0.2'),
                        *('-W', '1', address),
                    ],
                )
                return done.returncode == 0
            with conversations.with_one(self.lab, sender, address) as one:
                return one.answers()

        tried = [
            ('icmp4', four),
            ('icmp6', six),
            ('tcp4', four),
            ('tcp6', six),
        ]
        return frozenset(
            way
            for (way, _address), passed in zip(
                tried, waiting.together(passes, tried), strict=True
            )
            if passed
        )

    def await_ways(
        self,
        sender: tenants.Instance,
        receiver: tenants.Instance,
        wanted: frozenset[str],
        seconds: float = _HEARD,
        at: Addresses | None = None,
    ) -> None:
        """Wait until an instance reaches another one so, and not otherwise.

        :param at: where the receiver is; at the addresses of its port
            unless told
        """
        where = at or self.addresses(receiver)
        with conversations.answering(self.lab, receiver):

            def look() -> None:
                assert self.ways(sender, where) == wanted

            waiting.eventually(look, seconds)

    def await_all(
        self,
        sender: tenants.Instance,
        receiver: tenants.Instance,
        at: Addresses | None = None,
    ) -> None:
        """Wait until an instance reaches another one in all ways."""
        self.await_ways(sender, receiver, ALL, at=at)

    def await_none(
        self, sender: tenants.Instance, receiver: tenants.Instance
    ) -> None:
        """Wait until nothing of an instance comes back from another one."""
        self.await_ways(sender, receiver, frozenset())
