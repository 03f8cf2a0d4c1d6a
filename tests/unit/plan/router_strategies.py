# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Strategies of Hypothesis for routers and what is on them."""

from hypothesis import strategies as st

from tests.unit.plan import router_states as rs
from tricircle.plan import scope
from tricircle.plan.router import state as router_state

PODS = ('pod_1', 'pod_2', 'pod_3')


HINTS = (*PODS, 'az1', 'az2', 'az3')


@st.composite
def networks(draw: st.DrawFn, number: int) -> router_state.Network:
    """A network, with instances in some regions of its scope."""
    hints = draw(st.lists(st.sampled_from(HINTS), unique=True, max_size=3))
    regions = sorted(scope.regions_of(hints, rs.REGIONS))
    network_type = draw(st.sampled_from(['vxlan', 'vxlan', 'vlan', 'local']))
    most = 1 if network_type == 'local' else None
    instances = draw(
        st.lists(st.sampled_from(regions), unique=True, max_size=most)
    )
    made = rs.network(
        number,
        *hints,
        instances=tuple(instances),
        network_type=network_type,
    )
    return rs.dual(made, number) if draw(st.booleans()) else made


@st.composite
def routers(
    draw: st.DrawFn, local: bool | None = None
) -> router_state.RouterState:
    """A router of either kind, before central has done its part."""
    count = draw(st.integers(0, 5))
    attached = [draw(networks(number)) for number in range(1, count + 1)]
    hosts = {one.id: draw(st.sampled_from([1, 200])) for one in attached}
    if local is None:
        local = draw(st.booleans())
    hints: tuple[str, ...] = (draw(st.sampled_from(PODS)),) if local else ()
    gateway = (
        rs.external(draw(st.sampled_from(PODS)))
        if draw(st.booleans())
        else None
    )
    floating_ips = tuple(
        rs.floating(
            number,
            f'{one.subnets[0].cidr.removesuffix("0/24")}230',
            one,
            min(one.instance_regions, default=None),
            'ext1',
        )
        for number, one in enumerate(attached)
        if gateway is not None
    )
    routes = draw(
        st.lists(
            st.tuples(
                st.sampled_from(['192.0.2.0/24', '10.0.1.0/24', '0.0.0.0/0']),
                st.integers(1, 5).map(lambda number: f'10.0.{number}.2'),
            ),
            unique=True,
            max_size=3,
        )
    )
    return rs.router(
        *attached,
        hints=hints,
        hosts=hosts,
        gateway=gateway,
        floating_ips=floating_ips,
        routes=tuple(routes),
    )
