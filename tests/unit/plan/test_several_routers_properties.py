# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What holds for several routers of a project, each with its bridge."""

import dataclasses
import uuid

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plan import router_states as rs
from tests.unit.plan import router_strategies
from tests.unit.plan import test_router_history_properties as history
from tricircle.plan import bridge_subnets
from tricircle.plan.router import planner as plan
from tricircle.plan.router import state as router_state
from tricircle.replica.held_ports import HeldPort

_POOL, _POOL_V6 = '100.0.0.0/9', 'fd74:7269:6369::/48'


def bridge(
    taken: list[str], versions: tuple[int, ...], four: str | None = None
) -> router_state.Network:
    """Return a bridge network beside others, as central makes it.

    :param four: its IPv4 subnet, when it is there already
    """
    if four is None:
        four = bridge_subnets.choose(_POOL, taken)
        taken.append(four)
    cidrs = [four]
    if 6 in versions:
        cidrs.append(bridge_subnets.counterpart(_POOL, _POOL_V6, four))
    return router_state.Network(
        id=f'bridge-{four}',
        network_type='vxlan',
        subnets=tuple(
            router_state.Subnet(
                f'bridge-{cidr}',
                cidr,
                6 if ':' in cidr else 4,
                f'{cidr.split("/")[0].removesuffix("0")}1',
            )
            for cidr in cidrs
        ),
    )


def settled(
    befores: list[router_state.RouterState],
) -> list[router_state.RouterState]:
    """Do central's part for all routers of a project."""
    taken: list[str] = []
    return [
        rs.settled(
            one,
            bridge(taken, plan.bridge_versions(one))
            if plan.needs_bridge(one)
            else None,
        )
        for one in befores
    ]


@st.composite
def projects(draw: st.DrawFn) -> list[router_state.RouterState]:
    """Routers of a project, each with networks of its own."""
    made = []
    for number in range(draw(st.integers(2, 4))):
        one = draw(router_strategies.routers(local=False))
        made.append(
            dataclasses.replace(
                one,
                router=dataclasses.replace(
                    one.router, id=str(uuid.UUID(int=number + 1))
                ),
            )
        )
    return made


def legs(state: router_state.RouterState) -> list[tuple[str, str]]:
    """Return the addresses of a router's legs with their networks."""
    return [
        (held.network_id, fixed.ip_address)
        for held in state.held_ports
        if held.kind == HeldPort.BRIDGE_LEG
        for fixed in held.fixed_ips
    ]


@given(projects())
def test_no_two_routers_have_a_leg_with_one_address(
    befores: list[router_state.RouterState],
) -> None:
    every = [address for one in settled(befores) for _, address in legs(one)]

    assert len(every) == len(set(every))


@given(projects())
def test_no_two_pieces_of_any_router_have_one_id_in_a_region(
    befores: list[router_state.RouterState],
) -> None:
    every = [key for one in settled(befores) for key in plan.bodies(one)]

    assert len(every) == len(set(every))


@given(projects())
def test_the_default_next_hop_is_the_router_s_own_way_out_or_nobody(
    befores: list[router_state.RouterState],
) -> None:
    states = settled(befores)
    owners = {
        fixed.ip_address: (one.router.id, held.router_id)
        for one in states
        for held in one.held_ports
        if held.kind == HeldPort.BRIDGE_LEG
        for fixed in held.fixed_ips
    }
    for one in states:
        outside = plan.north_south_id(one.router.id)
        has_way_out = any(
            piece.role is plan.Role.NORTH_SOUTH for piece in plan.pieces(one)
        )
        gateways = {
            each.id: each.gateway_ip
            for each in (one.bridge.subnets if one.bridge else ())
        }
        for (piece_id, _), (body, _) in plan.bodies(one).items():
            if piece_id == outside or body['gateway'] is None:
                continue
            for fixed in body['gateway']['fixed_ips']:
                nexthop = gateways[fixed['subnet_id']]
                assert nexthop is not None
                assert owners.get(nexthop) == (
                    (one.router.id, outside) if has_way_out else None
                )


@given(projects())
def test_no_route_of_a_router_leads_to_a_piece_of_another(
    befores: list[router_state.RouterState],
) -> None:
    states = settled(befores)
    for one in states:
        others = {
            address
            for other in states
            if other is not one
            for _, address in legs(other)
        }
        for body, _ in plan.bodies(one).values():
            nexthops = {each['nexthop'] for each in body['routes']}
            assert not nexthops & others


@st.composite
def histories(
    draw: st.DrawFn,
) -> list[tuple[int, router_state.RouterState]]:
    """What routers of a project become, step by step, in any order."""
    steps: list[tuple[int, router_state.RouterState]] = []
    turns = []
    for number, whole in enumerate(draw(projects())):
        stages = [history.with_free_next_hops(whole)]
        for _stage in range(draw(st.integers(0, 2))):
            stages.insert(0, draw(history.earlier(stages[0])))
        steps += [(number, one) for one in stages]
        turns += [number] * len(stages)
    by_router = {
        number: iter([one for which, one in steps if which == number])
        for number in turns
    }
    return [
        (number, next(by_router[number]))
        for number in draw(st.permutations(turns))
    ]


def planned(
    now: router_state.RouterState | None,
    wanted: router_state.RouterState,
    taken: list[str],
    four: str | None = None,
) -> router_state.RouterState:
    """Do central's part for one router, beside what others have taken.

    :param four: IPv4 subnet of its bridge network, if it is to be that
    """
    after = history.grown(now, wanted) if now is not None else wanted
    if not plan.needs_bridge(after):
        return rs.settled(after)
    if after.bridge is not None:
        four = after.bridge.subnets[0].cidr
    made = bridge(taken, plan.bridge_versions(after), four)
    return rs.settled(dataclasses.replace(after, bridge=None), made)


@given(histories())
def test_whatever_comes_first_each_router_is_what_it_is_alone(
    steps: list[tuple[int, router_state.RouterState]],
) -> None:
    taken: list[str] = []
    now: dict[int, router_state.RouterState] = {}
    wanted: dict[int, router_state.RouterState] = {}
    for number, one in steps:
        others = {key: value for key, value in now.items() if key != number}
        before = {key: plan.bodies(value) for key, value in others.items()}

        now[number] = planned(now.get(number), one, taken)

        wanted[number] = one
        assert before == {
            key: plan.bodies(value) for key, value in others.items()
        }
        every = [each for state in now.values() for _, each in legs(state)]
        assert len(every) == len(set(every))
    for number, state in now.items():
        alone = planned(
            None,
            wanted[number],
            [],
            state.bridge.subnets[0].cidr if state.bridge else None,
        )
        assert plan.missing(state) == ()
        assert {(one.id, one.region) for one in plan.pieces(state)} == {
            (one.id, one.region) for one in plan.pieces(alone)
        }
        assert history.labelled(state) == history.labelled(alone)
