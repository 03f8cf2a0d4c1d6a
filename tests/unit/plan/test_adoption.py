# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What keeps a network of a region's own from becoming central's."""

import dataclasses
from typing import Any

import pytest

from tricircle.plan.adoption import networks as adoption

NETWORK: dict[str, Any] = {
    'id': 'n',
    'project_id': 'p',
    'provider:network_type': 'vlan',
}
PORT: dict[str, Any] = {
    'id': 'port',
    'project_id': 'p',
    'device_owner': 'compute:nova',
    'device_id': 'vm',
}
RULE: dict[str, Any] = {
    'id': 'r',
    'direction': 'ingress',
    'ethertype': 'IPv4',
    'protocol': 'tcp',
    'remote_group_id': None,
}
GROUP: dict[str, Any] = {
    'id': 'g',
    'name': 'web',
    'project_id': 'p',
    'security_group_rules': [RULE],
}
DEFAULT: dict[str, Any] = {
    'id': 'd',
    'name': 'default',
    'project_id': 'p',
    'security_group_rules': [
        {'id': f'{direction}-{version}', **rule}
        for version in ('IPv4', 'IPv6')
        for direction, rule in (
            (
                'egress',
                {
                    'direction': 'egress',
                    'ethertype': version,
                    'protocol': None,
                    'remote_group_id': None,
                },
            ),
            (
                'ingress',
                {
                    'direction': 'ingress',
                    'ethertype': version,
                    'protocol': None,
                    'remote_group_id': 'd',
                },
            ),
        )
    ],
}
WHOLE = adoption.Network(
    NETWORK,
    ({'id': 's', 'project_id': 'p', 'subnetpool_id': None},),
    (PORT, {**PORT, 'id': 'dhcp', 'device_owner': 'network:dhcp'}),
    (GROUP, DEFAULT),
)
EMPTY = adoption.Central({}, {}, {})


def found(
    central: adoption.Central = EMPTY, **changes: Any
) -> list[tuple[str, str, str]]:
    """Return type, ID and reason of the conflicts."""
    conflicts = adoption.conflicts(
        dataclasses.replace(WHOLE, **changes), central
    )
    assert all(one.remedy for one in conflicts)
    return [(one.type, one.id, one.reason) for one in conflicts]


def test_an_ordinary_network_has_none() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        ({'provider:network_type': 'geneve'}, 'of type geneve'),
        ({'provider:network_type': 'local'}, 'of type local'),
        ({'segments': [{}, {}]}, '2 segments'),
        ({'router:external': True}, 'external'),
        ({'qos_policy_id': 'q'}, 'QoS policy q'),
    ],
)
def test_a_network_that_central_cannot_have(
    change: dict[str, Any], said: str
) -> None:
    ((kind, one, reason),) = found(network={**NETWORK, **change})

    assert (kind, one) == ('network', 'n')
    assert said in reason


def test_with_whom_it_is_shared() -> None:
    ((kind, _, reason),) = found(rbac=({'id': 'b', 'target_tenant': '*'},))

    assert kind == 'network'
    assert 'RBAC policy b' in reason


def subnet(last: int = 6, **changes: Any) -> dict[str, Any]:
    """Return a subnet 10.0.0.0/29, whose pool ends earlier."""
    return {
        'id': 's',
        'project_id': 'p',
        'gateway_ip': '10.0.0.1',
        'enable_dhcp': True,
        'allocation_pools': [{'start': '10.0.0.2', 'end': f'10.0.0.{last}'}],
        **changes,
    }


def on(number: int, owner: str = 'compute:nova') -> dict[str, Any]:
    """Return a port at 10.0.0.x."""
    return {
        **PORT,
        'id': f'port{number}',
        'device_owner': owner,
        'fixed_ips': [{'subnet_id': 's', 'ip_address': f'10.0.0.{number}'}],
    }


DHCP = 'network:dhcp'


@pytest.mark.parametrize(
    ('ports', 'change', 'said'),
    [
        ([2, 3, 4, 5, 6], {}, '0 of its addresses are free, and 2 needed'),
        ([2, 3, 4, 5], {}, '1 of its addresses are free, and 2 needed'),
        ([2, 3, 4], {}, None),
        # The region has a DHCP server on it.
        ([2, 3, 4, (5, DHCP)], {}, None),
        ([2, 3, 4, 5, (6, DHCP)], {}, '0 of its addresses are free, and 1'),
        # Outside of the pool there are no addresses for central.
        ([2, 3, 4], {'last': 5}, '1 of its addresses are free, and 2 needed'),
        ([2, 3, 4, 5], {'enable_dhcp': False}, None),
        ([2, 3, 4, 5, 6], {'enable_dhcp': False}, 'for the gateway'),
        ([2, 3, 4, 5], {'gateway_ip': None}, None),
        ([2, 3, 4, 5, 6], {'gateway_ip': None}, 'for a DHCP server'),
        (
            [2, 3, 4, 5, 6],
            {'gateway_ip': None, 'enable_dhcp': False},
            None,
        ),
        (
            [2, 3, 4, 5, 6],
            {'gateway_ip': None, 'ipv6_address_mode': 'slaac'},
            None,
        ),
    ],
)
def test_a_subnet_has_room_for_what_central_needs(
    ports: list[Any], change: dict[str, Any], said: str | None
) -> None:
    conflicts = found(
        subnets=(subnet(**change),),
        ports=tuple(
            on(*one) if isinstance(one, tuple) else on(one) for one in ports
        ),
    )

    if said is None:
        assert conflicts == []
    else:
        ((kind, one, reason),) = conflicts
        assert (kind, one) == ('subnet', 's')
        assert said in reason


