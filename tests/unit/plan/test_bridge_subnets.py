# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Which subnets bridge networks get."""

import ipaddress

import pytest

from tricircle.plan import bridge_subnets

POOL, POOL_V6 = '100.0.0.0/9', 'fd74:7269:6369::/48'


def test_the_first_that_is_free_is_taken() -> None:
    taken: list[str] = []
    counterparts: list[str] = []
    for number in range(3):
        four = bridge_subnets.choose(POOL, taken)
        six = bridge_subnets.counterpart(POOL, POOL_V6, four)
        assert four == f'100.0.{number}.0/24'
        assert six not in counterparts
        assert ipaddress.ip_network(six).prefixlen == 64
        assert ipaddress.ip_network(six).subnet_of(
            ipaddress.ip_network(POOL_V6)  # type: ignore[arg-type]
        )
        taken.append(four)
        counterparts.append(six)


def test_what_was_given_back_is_taken_again() -> None:
    taken = ['100.0.0.0/24', '100.0.2.0/24']

    assert bridge_subnets.choose(POOL, taken) == '100.0.1.0/24'


def test_a_full_pool_is_begun_again() -> None:
    pool = '100.0.0.0/23'
    taken = ['100.0.0.0/24', '100.0.1.0/24']

    four = bridge_subnets.choose(pool, taken)

    assert four in taken


def test_a_subnet_of_a_pool_that_was_changed_has_a_counterpart() -> None:
    six = bridge_subnets.counterpart(POOL, POOL_V6, '10.0.0.0/24')

    assert ipaddress.ip_network(six).subnet_of(
        ipaddress.ip_network(POOL_V6)  # type: ignore[arg-type]
    )


@pytest.mark.parametrize('pool', ['100.0.0.0/25', 'x', POOL_V6])
def test_a_pool_without_subnets_is_refused(pool: str) -> None:
    with pytest.raises(bridge_subnets.BadPool):
        bridge_subnets.choose(pool, [])


@pytest.mark.parametrize('pool_v6', ['x', POOL, '::/65'])
def test_a_pool_without_ipv6_subnets_is_refused(pool_v6: str) -> None:
    with pytest.raises(bridge_subnets.BadPool):
        bridge_subnets.counterpart(POOL, pool_v6, '100.0.0.0/24')


@pytest.mark.parametrize(
    'cidr, pool',
    [
        ('100.64.0.0/10', POOL),
        ('0.0.0.0/0', POOL),
        ('100.128.0.0/9', None),
        ('10.0.0.0/8', None),
        ('fd74:7269:6369:5::/64', POOL_V6),
        ('fd00::/64', None),
    ],
)
def test_overlap(cidr: str, pool: str | None) -> None:
    assert bridge_subnets.overlap(cidr, [POOL, POOL_V6]) == pool
