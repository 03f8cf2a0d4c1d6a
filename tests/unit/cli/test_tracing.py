# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is said of the way of a packet between two ports."""

from collections.abc import Collection
import dataclasses
from typing import Any

import pytest

from tricircle.cli.tracing import facts
from tricircle.cli.tracing import steps

_IN_SYNC = {'status': 'IN_SYNC', 'reason': None, 'omitted': []}
_PENDING = _IN_SYNC | {'status': 'PENDING'}
_FAILED = {'status': 'FAILED', 'reason': 'no room', 'omitted': []}
_BOTH = ('RegionOne', 'RegionTwo')
_ICMP = facts.Packet('icmp')


def rule(direction: str, **changes: Any) -> dict[str, Any]:
    return {
        'id': f'{direction}-rule',
        'security_group_id': 'group',
        'direction': direction,
        'ethertype': 'IPv4',
        'protocol': None,
        'port_range_min': None,
        'port_range_max': None,
        'remote_ip_prefix': None,
        'remote_group_id': None,
        'remote_address_group_id': None,
    } | changes


def group(*rules: dict[str, Any]) -> dict[str, Any]:
    return {'id': 'group', 'security_group_rules': list(rules)}


def port(name: str, address: str, **changes: Any) -> dict[str, Any]:
    return {
        'id': name,
        'network_id': 'net',
        'admin_state_up': True,
        'port_security_enabled': True,
        'security_groups': ['group'],
        'fixed_ips': [{'subnet_id': 'sub', 'ip_address': address}],
    } | changes


def end(number: int, **changes: Any) -> facts.End:
    """Return the first or the second of two ports, all of it in order."""
    region = ('RegionOne', 'RegionTwo')[number]
    host = ('h1', 'h2')[number]
    made = facts.End(
        port(('a', 'b')[number], f'10.0.0.{number + 1}'),
        region,
        _IN_SYNC,
        {'binding:host_id': host, 'status': 'ACTIVE'},
        {'agent_type': 'Open vSwitch agent', 'alive': True},
        (group(rule('egress'), rule('ingress', remote_group_id='group')),),
        {
            'region': ('RegionTwo', 'RegionOne')[number],
            'host': ('h2', 'h1')[number],
            'tunnel_ip': '192.0.2.1',
        },
    )
    return dataclasses.replace(made, **changes)


def network(
    name: str = 'net',
    there: Collection[str] = _BOTH,
    two: dict[str, Any] = _IN_SYNC,
) -> facts.Between:
    """Return a network, and how RegionTwo has it."""
    states = {'RegionOne': _IN_SYNC, 'RegionTwo': two}
    return facts.Between('network', name, states, there)


def cloud(
    first: facts.End | None = None,
    second: facts.End | None = None,
    **changes: Any,
) -> facts.Facts:
    made = facts.Facts(
        first or end(0), second or end(1), (network(),), (), True
    )
    return dataclasses.replace(made, **changes)


def broken(
    known: facts.Facts, packet: facts.Packet = _ICMP
) -> list[tuple[str, str]]:
    """Return region and subject of the steps that are broken."""
    return [
        (one.region, one.what)
        for one in steps.way(known, packet, 'CentralRegion')
        if one.verdict is steps.Verdict.BROKEN
    ]


def unknown(known: facts.Facts) -> list[str]:
    return [
        one.what
        for one in steps.way(known, _ICMP, 'CentralRegion')
        if one.verdict is steps.Verdict.UNKNOWN
    ]


def test_all_steps_of_a_pair_in_order_are_shown() -> None:
    shown = [
        (one.region, one.what, one.verdict.value)
        for one in steps.way(cloud(), _ICMP, 'CentralRegion')
    ]
    assert shown == [
        ('RegionOne', 'port a', 'ok'),
        ('RegionTwo', 'port b', 'ok'),
        ('RegionOne', 'egress of a', 'ok'),
        ('RegionOne', 'network net', 'ok'),
        ('RegionTwo', 'network net', 'ok'),
        ('RegionOne', 'tunnel to port b', 'ok'),
        ('RegionTwo', 'tunnel to port a', 'ok'),
        ('RegionTwo', 'ingress of b', 'ok'),
    ]


@pytest.mark.parametrize(
    'changes',
    [
        {'region': '', 'state': None, 'here': None},
        {'here': {'binding:host_id': '', 'status': 'DOWN'}},
        {'here': {'binding:host_id': 'h2', 'status': 'DOWN'}},
        {'agent': {'agent_type': 'Open vSwitch agent', 'alive': False}},
        {'body': port('b', '10.0.0.2', admin_state_up=False)},
    ],
    ids=['nowhere', 'no host', 'down', 'dead agent', 'off'],
)
def test_a_port_that_is_not_plugged_is_broken(changes: Any) -> None:
    found = broken(cloud(second=end(1, **changes)))
    assert found[0][1] == 'port b'


