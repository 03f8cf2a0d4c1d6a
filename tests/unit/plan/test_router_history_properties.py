# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What holds for the plan of a router that was another before."""

from collections.abc import Iterable
import dataclasses
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plan import router_states as rs
from tests.unit.plan import router_strategies
from tricircle.plan.router import planner as plan
from tricircle.plan.router import state as router_state
from tricircle.replica.body import canonical
from tricircle.replica.held_ports import HeldPort


@st.composite
def earlier(
    draw: st.DrawFn, later: router_state.RouterState
) -> router_state.RouterState:
    """Return a router before some of what made it what it is."""
    networks = tuple(
        one
        if one.external or one.network_type == 'local' or draw(st.booleans())
        else dataclasses.replace(
            one, instance_regions=frozenset(), presences=frozenset()
        )
        for one in later.networks
    )
    return dataclasses.replace(
        later,
        networks=networks,
        interfaces=tuple(
            one for one in later.interfaces if draw(st.booleans())
        ),
        gateway=later.gateway if draw(st.booleans()) else None,
        router=dataclasses.replace(
            later.router,
            routes=tuple(
                one for one in later.router.routes if draw(st.booleans())
            ),
        ),
    )


def grown(
    before: router_state.RouterState, after: router_state.RouterState
) -> router_state.RouterState:
    """Return what became of one router while it was turned into another."""
    had = {one.id: one.presences for one in before.networks}
    return dataclasses.replace(
        after,
        networks=tuple(
            dataclasses.replace(one, presences=one.presences | had[one.id])
            for one in after.networks
        ),
        held_ports=before.held_ports,
        bridge=before.bridge,
    )


def labelled(state: router_state.RouterState) -> dict[Any, Any]:
    """Return all bodies, with what is held for what in place of values."""
    names = {
        value: f'{one.kind} {one.region_name} {one.router_id} {one.subnet_id}'
        for one in state.held_ports
        for value in (
            one.port_id,
            one.mac_address,
            *(fixed.ip_address for fixed in one.fixed_ips),
        )
    }

    def label(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: label(each) for key, each in value.items()}
        if isinstance(value, list):
            return canonical.ordered([label(each) for each in value])
        return names.get(value, value) if isinstance(value, str) else value

    return {
        key: (label(dict(body)), omitted)
        for key, (body, omitted) in plan.bodies(state).items()
    }


def with_free_next_hops(
    state: router_state.RouterState,
) -> router_state.RouterState:
    """Return a router whose routes lead where no piece can be.

    Whatever is reserved when.
    """
    routes = tuple(
        dataclasses.replace(one, nexthop=f'{one.nexthop}40')
        for one in state.router.routes
    )
    return dataclasses.replace(
        state, router=dataclasses.replace(state.router, routes=routes)
    )


@given(st.data(), router_strategies.routers())
def test_the_order_of_events_does_not_show(
    data: st.DataObject, before: router_state.RouterState
) -> None:
    before = with_free_next_hops(before)
    at_once = rs.settled(before)
    half = rs.settled(data.draw(earlier(before)))

    in_steps = rs.settled(grown(half, before))

    assert plan.missing(in_steps) == ()
    assert {(one.id, one.region) for one in plan.pieces(in_steps)} == {
        (one.id, one.region) for one in plan.pieces(at_once)
    }
    assert labelled(in_steps) == labelled(at_once)


@given(st.data(), router_strategies.routers())
def test_what_is_held_stays_and_the_rest_can_go(
    data: st.DataObject, before: router_state.RouterState
) -> None:
    half = rs.settled(data.draw(earlier(before)))
    whole = rs.settled(grown(half, before))

    now = {one.port_id: one for one in whole.held_ports}
    for one in half.held_ports:
        # A leg gets another address when IPv6 comes.
        assert {*one.fixed_ips} <= {*now[one.port_id].fixed_ips}
        assert dataclasses.replace(one, fixed_ips=()) == dataclasses.replace(
            now[one.port_id], fixed_ips=()
        )
    gone = set(plan.surplus(whole))
    rest = dataclasses.replace(
        whole,
        held_ports=tuple(one for one in whole.held_ports if one not in gone),
    )
    assert plan.surplus(rest) == ()
    assert plan.missing(rest) == ()
    assert plan.bodies(rest) == plan.bodies(whole)


@given(router_strategies.routers())
def test_a_router_that_loses_all_its_ports_gives_everything_back(
    before: router_state.RouterState,
) -> None:
    whole = rs.settled(before)
    bare = dataclasses.replace(
        whole, interfaces=(), gateway=None, floating_ips=()
    )

    assert plan.pieces(bare) == ()
    assert plan.bodies(bare) == {}
    assert set(plan.surplus(bare)) == {
        one for one in whole.held_ports if one.kind != HeldPort.GATEWAY
    }


def _on(
    state: router_state.RouterState, networks: Iterable[router_state.Network]
) -> router_state.RouterState:
    """Return a router with interfaces on all subnets of its networks."""
    made = tuple(networks)
    subnets = {each.id for one in made for each in one.subnets}
    return dataclasses.replace(
        state,
        networks=made,
        interfaces=tuple(
            dataclasses.replace(
                port,
                fixed_ips=tuple(
                    fixed
                    for fixed in port.fixed_ips
                    if fixed.subnet_id in subnets
                ),
            )
            for port in state.interfaces
        ),
    )


@given(router_strategies.routers())
def test_no_route_or_address_goes_when_ipv6_comes(
    before: router_state.RouterState,
) -> None:
    wide = rs.settled(before)
    plain = [
        dataclasses.replace(
            one,
            subnets=tuple(
                each for each in one.subnets if each.ip_version == 4
            ),
        )
        for one in before.networks
    ]
    only_v4 = _on(before, plain)
    assert plan.bridge_versions(only_v4) == (4,)

    state = rs.settled(only_v4)
    later = rs.settled(
        dataclasses.replace(
            _on(state, before.networks), held_ports=state.held_ports
        )
    )

    assert not plan.lacks_bridge(later)
    assert {**plan.bodies(later)}.keys() == {**plan.bodies(wide)}.keys()
    now = plan.bodies(later)
    for key, (body, _) in plan.bodies(state).items():
        assert {*rs.addresses(body)} <= {*rs.addresses(now[key][0])}
        old = {(one['destination'], one['nexthop']) for one in body['routes']}
        assert old <= {
            (one['destination'], one['nexthop'])
            for one in now[key][0]['routes']
        }
