# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""T3 in any order, and while services are killed: it ends the same."""

from collections.abc import Callable, Iterator, Sequence
import dataclasses
import time
from typing import Any

import pytest

from lab import cloud
from tests.lab import external
from tests.lab import outside
from tests.lab import packets
from tests.lab import router_shape
from tests.lab import routers
from tests.lab import single_external
from tests.lab import tenant
from tests.lab import waiting

#: Services are killed.
pytestmark = [pytest.mark.alone, pytest.mark.thorough]

_PREFIXES = ('10.0.1.0/24', '10.0.2.0/24')


@dataclasses.dataclass
class Networks:
    """T3 without its router.

    :ivar instances: one on each, in the region of the network
    """

    owner: tenant.Tenant
    outside: Any
    networks: tuple[Any, Any]
    instances: list[tenant.Instance]
    router: Any = None

    @property
    def prefixes(self) -> list[tuple[str, str]]:
        """Name and prefix of each."""
        return [
            (one.name, cidr)
            for one, cidr in zip(self.networks, _PREFIXES, strict=True)
        ]

    @property
    def regions(self) -> Sequence[str]:
        """Of the networks; the external one is in the last."""
        return self.owner.regions[:2]

    def make_router(self) -> None:
        """Create it, without anything on it."""
        self.router = self.owner.central.create_router(name='router')

    def attach(self) -> None:
        """Put both networks on it."""
        for network in self.networks:
            (subnet,) = self.owner.central.subnets(network_id=network.id)
            self.owner.central.add_interface_to_router(
                self.router.id, subnet_id=subnet.id
            )

    def lead_out(self) -> None:
        """Set its gateway."""
        self.owner.central.update_router(
            self.router.id,
            external_gateway_info={'network_id': self.outside.id},
        )

    def boot(self) -> None:
        """Boot an instance in each region."""
        asked = [
            (region, self.owner.ask(region, {'uuid': network.id}).id)
            for region, network in zip(
                self.regions, self.networks, strict=True
            )
        ]
        self.instances = [self.owner.wait(*one) for one in asked]

    def leave(self) -> None:
        """Delete the instances."""
        self.owner.delete(*self.instances)
        self.instances = []

    def remove_router(self) -> None:
        """Delete the router, and see that nothing of it stays."""
        lab = self.owner.lab
        gone = routers.ids(lab, self.owner.project_id)
        self.owner.delete_routers()
        routers.nowhere(lab, gone)
        waiting.eventually(self._no_bridge)

    def _no_bridge(self) -> None:
        assert routers.bridge_networks(self.owner.lab) == []

    def works(self) -> None:
        """Wait until it is laid out, and everybody reaches everybody."""
        lab = self.owner.lab
        one, other = self.instances

        def laid_out() -> None:
            assert router_shape.of(lab, self.router) == single_external.shape(
                dict(zip(self.regions, self.prefixes, strict=True)),
                self.regions[-1],
                self.outside.name,
            )

        waiting.eventually(laid_out)
        packets.await_ping(lab, one, other.ip)
        packets.await_ping(lab, other, one.ip)
        for instance in self.instances:
            packets.await_ping(lab, instance, outside.address(lab))


@pytest.fixture(scope='module')
def networks(module_tenant: tenant.Tenant) -> Networks:
    """The networks, with an instance on each."""
    regions = module_tenant.regions[:2]
    found = Networks(
        module_tenant,
        external.network(module_tenant, regions[-1]),
        (
            module_tenant.network(_PREFIXES[0], [regions[0]], 'net1'),
            module_tenant.network(_PREFIXES[1], [regions[1]], 'net2'),
        ),
        [],
    )
    module_tenant.allow(module_tenant.default_group().id, 'icmp')
    found.boot()
    return found


@pytest.fixture
def unrouted(networks: Networks) -> Iterator[Networks]:
    """The same, and no router is left on them."""
    yield networks
    networks.remove_router()


_Step = Callable[[Networks], None]


@pytest.mark.parametrize(
    'steps',
    [
        pytest.param((Networks.lead_out, Networks.attach), id='gateway-first'),
        pytest.param(
            (Networks.attach, Networks.lead_out),
            id='gateway-last',
            marks=pytest.mark.thorough,
        ),
        pytest.param(
            (
                Networks.leave,
                Networks.attach,
                Networks.lead_out,
                Networks.boot,
            ),
            id='instances-last',
            marks=pytest.mark.thorough,
        ),
    ],
)
def test_any_order_ends_the_same(
    unrouted: Networks, steps: Sequence[_Step]
) -> None:
    unrouted.make_router()
    for step in steps:
        step(unrouted)

    unrouted.works()


@pytest.mark.parametrize(
    'after', [0.0, pytest.param(1.0, marks=pytest.mark.thorough)]
)
@pytest.mark.parametrize(
    'service',
    [
        'tricircle-xjob',
        *(
            pytest.param(name, marks=pytest.mark.thorough)
            for name in (
                'neutron-server-central',
                'neutron-server-{region}',
                'l3-agent-{host}',
            )
        ),
    ],
)
def test_it_ends_the_same_when_a_service_dies(
    lab: cloud.Lab, unrouted: Networks, service: str, after: float
) -> None:
    victim = unrouted.instances[0]
    name = service.format(region=victim.region, host=victim.host)
    unrouted.make_router()
    unrouted.lead_out()
    unrouted.attach()
    # The router is being laid out now.
    time.sleep(after)
    lab.kill(name)
    # Longer than an attempt may take that found nobody there.
    time.sleep(2.0)
    lab.restart(name, lambda _text: None)

    unrouted.works()
