# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

import ipaddress
import itertools

from hypothesis import given
from hypothesis import strategies as st
import pytest

from tricircle.plan import allocation_pools
from tricircle.plan import state

CIDR = '10.0.1.0/24'


def _ranges(*ends: str) -> list[state.Range]:
    """Return ranges of 10.0.1.0/24 from texts such as 2-10."""
    return [
        state.Range(*(f'10.0.1.{one}' for one in text.split('-')))
        for text in ends
    ]


def _ip(last: str | None) -> str | None:
    return last and f'10.0.1.{last}'


# original.md, annex A.1
@pytest.mark.parametrize(
    ('central', 'pools', 'region', 'expected'),
    [
        ('1', ['10-254'], '10', ['1-1', '11-254']),
        ('1', ['10-254'], '254', ['1-1', '10-253']),
        ('1', ['10-254'], '8', ['1-1', '10-254']),
        ('1', ['2-10', '20-254'], '5', ['1-4', '6-10', '20-254']),
        ('11', ['2-10', '12-254'], '5', ['2-4', '6-254']),
        (None, ['2-254'], None, ['2-254']),
        ('2', ['2-254'], '2', ['3-254']),
    ],
)
def test_pools_are_as_in_the_annex(central, pools, region, expected):
    found = allocation_pools.regional(
        _ranges(*pools), _ip(central), _ip(region), CIDR
    )
    assert found == _ranges(*expected)


@pytest.mark.parametrize(
    ('central', 'cidr', 'pools', 'region'),
    [
        ('192.168.9.1', CIDR, ('10.0.1.2', '10.0.1.9'), '10.0.1.2'),
        ('10.0.1.0', CIDR, ('10.0.1.2', '10.0.1.9'), '10.0.1.2'),
        ('10.0.1.255', CIDR, ('10.0.1.2', '10.0.1.9'), '10.0.1.2'),
        (
            'fe80::1',
            '2001:db8::/64',
            ('2001:db8::2', '2001:db8::9'),
            '2001:db8::2',
        ),
        (
            '2001:db8::',
            '2001:db8::/64',
            ('2001:db8::2', '2001:db8::9'),
            '2001:db8::2',
        ),
    ],
)
def test_central_gateway_that_neutron_allows_in_no_pool_is_left_out(
    central, cidr, pools, region
):
    found = allocation_pools.regional(
        [state.Range(*pools)], central, region, cidr
    )
    first = str(ipaddress.ip_address(pools[0]) + 1)
    assert found == [state.Range(first, pools[1])]


@pytest.mark.parametrize(
    ('pools', 'central', 'region', 'expected'),
    [
        (
            ('10.0.0.1', '10.0.0.1'),
            '10.0.0.0',
            '10.0.0.1',
            [('10.0.0.0', '10.0.0.0')],
        ),
        (
            ('10.0.0.0', '10.0.0.0'),
            '10.0.0.1',
            '10.0.0.0',
            [('10.0.0.1', '10.0.0.1')],
        ),
    ],
)
def test_point_to_point_range_has_no_broadcast_address(
    pools, central, region, expected
):
    found = allocation_pools.regional(
        [state.Range(*pools)], central, region, '10.0.0.0/31'
    )
    assert found == [state.Range(*ends) for ends in expected]


def test_pools_of_slaac_subnet_keep_off_a_gateway_outside_of_them():
    found = allocation_pools.regional(
        [state.Range('2001:db8::2', '2001:db8::ffff')],
        '2001:db8::1',
        '2001:db8::f816:3eff:fe00:1',
        '2001:db8::/64',
    )
    assert found == [state.Range('2001:db8::1', '2001:db8::ffff')]


@st.composite
def _subnets(draw):
    """Return pools, gateway in central and gateway in a region, as ints."""
    edges = sorted(
        draw(
            st.sets(st.integers(1, 254), min_size=2, max_size=8).filter(
                lambda edges: len(edges) % 2 == 0
            )
        )
    )
    # Pools that touch are as good as one; Neutron keeps what it was given.
    pools = list(zip(edges[::2], edges[1::2], strict=True))
    inside = [
        address for start, end in pools for address in range(start, end + 1)
    ]
    outside = sorted(set(range(1, 255)) - set(inside))
    central = draw(st.sampled_from([None, *outside]) if outside else st.none())
    return pools, central, draw(st.sampled_from(inside))


@given(_subnets())
def test_region_has_all_of_central_but_its_own_gateway(subnet):
    pools, central, region = subnet
    found = allocation_pools.regional(
        _ranges(*(f'{start}-{end}' for start, end in pools)),
        _ip(central and str(central)),
        _ip(str(region)),
        CIDR,
    )
    base = int(ipaddress.ip_address('10.0.1.0'))
    covered: list[int] = []
    for pool in found:
        covered.extend(
            range(
                int(ipaddress.ip_address(pool.start)) - base,
                int(ipaddress.ip_address(pool.end)) - base + 1,
            )
        )
    expected = {
        address for start, end in pools for address in range(start, end + 1)
    }
    if central is not None:
        expected.add(central)
    assert sorted(covered) == sorted(expected - {region})


@given(_subnets())
def test_pools_are_in_order_and_do_not_overlap(subnet):
    pools, central, region = subnet
    found = allocation_pools.regional(
        reversed(_ranges(*(f'{start}-{end}' for start, end in pools))),
        _ip(central and str(central)),
        _ip(str(region)),
        CIDR,
    )
    ends = [
        int(ipaddress.ip_address(end))
        for pool in found
        for end in (pool.start, pool.end)
    ]
    assert ends == sorted(ends)
    assert all(
        left.end != right.start for left, right in itertools.pairwise(found)
    )
