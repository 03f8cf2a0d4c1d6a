# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whom security groups let through."""

from collections.abc import Mapping
import ipaddress
from typing import Any, Final

from tricircle.cli.tracing.facts import End
from tricircle.cli.tracing.facts import Packet

#: Names that mean one protocol, as Neutron takes them.
_SAME: Final = {
    'icmp': {'icmp', '1', 'icmpv6', 'ipv6-icmp', '58'},
    'tcp': {'tcp', '6'},
    'udp': {'udp', '17'},
}


def lets_through(
    direction: str, port: End, other: End, packet: Packet
) -> Mapping[str, Any] | None:
    """Return the first rule of a port that lets a packet through.

    An address group in a rule counts as one that does not: its addresses are
    not asked for.

    :param direction: ``egress`` or ``ingress``, as the port sees it
    :param other: to whom, or from whom it goes
    """
    for group in port.groups:
        for rule in group['security_group_rules']:
            if rule['direction'] == direction and _matches(
                rule, other, packet
            ):
                found: Mapping[str, Any] = rule
                return found
    return None


def is_open(port: End) -> bool:
    """Tell whether no security group is asked for a port."""
    return not port.body.get('port_security_enabled', True)


def names_address_group(direction: str, port: End) -> bool:
    """Tell whether a rule of a port depends on an address group."""
    return any(
        rule.get('remote_address_group_id')
        for group in port.groups
        for rule in group['security_group_rules']
        if rule['direction'] == direction
    )


def _matches(rule: Mapping[str, Any], other: End, packet: Packet) -> bool:
    return (
        _protocol_matches(rule, packet)
        and _port_matches(rule, packet)
        and _remote_matches(rule, other)
    )


def _protocol_matches(rule: Mapping[str, Any], packet: Packet) -> bool:
    wanted = rule['protocol']
    return wanted in {None, 'any', '0', 0} or str(wanted).lower() in _SAME.get(
        packet.protocol, {packet.protocol}
    )


def _port_matches(rule: Mapping[str, Any], packet: Packet) -> bool:
    lowest, highest = rule['port_range_min'], rule['port_range_max']
    if lowest is None or packet.port is None:
        # Of ICMP it is the type; what is not asked for is not looked at.
        return True
    return bool(lowest <= packet.port <= highest)


def _remote_matches(rule: Mapping[str, Any], other: End) -> bool:
    if rule.get('remote_address_group_id'):
        return False
    addresses = [ipaddress.ip_address(one) for one in other.addresses]
    version = 6 if rule['ethertype'] == 'IPv6' else 4
    if all(one.version != version for one in addresses):
        return False
    if rule['remote_group_id']:
        return rule['remote_group_id'] in other.body['security_groups']
    prefix = rule['remote_ip_prefix']
    return not prefix or any(
        one in ipaddress.ip_network(prefix, strict=False) for one in addresses
    )
