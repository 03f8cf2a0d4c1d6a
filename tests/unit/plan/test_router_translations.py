# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Port forwardings and conntrack helpers: where they are, and to what."""

import dataclasses

from tests.unit.plan import router_states as rs
from tricircle.plan.router import state as router_state


def forwarding(
    number: int, fixed: str, one: router_state.Network, region: str | None
) -> router_state.PortForwarding:
    return router_state.PortForwarding(
        id=f'pf{number}',
        protocol='tcp',
        fixed_port_id=f'vm{number}',
        fixed_ip_address=fixed,
        fixed_network_id=one.id,
        fixed_region=region,
        internal='80:80',
        external=f'{8000 + number}:{8000 + number}',
    )


def translating(
    state: router_state.RouterState,
    *forwardings: router_state.PortForwarding,
) -> router_state.RouterState:
    """Return a router with a floating IP that forwards, and a helper."""
    return dataclasses.replace(
        state,
        forwarding_ips=(
            router_state.ForwardingIP(
                id='fip9',
                project_id='p1',
                floating_network_id='ext1',
                floating_ip_address='203.0.1.109',
                forwardings=forwardings,
            ),
        ),
        conntrack_helpers=(
            router_state.ConntrackHelper('h1', 'udp', 69, 'tftp'),
        ),
    )


def test_the_way_out_has_them_all() -> None:
    state = rs.t3('pod_3')
    networks = {one.id: one for one in state.networks}
    state = translating(
        state,
        forwarding(2, '10.0.2.20', networks['net2'], 'pod_2'),
        forwarding(1, '10.0.1.20', networks['net1'], 'pod_1'),
    )

    made = rs.body(state, rs.NS1, 'pod_3')

    inner = made['interfaces'][0]['port_id']
    (floating_ip,) = made['forwarding_ips']
    assert [
        (one['id'], one['internal_port_id'], one['internal_ip_address'])
        for one in floating_ip['port_forwardings']
    ] == [('pf1', inner, '10.0.1.20'), ('pf2', inner, '10.0.2.20')]
    assert [one['id'] for one in made['conntrack_helpers']] == ['h1']
    assert rs.omitted(state, rs.NS1, 'pod_3') == ()
    for region in ('pod_1', 'pod_2'):
        regular = rs.body(state, rs.R1, region)
        assert 'forwarding_ips' not in regular
        assert 'conntrack_helpers' not in regular
        assert rs.omitted(state, rs.R1, region) == ()


def test_a_local_router_forwards_to_ports_of_its_region() -> None:
    net1 = rs.network(1, instances=('pod_1', 'pod_2'))
    state = translating(
        rs.settled(
            rs.router(net1, hints=('pod_1',), gateway=rs.external('pod_1'))
        ),
        forwarding(1, '10.0.1.20', net1, 'pod_1'),
        forwarding(2, '10.0.1.21', net1, 'pod_2'),
        forwarding(3, '10.0.1.22', net1, None),
    )

    (floating_ip,) = rs.body(state, rs.R1, 'pod_1')['forwarding_ips']

    assert [
        (one['id'], one['internal_port_id'])
        for one in floating_ip['port_forwardings']
    ] == [('pf1', 'vm1')]
    assert rs.omitted(state, rs.R1, 'pod_1') == (
        'port_forwarding.pf2',
        'port_forwarding.pf3',
    )


def test_a_floating_ip_that_forwards_nothing_here_is_not_here() -> None:
    net1 = rs.network(1, instances=('pod_1', 'pod_2'))
    state = translating(
        rs.settled(
            rs.router(net1, hints=('pod_1',), gateway=rs.external('pod_1'))
        ),
        forwarding(2, '10.0.1.21', net1, 'pod_2'),
    )

    assert 'forwarding_ips' not in rs.body(state, rs.R1, 'pod_1')


def test_without_a_way_out_a_helper_is_named() -> None:
    net1 = rs.network(1, instances=('pod_1',))
    state = translating(rs.settled(rs.router(net1)))

    assert rs.omitted(state, rs.R1, 'pod_1') == ('conntrack_helper.h1',)
