# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What a life consists of: steps of a user, in an order that makes sense."""

from collections.abc import Iterator, Sequence
import dataclasses
import random

CENTRAL = 'CentralRegion'

NETWORK = 'network'
SUBNET = 'subnet'
PORT = 'port'
ROUTER = 'router'
FLOATING_IP = 'floating-ip'
GROUP = 'security-group'
RULE = 'security-group-rule'
SERVER = 'server'

CREATE = 'create'
DELETE = 'delete'
RENAME = 'rename'
TAG = 'tag'
PING = 'ping'
#: Of a router: an interface on a subnet, and the external gateway.
PLUG = 'plug'
UNPLUG = 'unplug'
OPEN = 'open'
CLOSE = 'close'

#: Of a rename, or of a tag.
_WORDS = ('amber', 'birch', 'cedar', 'delta', 'ember', 'fjord')
_PROTOCOLS = ('icmp', 'tcp', 'udp')


@dataclasses.dataclass(frozen=True)
class Step:
    """One request of a user.

    :ivar name: of the thing, within its life
    :ivar place: the region whose API is asked, or CENTRAL
    :ivar on: names of the things that it refers to
    :ivar value: what is new: a name, a tag, a CIDR, a protocol; regions of
        a network, with commas
    """

    action: str
    kind: str
    name: str
    place: str = CENTRAL
    on: tuple[str, ...] = ()
    value: str = ''

    def __str__(self) -> str:
        parts = [self.action, self.kind, self.name]
        if self.on:
            parts.append(f'on {", ".join(self.on)}')
        if self.value:
            parts.append(f'({self.value})')
        return f'{" ".join(parts)} in {self.place}'


@dataclasses.dataclass(frozen=True)
class Life:
    """Steps that leave nothing behind when all are taken.

    :ivar seed: what makes the same life again
    """

    seed: str
    topic: str
    steps: tuple[Step, ...]


def life(seed: str, regions: Sequence[str], number: int = 0) -> Life:
    """Return the life of a seed.

    :param number: of whoever lives it, from 0 to 99; its CIDRs differ from
        those of others
    """
    rng = random.Random(seed)  # noqa: S311 nothing here is a secret
    topic = rng.choices(sorted(_TOPICS), [_TOPICS[k][1] for k in _TOPICS])[0]
    make, _weight = _TOPICS[topic]
    return Life(seed, topic, tuple(make(rng, regions, number)))


def _scope(rng: random.Random, regions: Sequence[str]) -> list[str]:
    """Return the regions of a network, in no order: all of them, or some."""
    count = rng.choice([len(regions), len(regions), rng.randint(1, 2)])
    return rng.sample(list(regions), min(count, len(regions)))


def _network(
    scope: Sequence[str], regions: Sequence[str], number: int, index: int
) -> Iterator[Step]:
    hints = '' if len(scope) == len(regions) else ','.join(sorted(scope))
    name = f'net{index}'
    yield Step(CREATE, NETWORK, name, value=hints)
    yield Step(
        CREATE,
        SUBNET,
        f'sub{index}',
        on=(name,),
        value=f'10.{100 + number}.{index}.0/24',
    )


def _no_network(rng: random.Random, index: int) -> Iterator[Step]:
    if rng.random() < 0.5:
        yield Step(DELETE, SUBNET, f'sub{index}', on=(f'net{index}',))
    yield Step(DELETE, NETWORK, f'net{index}')


def _servers(
    rng: random.Random, regions: Sequence[str], number: int
) -> Iterator[Step]:
    """Servers on one network, in several regions if it is in several."""
    scope = _scope(rng, regions)
    yield from _network(scope, regions, number, 1)
    made = []
    for index, region in enumerate(scope[:2], 1):
        name = f'server{index}'
        if rng.random() < 0.3:
            port = f'port{index}'
            yield Step(CREATE, PORT, port, on=('net1',))
            yield Step(CREATE, SERVER, name, region, on=('net1', port))
            made.append((name, region, port))
        else:
            yield Step(CREATE, SERVER, name, region, on=('net1',))
            made.append((name, region, ''))
    if rng.random() < 0.5:
        yield Step(RENAME, NETWORK, 'net1', value=rng.choice(_WORDS))
    if len(made) == 2:
        (one, region, _), (other, _, _) = made
        yield Step(PING, SERVER, one, region, on=(other,))
    rng.shuffle(made)
    for name, region, port in made:
        yield Step(DELETE, SERVER, name, region)
        if port:
            yield Step(DELETE, PORT, port, rng.choice([CENTRAL, region]))
    yield from _no_network(rng, 1)


