# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What changes when a router of a region becomes what its document says."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest

from tricircle.local.router import routes as router_routes
from tricircle.local.router.port import gateway as router_gateway
from tricircle.local.router.port import interfaces as router_interfaces

Port = dict[str, Any]

IDS = ('p1', 'p2', 'p3', 'p4')
V4 = ('10.0.0.1', '10.0.0.2')
V6 = ('fd00::1', 'fd00::2')


def fixed_ip(address: str) -> dict[str, str]:
    """An address on the subnet that it is from."""
    return {
        'subnet_id': 'v6' if ':' in address else 'v4',
        'ip_address': address,
    }


def port(port_id: str, *addresses: str, **more: str) -> Port:
    """A router's port in document form."""
    return {
        'port_id': port_id,
        'network_id': 'net',
        'mac_address': 'fa:16:3e:00:00:01',
        'fixed_ips': [fixed_ip(one) for one in addresses or (V4[0],)],
        **more,
    }


@st.composite
def ports(draw: st.DrawFn) -> dict[str, Port]:
    """Ports of a router by ID, no two quite alike in two draws."""
    return {
        port_id: port(
            port_id,
            draw(st.sampled_from(V4)),
            *draw(st.lists(st.sampled_from(V6), unique=True)),
            network_id=draw(st.sampled_from(['net', 'other'])),
            mac_address=draw(st.sampled_from(['mac1', 'mac2'])),
        )
        for port_id in draw(st.sets(st.sampled_from(IDS)))
    }


def follow(here: dict[str, Port], changes: Any) -> dict[str, Port]:
    """Do what Neutron allows; it lets no IPv4 address change in place."""
    router = dict(here)
    for port_id in changes.gone:
        del router[port_id]
    for one in changes.readdressed:
        old = router[one['port_id']]
        assert old['mac_address'] == one['mac_address']
        assert old['network_id'] == one['network_id']
        assert v4(old) == v4(one)
        router[one['port_id']] = {**old, 'fixed_ips': one['fixed_ips']}
    for one in changes.new:
        assert one['port_id'] not in router
        router[one['port_id']] = one
    return router


def v4(one: Port) -> set[str]:
    """The IPv4 addresses of a port."""
    return {ip['ip_address'] for ip in one['fixed_ips']} & set(V4)


@given(ports(), ports())
def test_the_changes_lead_to_what_is_wanted_in_steps_that_neutron_takes(
    here: dict[str, Port], wanted: dict[str, Port]
) -> None:
    changes = router_interfaces.compare(here, here, wanted.values())

    assert follow(here, changes) == wanted


@given(ports(), ports())
def test_what_is_there_already_is_not_touched(
    here: dict[str, Port], wanted: dict[str, Port]
) -> None:
    changes = router_interfaces.compare(here, here, wanted.values())

    same = {key for key, one in wanted.items() if here.get(key) == one}
    assert not changes.touched & same
    assert not {one['port_id'] for one in changes.new} & same


@given(ports(), st.sets(st.sampled_from(IDS)))
def test_a_port_that_is_not_ours_stays(
    here: dict[str, Port], ours: set[str]
) -> None:
    changes = router_interfaces.compare(here, ours, [])

    assert set(changes.gone) == set(here) & ours


def test_another_prefix_does_not_cost_an_interface_its_port() -> None:
    here = {'p1': port('p1', V4[0], V6[0])}
    wanted = port('p1', V4[0], *V6)

    changes = router_interfaces.compare(here, here, [wanted])

    assert not changes.gone and not changes.new
    assert changes.readdressed == (wanted,)


GATEWAY = {**port('gw'), 'enable_snat': True}


@pytest.mark.parametrize(
    ('wanted', 'goes'),
    [
        (GATEWAY, False),
        # Neutron changes these of a gateway that is there.
        ({**GATEWAY, 'enable_snat': False}, False),
        ({**GATEWAY, 'fixed_ips': [fixed_ip(V4[1])]}, False),
        ({**GATEWAY, 'mac_address': 'fa:16:3e:00:00:02'}, True),
        ({**GATEWAY, 'network_id': 'other'}, True),
        ({**GATEWAY, 'port_id': 'gw2'}, True),
        (None, True),
    ],
)
def test_a_gateway_goes_only_when_its_port_is_another(
    wanted: Port | None, goes: bool
) -> None:
    assert router_gateway.must_go(GATEWAY, wanted) is goes


def test_where_no_gateway_is_none_has_to_go() -> None:
    assert not router_gateway.must_go(None, GATEWAY)
    assert not router_gateway.must_go(None, None)


routes = st.lists(
    st.builds(
        lambda destination, nexthop: {
            'destination': destination,
            'nexthop': nexthop,
        },
        st.sampled_from(['10.1.0.0/24', '10.2.0.0/24', 'fd00::/64']),
        st.sampled_from(['10.0.0.1', '10.0.0.2']),
    )
)


@given(routes, routes)
def test_routes_added_and_removed_give_the_wanted_ones(
    here: list[Any], wanted: list[Any]
) -> None:
    added, removed = router_routes.difference(here, wanted)

    kept = [one for one in here if one not in removed]
    result = router_routes.observe({'routes': kept + added})
    assert result == router_routes.observe({'routes': wanted})
    assert all(one not in here for one in added)
    assert all(one not in wanted for one in removed)


@given(routes)
def test_routes_in_another_order_are_the_same(here: list[Any]) -> None:
    assert router_routes.difference(here, here[::-1] * 2) == ([], [])