def test_a_port_that_its_region_does_not_tell_of_is_unknown() -> None:
    assert unknown(cloud(second=end(1, here=None, agent=None))) == ['port b']


def test_a_shadow_port_that_is_missing_breaks_the_way() -> None:
    assert broken(cloud(first=end(0, knows=None))) == [
        ('RegionOne', 'tunnel to port b')
    ]


@pytest.mark.parametrize('host', ['', 'h3'])
def test_a_shadow_port_on_another_host_breaks_the_way(host: str) -> None:
    knows = {'region': 'RegionTwo', 'host': host, 'tunnel_ip': None}
    assert broken(cloud(first=end(0, knows=knows))) == [
        ('RegionOne', 'tunnel to port b')
    ]


def test_the_way_back_is_looked_at_too() -> None:
    assert broken(cloud(second=end(1, knows=None))) == [
        ('RegionTwo', 'tunnel to port a')
    ]


def test_ports_of_one_region_need_no_shadow_ports() -> None:
    second = end(1, region='RegionOne', knows=None, here=end(0).here)
    assert broken(cloud(end(0, knows=None), second)) == []


def test_ports_on_one_wire_need_no_shadow_ports() -> None:
    ends = (end(0, knows=None), end(1, knows=None))
    assert broken(cloud(*ends, is_tunnelled=False)) == []


def test_a_network_that_is_not_in_a_region_breaks_the_way() -> None:
    for state in (_IN_SYNC, _PENDING, _FAILED):
        known = cloud(networks=(network(there=['RegionOne'], two=state),))
        assert broken(known) == [('RegionTwo', 'network net')]


def test_a_network_is_there_before_central_has_heard_of_it() -> None:
    known = cloud(networks=(network(two=_PENDING),))
    assert broken(known) == unknown(known) == []


def test_of_a_network_whose_last_change_failed_it_is_not_known() -> None:
    known = cloud(networks=(network(two=_FAILED),))
    assert broken(known) == []
    assert unknown(known) == ['network net']


def test_networks_without_a_router_are_broken() -> None:
    known = cloud(networks=(network(), network('other')))
    assert broken(known) == [('CentralRegion', 'router')]


def test_a_router_has_a_piece_only_where_it_is_needed() -> None:
    router = facts.Between('router', 'r', {}, ['RegionOne'])
    known = cloud(networks=(network(), network('other')), routers=(router,))
    assert broken(known) == []
    assert [
        (one.region, one.verdict)
        for one in steps.way(known, _ICMP, 'CentralRegion')
        if one.what == 'router r'
    ] == [('RegionOne', 'ok'), ('RegionTwo', 'unknown')]


@pytest.mark.parametrize(
    ('let_in', 'packet', 'is_let_in'),
    [
        (rule('ingress'), _ICMP, True),
        (rule('ingress', ethertype='IPv6'), _ICMP, False),
        (rule('ingress', protocol='icmp'), _ICMP, True),
        (rule('ingress', protocol='1'), _ICMP, True),
        (rule('ingress', protocol='tcp'), _ICMP, False),
        (rule('ingress', protocol='tcp'), facts.Packet('tcp', 22), True),
        (
            rule(
                'ingress', protocol='tcp', port_range_min=20, port_range_max=22
            ),
            facts.Packet('tcp', 22),
            True,
        ),
        (
            rule(
                'ingress', protocol='tcp', port_range_min=80, port_range_max=81
            ),
            facts.Packet('tcp', 22),
            False,
        ),
        (rule('ingress', remote_ip_prefix='10.0.0.0/24'), _ICMP, True),
        (rule('ingress', remote_ip_prefix='10.0.0.1/32'), _ICMP, True),
        (rule('ingress', remote_ip_prefix='10.0.0.2/32'), _ICMP, False),
        (rule('ingress', remote_group_id='group'), _ICMP, True),
        (rule('ingress', remote_group_id='another'), _ICMP, False),
        (rule('egress'), _ICMP, False),
    ],
)
def test_a_rule_lets_in_what_it_names(
    let_in: dict[str, Any], packet: facts.Packet, is_let_in: bool
) -> None:
    known = cloud(second=end(1, groups=(group(let_in),)))
    found = broken(known, packet)
    assert found == ([] if is_let_in else [('RegionTwo', 'ingress of b')])


def test_what_no_rule_lets_out_is_broken_where_it_begins() -> None:
    known = cloud(first=end(0, groups=(group(rule('ingress')),)))
    assert broken(known) == [('RegionOne', 'egress of a')]


def test_a_rule_with_an_address_group_is_unknown() -> None:
    groups = (group(rule('ingress', remote_address_group_id='x')),)
    assert unknown(cloud(second=end(1, groups=groups))) == ['ingress of b']


def test_no_rule_is_needed_without_port_security() -> None:
    body = port('b', '10.0.0.2', port_security_enabled=False)
    assert broken(cloud(second=end(1, body=body, groups=()))) == []
