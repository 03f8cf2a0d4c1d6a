# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routes that a user gave a router, in its pieces."""

from tests.unit.plan import router_states as rs


def test_a_user_s_route_goes_on_where_its_next_hop_is() -> None:
    state = rs.t3(routes=(('192.0.2.0/24', '10.0.2.9'),))
    two = rs.leg(state, rs.R1, 'pod_2')

    assert rs.routes(state, rs.R1, 'pod_2')['192.0.2.0/24'] == '10.0.2.9'
    assert rs.routes(state, rs.R1, 'pod_1')['192.0.2.0/24'] == two
    assert rs.routes(state, rs.NS1, 'pod_2')['192.0.2.0/24'] == two


def test_a_user_s_route_out_is_on_the_north_south_piece_only() -> None:
    state = rs.t3('pod_3', routes=(('192.0.2.0/24', '203.0.1.9'),))

    assert rs.routes(state, rs.NS1, 'pod_3')['192.0.2.0/24'] == '203.0.1.9'
    assert '192.0.2.0/24' not in rs.routes(state, rs.R1, 'pod_1')


def test_a_user_s_route_takes_the_place_of_ours_where_it_starts() -> None:
    state = rs.t3(gateway=False, routes=(('10.0.2.0/24', '10.0.1.9'),))

    assert rs.routes(state, rs.R1, 'pod_1') == {'10.0.2.0/24': '10.0.1.9'}
    assert '10.0.2.0/24' not in rs.routes(state, rs.R1, 'pod_2')


def test_several_routes_of_a_user_to_one_destination_all_stay() -> None:
    state = rs.t3(
        routes=(('192.0.2.0/24', '10.0.2.9'), ('192.0.2.0/24', '10.0.2.8'))
    )

    made = rs.body(state, rs.R1, 'pod_2')['routes']

    assert [
        one['nexthop'] for one in made if one['destination'] == '192.0.2.0/24'
    ] == ['10.0.2.8', '10.0.2.9']


def test_a_user_s_route_to_the_region_itself_is_left_out() -> None:
    own = rs.held_on(rs.t3(), 's1', 'pod_1').fixed_ips[0].ip_address

    state = rs.t3(routes=(('192.0.2.0/24', own),))

    assert '192.0.2.0/24' not in rs.routes(state, rs.R1, 'pod_1')
    assert rs.omitted(state, rs.R1, 'pod_1') == ('router.routes.192.0.2.0/24',)
