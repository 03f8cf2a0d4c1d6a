# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Services are killed while instances run, and while they are asked."""

from collections.abc import Iterator
import contextlib
import dataclasses
import datetime
import time
from typing import Any
import uuid

import pytest

from lab import cloud
from lab import topology as topologies
from lab.services import rabbitmq
from tests.lab import administrator
from tests.lab import broker
from tests.lab import operator_shell
from tests.lab import packets
from tests.lab import remains
from tests.lab import tenant
from tests.lab import waiting

pytestmark = pytest.mark.alone
_CENTRAL = 'neutron-server-central'
_XJOB = 'tricircle-xjob'
#: How long a boot may take to fail while central is away, in seconds.
_FAILS_WITHIN = 30.0
#: After this, a boot is taken for lost, in seconds.
_BOOTS_WITHIN = 40.0


@dataclasses.dataclass(frozen=True)
class Running:
    """A network with an instance in each of two regions, that ping."""

    owner: tenant.Tenant
    network: Any
    one: tenant.Instance
    other: tenant.Instance


@pytest.fixture(scope='module')
def running(module_tenant: tenant.Tenant) -> Iterator[Running]:
    """They ping each other already."""
    network = module_tenant.network('10.7.0.0/24')
    one, other = module_tenant.regions[:2]
    servers = module_tenant.boot_everywhere(network.id, [one, other])
    found = Running(module_tenant, network, servers[one], servers[other])
    _meet(found)
    yield found


def _meet(running: Running) -> None:
    lab = running.owner.lab
    packets.await_ping(lab, running.one, running.other.ip)
    packets.await_ping(lab, running.other, running.one.ip)


@contextlib.contextmanager
def _pinging(running: Running) -> Iterator[None]:
    """Both ping each other all the time, and lose nothing."""
    lab = running.owner.lab
    with (
        packets.pinging(lab, running.one, running.other.ip) as there,
        packets.pinging(lab, running.other, running.one.ip) as back,
    ):
        yield
    for loss in (there, back):
        assert loss.sent >= 5
        # The last may still be on its way when it ends.
        assert loss.lost <= 1, loss


@contextlib.contextmanager
def _dead(lab: cloud.Lab, service: str) -> Iterator[None]:
    """A service is dead from here to the end, where it starts again."""
    lab.kill(service)
    try:
        yield
    finally:
        lab.restart(service, lambda _text: None)


def _rename(running: Running) -> str:
    name = f'renamed-{uuid.uuid4().hex[:8]}'
    running.owner.central.update_network(running.network.id, name=name)
    return name


def _await_name(running: Running, name: str, *regions: str) -> None:
    def there() -> None:
        for region in regions:
            here = running.owner.at(region).network
            assert here.get_network(running.network.id).name == name, region

    waiting.eventually(there)


def _boots_again(running: Running, region: str, name: str) -> tenant.Instance:
    """Boot, again and again if need be, until a server is ACTIVE.

    Of Nova's own messages, one that was sent while its services came back
    to the broker may be lost, and then that server is built no further.
    """
    owner, nic = running.owner, {'uuid': running.network.id}

    def boots() -> tenant.Instance:
        asked = owner.ask(region, nic, name=name)
        try:
            return owner.wait(region, asked.id, _BOOTS_WITHIN)
        except AssertionError:
            owner.at(region).compute.delete_server(asked.id)
            raise

    return waiting.eventually(boots, 2 * _BOOTS_WITHIN)


def test_xjob_dies(lab: cloud.Lab, running: Running) -> None:
    owner, here, there = running.owner, running.one, running.other
    with _pinging(running):
        with _dead(lab, _XJOB):
            # A region asks central itself: it needs no XJob.
            newcomer = owner.boot(
                there.region, {'uuid': running.network.id}, name='no-xjob'
            )
            name = _rename(running)
        _await_name(running, name, here.region, there.region)
        packets.await_ping(lab, here, newcomer.ip)
    owner.delete(newcomer)


