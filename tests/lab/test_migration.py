# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Instances that Nova moves between hosts of a region, or stops to resize.

Each keeps its port, address and neighbours in the other region.
"""

from collections.abc import Callable, Iterator
import dataclasses
from typing import Any, Final

import pytest

from lab import cells
from lab import cloud
from lab import topology as topologies
from tests.lab import administrator
from tests.lab import packets
from tests.lab import tenant as tenants
from tests.lab import waiting

#: Seconds in which Nova has moved an instance.
_MOVED: Final = 120.0


@dataclasses.dataclass
class Moving:
    """An instance that is moved, and one in another region."""

    lab: cloud.Lab
    owner: tenants.Tenant
    one: tenants.Instance
    other: tenants.Instance

    @property
    def compute(self) -> Any:
        """Nova of the region, as the administrator of the project sees it."""
        found = self.owner.at(self.one.region, as_admin=True).compute
        found.default_microversion = '2.74'
        return found

    def await_status(self, status: str) -> None:
        """Wait until Nova is done with it."""

        def settled() -> None:
            server = self.compute.get_server(self.one.id)
            assert (server.status, server.task_state) == (status, None)

        waiting.eventually(settled, _MOVED)

    def check_told(self, host: str) -> None:
        """See that central has its port where and as the region has it."""

        def told() -> None:
            place = self.lab.topology.hosts[self.one.host].name
            here, there = (
                self.owner.at(region, as_admin=True).network.get_port(
                    self.one.port_id
                )
                for region in (place, topologies.CENTRAL)
            )
            assert there.binding_host_id == host
            assert there.status == here.status

        waiting.eventually(told)

    def check(self, host: str) -> None:
        """See it on a host, known there in central, and reach it."""
        found = self.owner.wait(self.one.region, self.one.id)
        assert found.host == host
        assert found.nics == self.one.nics
        self.check_told(host)
        packets.await_ping(self.lab, self.other, self.one.ip)
        packets.await_ping(self.lab, self.one, self.other.ip)


@pytest.fixture
def moving(lab: cloud.Lab, own_tenant: tenants.Tenant) -> Moving:
    """The instance is on the first host of a region; another has more."""
    region = max(lab.topology.regions, key=lambda one: len(one.hosts))
    elsewhere = next(one for one in lab.topology.regions if one != region)
    network = own_tenant.network('10.8.2.0/24')
    asked = [
        (name, own_tenant.ask(name, {'uuid': network.id}, host=host).id)
        for name, host in (
            (cells.asked(lab.topology, place).name, place.hosts[0])
            for place in (region, elsewhere)
        )
    ]
    one, other = (own_tenant.wait(*each) for each in asked)
    made = Moving(lab, own_tenant, one, other)
    made.check(region.hosts[0])
    return made


@pytest.fixture
def larger(moving: Moving) -> Iterator[str]:
    """A flavor that is larger than that of the instance."""
    compute = administrator.at(moving.lab, moving.one.region).compute
    made = compute.create_flavor(
        name=moving.owner.name, ram=512, vcpus=2, disk=1
    )
    yield made.id
    compute.delete_flavor(made)


@pytest.mark.parametrize('end', ['confirm', 'revert'])
def test_a_resized_instance_is_reached_from_another_region(
    moving: Moving, larger: str, end: str
) -> None:
    server = moving.one.id
    moving.compute.resize_server(server, larger)
    moving.await_status('VERIFY_RESIZE')
    packets.await_ping(moving.lab, moving.other, moving.one.ip)

    getattr(moving.compute, f'{end}_server_resize')(server)

    moving.await_status('ACTIVE')
    # With one host there, or with several, Nova chooses where it is resized.
    moving.check(
        moving.one.host
        if end == 'revert'
        else moving.compute.get_server(server).compute_host
    )


def _cold(moving: Moving, host: str) -> None:
    moving.compute.migrate_server(moving.one.id, host=host)
    moving.await_status('VERIFY_RESIZE')
    moving.compute.confirm_server_resize(moving.one.id)


def _live(moving: Moving, host: str) -> None:
    moving.compute.live_migrate_server(
        moving.one.id, host=host, block_migration='auto'
    )
    moving.await_status('ACTIVE')
    moving.check_told(host)
    # Neutron's agent takes the binding that is left on the first host for a
    # move back to it, and leaves the port down (neutron 29.0.0,
    # get_device_details() of neutron.agent.rpc), on a region's own networks
    # as well. It hears that the binding is gone with the port's next change,
    # and looks again at an interface that is plugged anew.
    _change(moving)
    moving.compute.reboot_server(moving.one.id, 'HARD')


def _change(moving: Moving) -> None:
    """Change a port in central, and see that its region has heard."""
    port, said = moving.one.port_id, 'has moved'
    moving.owner.central.update_port(port, description=said)
    place = moving.lab.topology.hosts[moving.one.host].name
    here = moving.owner.at(place, as_admin=True).network

    def heard() -> None:
        assert here.get_port(port).description == said

    waiting.eventually(heard)


def _evacuated(moving: Moving, host: str) -> None:
    """Its host dies with all that is on it, and comes back later."""
    lab, dead, server = moving.lab, moving.one.host, moving.one.id
    (service,) = moving.compute.services(binary='nova-compute', host=dead)
    lab.kill(f'nova-compute-{dead}')
    try:
        _cut_off(lab, dead, server)
        moving.compute.update_service_forced_down(service, dead, forced=True)
        moving.compute.evacuate_server(server, host=host)
        moving.await_status('ACTIVE')
    finally:
        lab.restart(f'nova-compute-{dead}', lambda _text: None)

        # Nova there finds out that the instance is another host's now, and
        # only then takes part again.
        def back() -> None:
            left = lab.layout.var(dead, 'instances').glob(f'{server}*')
            assert not list(left)
            moving.compute.update_service_forced_down(
                service, dead, forced=False
            )

        waiting.eventually(back)


def _cut_off(lab: cloud.Lab, host: str, server: str) -> None:
    """End what runs in an instance, as a power cut does."""
    name = f'vm-{server}'
    done = packets.inside(
        lab,
        host,
        [
            *('sh', '-ec'),
            f'kill -9 $(ip netns pids {name}); ip netns del {name}',
        ],
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.thorough
@pytest.mark.parametrize('move', [_cold, _live, _evacuated])
def test_an_instance_on_another_host_is_reached_from_another_region(
    moving: Moving,
    crowded: topologies.Region,
    move: Callable[[Moving, str], None],
) -> None:
    _first, second = crowded.hosts[:2]

    move(moving, second)

    moving.await_status('ACTIVE')
    moving.check(second)
