# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Which tunnel addresses are foreign."""

import ipaddress
import itertools

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import pytest

from tricircle.agent import underlay

# Splitting networks is slow, and a busy machine slower.
unhurried = settings(deadline=None)


def cidrs(bits: int) -> st.SearchStrategy[str]:
    """Return networks of one family, outside of the first /8."""
    address = st.integers(1 << (bits - 8), (1 << bits) - 1)
    return st.builds(
        lambda number, prefix: str(
            ipaddress.ip_network(
                (number >> (bits - prefix) << (bits - prefix)).to_bytes(
                    bits // 8, 'big'
                ),
            ).supernet(new_prefix=prefix)
        ),
        address,
        st.integers(8, bits),
    )


ADDRESSES = st.integers(1 << 24, (1 << 32) - 1).map(ipaddress.IPv4Address)
ADDRESSES6 = st.integers(1 << 120, (1 << 128) - 1).map(ipaddress.IPv6Address)


def holds(networks: object, address: object) -> bool:
    return any(str(address) in network for network in networks)  # type: ignore[attr-defined]


@unhurried
@given(
    local=st.lists(cidrs(32) | cidrs(128), min_size=1, max_size=4),
    address=ADDRESSES | ADDRESSES6,
)
def test_every_source_is_either_local_or_foreign(
    local: list[str], address: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> None:
    foreign = underlay.foreign_networks(local, [])

    is_local = any(address in ipaddress.ip_network(one) for one in local)
    assert holds(foreign, address) == (not is_local)


@unhurried
@given(local=st.lists(cidrs(32) | cidrs(128), min_size=1, max_size=4))
def test_the_edges_of_a_local_network_are_local_and_what_is_beside_is_not(
    local: list[str],
) -> None:
    foreign = underlay.foreign_networks(local, [])
    networks = [ipaddress.ip_network(one) for one in local]

    for network in networks:
        assert not holds(foreign, network.network_address)
        assert not holds(foreign, network.broadcast_address)
        if int(network.broadcast_address) + 1 < 1 << network.max_prefixlen:
            beside = network.broadcast_address + 1
            inside = any(beside in other for other in networks)
            assert holds(foreign, beside) == (not inside)


@unhurried
@given(local=st.lists(cidrs(32), min_size=1, max_size=4))
def test_foreign_networks_do_not_overlap(local: list[str]) -> None:
    foreign = underlay.foreign_networks(local, [])

    for before, after in itertools.pairwise(foreign):
        if before.version == after.version:
            assert before.last < after.first


@unhurried
@given(
    foreign=st.lists(cidrs(32) | cidrs(128), min_size=1, max_size=4),
    address=ADDRESSES | ADDRESSES6,
)
def test_a_deny_list_means_just_what_it_says(
    foreign: list[str], address: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> None:
    found = underlay.foreign_networks([], foreign)

    named = any(address in ipaddress.ip_network(one) for one in foreign)
    assert holds(found, address) == named


@pytest.mark.parametrize(
    ('local', 'foreign'),
    [(['172.30.1.0/24'], []), ([], ['0.0.0.0/0', '::/0'])],
)
def test_a_packet_of_no_tunnel_is_never_foreign(
    local: list[str], foreign: list[str]
) -> None:
    found = underlay.foreign_networks(local, foreign)

    assert found
    assert not holds(found, '0.0.0.0')
    assert not holds(found, '::')


@pytest.mark.parametrize(
    ('local', 'foreign'), [([], []), (['10.0.0.0/8'], ['11.0.0.0/8'])]
)
def test_neither_or_both_lists_are_refused(
    local: list[str], foreign: list[str]
) -> None:
    with pytest.raises(ValueError, match='either local_vteps or'):
        underlay.foreign_networks(local, foreign)


def test_an_agent_that_is_foreign_to_itself_is_refused() -> None:
    foreign = underlay.foreign_networks(['172.30.1.0/24'], [])

    underlay.check_own_address('172.30.1.7', foreign)
    with pytest.raises(ValueError, match=r'172\.30\.2\.7'):
        underlay.check_own_address('172.30.2.7', foreign)
