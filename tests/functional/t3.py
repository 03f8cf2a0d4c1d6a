# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""T3: a router over networks of two regions, with its way out in one."""

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.routers.routed import Routed

_WAIT = 180

#: What a project does after it has made what T3 begins with, in any order.
STEPS = ('gateway', 'boot1', 'boot2', 'attach1', 'attach2')


def t3(cloud: clouds.Cloud, project: str) -> Routed:
    """Return what T3 begins with: a router, two networks, the outside."""
    made = Routed.make(cloud, project)
    made.add_network('net1', '10.0.1.0/24', 'RegionOne')
    made.add_network('net2', '10.0.2.0/24', 'RegionTwo')
    made.add_external('RegionTwo')
    return made


def step(made: Routed, name: str) -> None:
    """Take one step of T3."""
    match name:
        case 'gateway':
            made.set_gateway()
        case 'boot1':
            made.boot('net1', 'RegionOne')
        case 'boot2':
            made.boot('net2', 'RegionTwo')
        case 'attach1':
            made.attach('net1')
        case 'attach2':
            made.attach('net2')


def assert_t3(made: Routed, outside: str = 'RegionTwo') -> None:
    """Assert that both regions have what T3 takes.

    :param outside: region of the external network
    """
    bridge = made.bridge()
    assert bridge is not None
    one, two = made.regular('RegionOne'), made.regular('RegionTwo')
    out = made.north_south(outside)
    for region in ('RegionOne', 'RegionTwo'):
        there = len(made.its_pieces(region))
        assert there == (2 if region == outside else 1), (region, there)
    legs = {}
    for piece, name in ((one, 'net1'), (two, 'net2')):
        assert piece.gateway is not None
        network, addresses, snat = piece.gateway
        assert network == bridge['id']
        assert not snat
        legs[name] = addresses
        assert set(piece.interfaces) == {made.networks[name]['id']}
    assert len({*legs['net1'], *legs['net2']}) == 2
    first = min(legs['net1'], key=len), min(legs['net2'], key=len)
    assert one.routes == {'10.0.2.0/24': v4(legs['net2'])}
    assert two.routes == {'10.0.1.0/24': v4(legs['net1'])}, first
    assert out.routes == {
        '10.0.1.0/24': v4(legs['net1']),
        '10.0.2.0/24': v4(legs['net2']),
    }
    assert out.gateway == (
        made.external['id'],
        made.gateway_addresses(),
        True,
    )
    inner = out.interfaces[bridge['id']]
    assert v4(inner).endswith('.1')
    assert set(out.interfaces) == {bridge['id']}


def assert_floating_ip(made: Routed) -> None:
    """Assert that T3 has its one floating IP."""
    assert len(made.north_south('RegionTwo').floating_ips) == 1


def v4(addresses: tuple[str, ...]) -> str:
    """Return the one IPv4 address."""
    (found,) = [one for one in addresses if ':' not in one]
    return found


class Finished:
    """T3 that tests made and left whole, for those that begin with one.

    To make one takes longer than what most of these do with it.
    """

    def __init__(self) -> None:
        self._left: list[Routed] = []

    def leave(self, made: Routed) -> None:
        """Leave one to other tests, which may do what they like with it."""
        self._left.append(made)

    def take(self, cloud: clouds.Cloud, project: str) -> Routed:
        """Return one that is whole; it is made when nobody left one.

        :param project: for one that is made
        """
        if self._left:
            made = self._left.pop(0)
        else:
            made = t3(cloud, project)
            for name in STEPS:
                step(made, name)
        eventually(lambda: assert_t3(made), _WAIT)
        return made
