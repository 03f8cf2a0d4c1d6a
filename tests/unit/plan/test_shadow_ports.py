# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a region is told of the ports of the others."""

from hypothesis import given
from hypothesis import strategies as st

from tricircle.plan import shadow_ports
from tricircle.plan import state

REGIONS = ('RegionOne', 'RegionTwo', 'RegionThree')


def make_port(number: int) -> state.Port:
    return state.Port(
        id=f'00000000-0000-0000-0000-{number:012d}',
        network_id='net',
        project_id='p',
        name=f'port{number}',
        description='',
        admin_state_up=True,
        mac_address=f'fa:16:3e:00:{number // 256:02x}:{number % 256:02x}',
        port_security_enabled=True,
        vnic_type='normal',
        fixed_ips=(state.FixedIP('sub', f'10.0.0.{number % 250 + 2}'),),
        security_groups=('g2', 'g1'),
    )


located_ports = st.builds(
    lambda number, region, host, tunnel: shadow_ports.LocatedPort(
        port=make_port(number),
        region=region,
        host=host,
        agent_type='Open vSwitch agent',
        tunnel_ip=tunnel,
    ),
    st.integers(0, 999),
    st.sampled_from(REGIONS),
    st.sampled_from(['host1', 'host2', '']),
    st.sampled_from(['172.30.0.1', '172.30.0.2', None]),
)
chunks = st.lists(located_ports, unique_by=lambda one: one.port.id)


@given(chunks, st.sampled_from(REGIONS))
def test_a_region_gets_no_shadow_of_its_own_ports(ports, region):
    body, _omitted = shadow_ports.body('net', 0, region, ports)

    own = {one.port.id for one in ports if one.region == region}
    assert not own & {shadow['id'] for shadow in body['ports']}


@given(chunks, st.sampled_from(REGIONS))
def test_a_port_is_either_shadowed_or_omitted_when_bound(ports, region):
    body, omitted = shadow_ports.body('net', 0, region, ports)

    shadowed = {shadow['id'] for shadow in body['ports']}
    left_out = {name.split('.')[1] for name in omitted}
    assert not shadowed & left_out
    assert shadowed | left_out == {
        one.port.id for one in ports if one.region != region and one.host
    }


@given(chunks, st.sampled_from(REGIONS))
def test_every_shadow_port_has_its_agent_and_no_agent_is_idle(ports, region):
    body, _omitted = shadow_ports.body('net', 0, region, ports)

    assert {
        (shadow['region'], shadow['host']) for shadow in body['ports']
    } == {(agent['region'], agent['host']) for agent in body['agents']}


@given(chunks, st.sampled_from(REGIONS), st.randoms())
def test_the_order_of_ports_does_not_matter(ports, region, random):
    # Agents are keyed by host: two tunnel addresses of one host cannot be.
    ports = [
        shadow_ports.LocatedPort(
            one.port,
            one.region,
            one.host,
            one.agent_type,
            one.tunnel_ip and f'172.30.0.{len(one.region)}',
        )
        for one in ports
    ]
    shuffled = list(ports)
    random.shuffle(shuffled)

    assert shadow_ports.body('net', 0, region, ports) == shadow_ports.body(
        'net', 0, region, shuffled
    )


def test_the_lowest_chunk_with_room_takes_the_next_port():
    assert shadow_ports.chunk_for({}, 2) == 0
    assert shadow_ports.chunk_for({0: 2, 1: 1, 2: 2}, 2) == 1
    assert shadow_ports.chunk_for({0: 2, 1: 2}, 2) == 2


@given(st.integers(1, 40), st.integers(1, 200))
def test_chunks_never_exceed_their_limit(limit, ports):
    sizes: dict[int, int] = {}
    for _ in range(ports):
        chunk = shadow_ports.chunk_for(sizes, limit)
        sizes[chunk] = sizes.get(chunk, 0) + 1

    assert max(sizes.values()) <= limit
    assert set(sizes) == set(range(len(sizes)))