def test_central_dies(lab: cloud.Lab, running: Running) -> None:
    owner, here, there = running.owner, running.one, running.other
    leaver = owner.boot(
        there.region, {'uuid': running.network.id}, name='leaver'
    )
    packets.await_ping(lab, here, leaver.ip)
    with _pinging(running):
        with _dead(lab, _CENTRAL):
            started = time.monotonic()
            asked = owner.ask(
                here.region, {'uuid': running.network.id}, name='no-central'
            )
            server = owner.settled(here.region, asked.id, _FAILS_WITHIN)
            assert server.status == 'ERROR'
            assert time.monotonic() - started < _FAILS_WITHIN
            told = str(server.fault['message'])
            assert 'central' in told.lower(), told
            owner.at(here.region).compute.delete_server(asked.id)
            owner.await_gone(here.region, asked.id)

            owner.delete(leaver)

        def reconciled() -> None:
            admin = administrator.at(lab, topologies.CENTRAL)
            central = remains.ports(admin, running.network.id)
            assert {
                port.id for port in central if port.owner.startswith('comp')
            } == {here.port_id, there.port_id}
            local = remains.ports(
                owner.at(here.region, as_admin=True), running.network.id
            )
            assert leaver.port_id not in {port.id for port in local}

        waiting.eventually(reconciled)
        newcomer = owner.boot(
            here.region, {'uuid': running.network.id}, name='central-again'
        )
        packets.await_ping(lab, there, newcomer.ip)
    owner.delete(newcomer)


@pytest.mark.thorough
def test_the_api_of_a_region_dies(lab: cloud.Lab, running: Running) -> None:
    owner, here, there = running.owner, running.one, running.other
    with _pinging(running):
        with _dead(lab, f'neutron-server-{here.region}'):
            name = _rename(running)
            # The other region does not suffer for it.
            newcomer = owner.boot(
                there.region, {'uuid': running.network.id}, name='one-api'
            )
            _await_name(running, name, there.region)
            code, found = operator_shell.run(lab, 'diagnose')
        assert code == 1
        assert ('TRI0103', here.region) in {
            (one['Number'], one['Region']) for one in found
        }
        assert there.region not in {one['Region'] for one in found}
        _await_name(running, name, here.region)
        packets.await_ping(lab, here, newcomer.ip)
    owner.delete(newcomer)


@pytest.mark.thorough
def test_the_open_vswitch_agent_dies(lab: cloud.Lab, running: Running) -> None:
    owner, here, there = running.owner, running.one, running.other
    with _pinging(running):
        with _dead(lab, f'openvswitch-agent-{here.host}'):
            asked = owner.ask(
                here.region, {'uuid': running.network.id}, name='no-agent'
            )
            time.sleep(5)
        newcomer = owner.wait(here.region, asked.id)
        packets.await_ping(lab, there, newcomer.ip)
    owner.delete(newcomer)


@pytest.mark.thorough
def test_the_broker_dies(lab: cloud.Lab, running: Running) -> None:
    owner, here, there = running.owner, running.one, running.other
    before = broker.listeners(lab)
    with _pinging(running):
        with _dead(lab, rabbitmq.NAME):
            # Central answers, and what it is asked is not forgotten.
            name = _rename(running)
            time.sleep(5)
        back = datetime.datetime.now(datetime.UTC)
        _await_name(running, name, here.region, there.region)
        broker.await_listeners(lab, before)
        newcomer = owner.boot(
            here.region, {'uuid': running.network.id}, name='broker'
        )
        packets.await_ping(lab, there, newcomer.ip)
    owner.delete(newcomer)
    broker.await_reports(lab, back)


@pytest.mark.thorough
def test_the_database_dies(lab: cloud.Lab, running: Running) -> None:
    owner, here, there = running.owner, running.one, running.other
    with _pinging(running):
        with _dead(lab, 'mariadb'):
            time.sleep(5)
        name = waiting.eventually(lambda: _rename(running))
        _await_name(running, name, here.region, there.region)
        newcomer = _boots_again(running, here.region, 'database')
        packets.await_ping(lab, there, newcomer.ip)
    owner.delete(newcomer)


def test_the_switch_of_a_host_dies(lab: cloud.Lab, running: Running) -> None:
    with _dead(lab, f'ovs-vswitchd-{running.one.host}'):
        # All traffic of the host goes through it.
        lost = packets.ping(lab, running.other, running.one.ip, 3)
        assert lost.received == 0
    _meet(running)
    with _pinging(running):
        time.sleep(3)