def _ports(
    rng: random.Random, regions: Sequence[str], number: int
) -> Iterator[Step]:
    """Ports that are renamed here and deleted there."""
    scope = _scope(rng, regions)
    yield from _network(scope, regions, number, 1)
    made = []
    for index in range(1, rng.randint(2, 5)):
        place = rng.choice([CENTRAL, *scope])
        yield Step(CREATE, PORT, f'port{index}', place, on=('net1',))
        made.append((f'port{index}', place))
    rng.shuffle(made)
    for name, place in made:
        if rng.random() < 0.6:
            yield Step(RENAME, PORT, name, value=rng.choice(_WORDS))
        yield Step(DELETE, PORT, name, rng.choice([CENTRAL, place]))
    yield from _no_network(rng, 1)


def _routers(
    rng: random.Random, regions: Sequence[str], number: int
) -> Iterator[Step]:
    """A router with a network or two, a gateway, and a floating IP."""
    count = rng.randint(1, 2)
    outside = rng.random() < 0.7
    yield Step(CREATE, ROUTER, 'router1')
    ports: list[tuple[str, str]] = []
    for index in range(1, count + 1):
        scope = _scope(rng, regions)
        yield from _network(scope, regions, number, index)
        place = rng.choice(scope)
        name = f'port{index}'
        yield Step(CREATE, PORT, name, place, on=(f'net{index}',))
        ports.append((name, place))
        yield Step(PLUG, ROUTER, 'router1', on=(f'sub{index}',))
    if outside:
        yield Step(OPEN, ROUTER, 'router1')
        yield Step(CREATE, FLOATING_IP, 'float1', on=(ports[0][0],))
    yield Step(RENAME, ROUTER, 'router1', value=rng.choice(_WORDS))
    if outside:
        yield Step(DELETE, FLOATING_IP, 'float1')
        yield Step(CLOSE, ROUTER, 'router1')
    for index in rng.sample(range(1, count + 1), count):
        yield Step(UNPLUG, ROUTER, 'router1', on=(f'sub{index}',))
    yield Step(DELETE, ROUTER, 'router1')
    for index in range(1, count + 1):
        name, place = ports[index - 1]
        yield Step(DELETE, PORT, name, rng.choice([CENTRAL, place]))
        yield from _no_network(rng, index)


def _groups(
    rng: random.Random, regions: Sequence[str], number: int
) -> Iterator[Step]:
    """A security group with a port in it, whose rules come and go."""
    scope = _scope(rng, regions)
    protocols = rng.sample(_PROTOCOLS, 2)
    yield Step(CREATE, GROUP, 'group1')
    yield Step(CREATE, RULE, 'rule1', on=('group1',), value=protocols[0])
    yield from _network(scope, regions, number, 1)
    yield Step(CREATE, PORT, 'port1', scope[0], on=('net1', 'group1'))
    if rng.random() < 0.5:
        yield Step(TAG, GROUP, 'group1', value=rng.choice(_WORDS))
    yield Step(CREATE, RULE, 'rule2', on=('group1',), value=protocols[1])
    yield Step(DELETE, RULE, 'rule1', on=('group1',))
    yield Step(DELETE, PORT, 'port1', rng.choice([CENTRAL, scope[0]]))
    yield Step(DELETE, GROUP, 'group1')
    yield from _no_network(rng, 1)


#: What a life may be about, and how often it is.
_TOPICS = {
    'groups': (_groups, 2),
    'ports': (_ports, 3),
    'routers': (_routers, 2),
    'servers': (_servers, 3),
}
