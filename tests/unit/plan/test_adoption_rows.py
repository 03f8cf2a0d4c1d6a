# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What central makes of a network of a region, planned."""

import ipaddress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tricircle.plan import allocation_pools
from tricircle.plan import state
from tricircle.plan.adoption import networks as adoption
from tricircle.plan.adoption import rows as adoption_rows

CIDR = '10.0.0.0/24'
GATEWAY = '10.0.0.1'


def _pool(start: int, end: int) -> dict[str, str]:
    return {'start': f'10.0.0.{start}', 'end': f'10.0.0.{end}'}


def network(
    *pools: dict[str, str],
    taken: tuple[str, ...] = (),
    gateway: str | None = GATEWAY,
    **more: Any,
) -> adoption.Network:
    """Return a network with one subnet and a port on each address."""
    return adoption.Network(
        network={
            'id': 'n',
            'project_id': 'p',
            'name': '',
            'description': '',
            'provider:network_type': 'vxlan',
            'provider:physical_network': None,
        },
        subnets=(
            {
                'id': 's',
                'project_id': 'p',
                'network_id': 'n',
                'cidr': CIDR,
                'gateway_ip': gateway,
                'allocation_pools': list(pools),
                'ipv6_ra_mode': None,
            },
        ),
        ports=tuple(
            {
                'id': address,
                'project_id': 'p',
                'network_id': 'n',
                'device_owner': 'compute:nova',
                'fixed_ips': [{'subnet_id': 's', 'ip_address': address}],
                'security_groups': [],
            }
            for address in taken
        ),
        **more,
    )


def _addresses(pools: list[Any]) -> set[int]:
    return {
        address
        for pool in pools
        for address in range(
            int(ipaddress.ip_address(pool['start'])),
            int(ipaddress.ip_address(pool['end'])) + 1,
        )
    }


@given(
    first=st.tuples(st.integers(2, 60), st.integers(0, 60)),
    second=st.tuples(st.integers(122, 180), st.integers(0, 60)),
    taken=st.sets(st.integers(2, 254), max_size=20),
)
def test_the_region_keeps_gateway_and_pools_and_no_port_has_centrals(
    first: tuple[int, int], second: tuple[int, int], taken: set[int]
) -> None:
    pools = [_pool(start, start + more) for start, more in (first, second)]
    addresses = tuple(f'10.0.0.{one}' for one in sorted(taken))
    free = _addresses(pools) - _addresses([_pool(one, one) for one in taken])
    found = network(*pools, taken=addresses)
    seen = adoption.Central(known={}, defaults={}, quotas={})
    named = {one.id for one in adoption.conflicts(found, seen)}
    assert ('s' in named) is not free
    if not free:
        return

    rows = adoption_rows.rows(found, {})

    (subnet,) = rows.subnets
    assert rows.gateways == {'s': GATEWAY}
    assert subnet['gateway_ip'] not in {GATEWAY, *addresses}
    here = _addresses(subnet['allocation_pools'])
    assert int(ipaddress.ip_address(subnet['gateway_ip'])) not in here
    in_region = allocation_pools.regional(
        [
            state.Range(one['start'], one['end'])
            for one in subnet['allocation_pools']
        ],
        subnet['gateway_ip'],
        GATEWAY,
        CIDR,
    )
    assert _addresses(
        [{'start': one.start, 'end': one.end} for one in in_region]
    ) == _addresses(pools)


def test_a_subnet_without_gateway_has_none_in_central() -> None:
    rows = adoption_rows.rows(network(_pool(2, 9), gateway=None), {})

    assert rows.gateways == {}
    assert rows.subnets[0]['gateway_ip'] is None
    assert rows.subnets[0]['allocation_pools'] == [_pool(2, 9)]


def test_what_is_not_set_is_not_said() -> None:
    rows = adoption_rows.rows(network(_pool(2, 9)), {})

    assert 'provider:physical_network' not in rows.network
    assert 'ipv6_ra_mode' not in rows.subnets[0]


def test_the_default_group_is_centrals_wherever_it_is_named() -> None:
    def group(group_id: str, name: str, remote: str) -> dict[str, Any]:
        return {
            'id': group_id,
            'name': name,
            'project_id': 'p',
            'description': '',
            'security_group_rules': [{'id': 'r', 'remote_group_id': remote}],
        }

    found = network(
        _pool(2, 9),
        taken=('10.0.0.5',),
        groups=(group('d', 'default', 'd'), group('g', 'web', 'd')),
    )
    found.ports[0]['security_groups'] += ['d', 'g', 'other']

    rows = adoption_rows.rows(found, {'p': 'central'})

    assert [one['id'] for one in rows.groups] == ['g']
    assert rows.rules['g'][0]['remote_group_id'] == 'central'
    assert rows.ports[0]['security_groups'] == ['central', 'g', 'other']


def test_ports_of_agents_are_held() -> None:
    found = network(_pool(2, 9), taken=('10.0.0.5', '10.0.0.6'))
    found.ports[0]['device_owner'] = 'network:dhcp'

    rows = adoption_rows.rows(found, {})

    assert [one['id'] for one in rows.dhcp_ports] == ['10.0.0.5']
    assert [one['id'] for one in rows.ports] == ['10.0.0.6']


def test_what_is_needed_of_quotas_is_counted_by_project() -> None:
    found = network(_pool(2, 9), taken=('10.0.0.5', '10.0.0.6'))

    assert adoption.needed(found) == {
        'p': {'network': 1, 'port': 2, 'subnet': 1}
    }