def test_a_dhcp_server_needs_an_address_on_each_subnet_with_dhcp() -> None:
    other = subnet(
        id='other', allocation_pools=[{'start': '10.0.0.2', 'end': '10.0.0.2'}]
    )

    conflicts = found(
        subnets=(subnet(), other), ports=(on(3, DHCP), on(4, DHCP))
    )

    ((_kind, one, reason),) = conflicts
    assert one == 'other'
    assert '1 of its addresses are free, and 3 needed' in reason


@pytest.mark.parametrize('key', ['subnetpool_id', 'segment_id'])
def test_a_subnet_of_something_of_the_regions(key: str) -> None:
    ((kind, one, reason),) = found(
        subnets=({'id': 's', 'project_id': 'p', key: 'x'},)
    )

    assert (kind, one) == ('subnet', 's')
    assert 'x' in reason


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        (
            {'device_owner': 'network:router_interface', 'device_id': 'r1'},
            'router r1',
        ),
        (
            {'device_owner': 'network:router_centralized_snat'},
            'router vm',
        ),
        ({'device_owner': 'network:local_ip'}, 'network:local_ip'),
        ({'trunk_details': {'trunk_id': 't'}}, 'parent of trunk t'),
        ({'device_owner': 'trunk:subport', 'device_id': 't'}, 'trunk t'),
        ({'qos_policy_id': 'q'}, 'QoS policy q'),
    ],
)
def test_a_port_with_something_of_the_regions(
    change: dict[str, Any], said: str
) -> None:
    ((kind, one, reason),) = found(ports=({**PORT, **change},))

    assert (kind, one) == ('port', 'port')
    assert said in reason


def test_a_floating_ip() -> None:
    ((kind, one, reason),) = found(
        floating_ips=(
            {
                'id': 'f',
                'port_id': 'port',
                'floating_ip_address': '192.0.2.9',
            },
        )
    )

    assert (kind, one) == ('port', 'port')
    assert '192.0.2.9' in reason


def test_a_rule_with_an_address_group() -> None:
    rule = {**RULE, 'remote_address_group_id': 'a'}

    ((kind, one, reason),) = found(
        groups=({**GROUP, 'security_group_rules': [rule]},)
    )

    assert (kind, one) == ('security-group-rule', 'r')
    assert 'address group a' in reason


def test_a_default_group_is_that_of_central_if_it_says_the_same() -> None:
    other = {
        **DEFAULT,
        'security_group_rules': [*DEFAULT['security_group_rules'], RULE],
    }
    same = {
        **other,
        'id': 'e',
        'security_group_rules': [
            {
                **one,
                'remote_group_id': one['remote_group_id'] and 'e',
            }
            for one in other['security_group_rules']
        ],
    }
    central = adoption.Central({}, {'p': same}, {})

    assert [one[:2] for one in found(groups=(other,))] == [
        ('security-group', 'd')
    ]
    assert [one[:2] for one in found(central)] == [('security-group', 'd')]
    assert found(central, groups=(other,)) == []


def test_ids_that_central_has() -> None:
    known = {one: set(ids) for one, ids in adoption.ids(WHOLE).items()}

    assert [one[:2] for one in found(adoption.Central(known, {}, {}))] == [
        ('network', 'n'),
        ('subnet', 's'),
        ('port', 'port'),
        ('security-group', 'g'),
        ('security-group-rule', 'r'),
    ]


def test_quotas_of_each_project() -> None:
    enough = {'limit': 10, 'used': 9, 'reserved': 0}
    none = {'limit': 10, 'used': 12, 'reserved': 0}
    central = adoption.Central(
        {},
        {},
        {
            'p': {
                'network': enough,
                'subnet': none,
                'port': {'limit': -1, 'used': 5, 'reserved': 0},
                'security_group_rule': {
                    'limit': 10,
                    'used': 9,
                    'reserved': 1,
                },
            },
            'other': {'port': {'limit': 1, 'used': 0, 'reserved': 0}},
        },
    )
    ports = tuple(
        {**PORT, 'id': str(one), 'project_id': 'other'} for one in range(2)
    )

    assert found(central, ports=ports) == [
        (
            'quota',
            'other',
            'the project needs 2 of port, and has 1 left in central',
        ),
        (
            'quota',
            'p',
            'the project needs 1 of security_group_rule, and has 0 left in '
            'central',
        ),
        (
            'quota',
            'p',
            'the project needs 1 of subnet, and has 0 left in central',
        ),
    ]
