# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A change wakes XJob over a broker, and nothing depends on the broker."""

from collections.abc import Iterator
import contextlib
import os
import signal
import time
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import rabbitmq
from tests.functional.cloud.client import Json

pytestmark = pytest.mark.own_cloud

#: So seldom does XJob look by itself here: never, in a test.
SELDOM = 600
#: What a wake-up may take, a commit, a message and a job, on a machine that
#: is busy; nothing but a wake-up comes sooner than SELDOM.
SOON = 15.0
#: In which a wake-up that was sent would have had its effect.
LONG = 3.0


@pytest.fixture(scope='module')
def broker() -> Iterator[rabbitmq.PrivateRabbitMQ]:
    """A RabbitMQ server of this module's own."""
    with clouds.Workspace() as workspace:
        server = rabbitmq.PrivateRabbitMQ(workspace)
        try:
            server.start()
            yield server
        finally:
            server.close()


@pytest.fixture(scope='module')
def module_cloud(
    broker: rabbitmq.PrivateRabbitMQ,
) -> Iterator[clouds.Cloud]:
    """A cloud in which central and XJob have a broker between them."""
    transport = {'transport_url': broker.url}
    with clouds.Cloud.start(
        regions=('RegionOne',),
        central={'DEFAULT': transport},
        xjob={'DEFAULT': {**transport, 'worker_sleep_time': SELDOM}},
    ) as cloud:
        yield cloud


@pytest.fixture
def cloud(
    cloud: clouds.Cloud, broker: rabbitmq.PrivateRabbitMQ
) -> Iterator[clouds.Cloud]:
    """That cloud, with its broker up again after each test."""
    yield cloud
    if not broker.alive:
        broker.start()


@pytest.fixture
def network(cloud: clouds.Cloud, fresh_project: str) -> Json:
    """A network that RegionOne has; its changes arrive by wake-ups."""
    found, _subnet = regions.make_network(cloud, fresh_project)
    cloud.one.client(fresh_project).show('network', found['id'])
    await_wake_ups(cloud, found['id'], 30)
    return found


@contextlib.contextmanager
def without(broker: rabbitmq.PrivateRabbitMQ) -> Iterator[None]:
    """Have no broker during the ``with`` block."""
    broker.kill9()
    try:
        yield
    finally:
        broker.start()


def rename(cloud: clouds.Cloud, network_id: str) -> str:
    """Give a network a new name in central, at once, and return it."""
    name = uuid.uuid4().hex
    started = time.monotonic()
    cloud.central.admin.update('network', network_id, name=name)
    assert time.monotonic() - started < 2, 'a request waited for the broker'
    return name


def has(cloud: clouds.Cloud, network_id: str, name: str) -> bool:
    """Return whether RegionOne has this name of a network."""
    shown = cloud.one.admin.show('network', network_id)
    return bool(shown['name'] == name)


def arrives(
    cloud: clouds.Cloud, network_id: str, name: str, seconds: float = SOON
) -> None:
    """Assert that RegionOne has a new name in time."""

    def look() -> None:
        assert has(cloud, network_id, name)

    clouds.eventually(look, seconds)


def await_wake_ups(
    cloud: clouds.Cloud, network_id: str, seconds: float
) -> None:
    """Wait until changes in central reach RegionOne soon again.

    Several in a row: one may arrive because its lane was at work on
    something else, when XJob does not hear of it yet.
    """

    def look() -> None:
        for _number in range(4):
            arrives(cloud, network_id, rename(cloud, network_id), 1.5)

    clouds.eventually(look, seconds)


def unheard(cloud: clouds.Cloud, network_id: str) -> str:
    """Make a change that XJob hears nothing of, and return the name.

    What it heard of before may still be on its way: not at every time.
    """
    name = rename(cloud, network_id)
    time.sleep(LONG)
    assert not has(cloud, network_id, name), 'who woke XJob?'
    return name


def test_each_change_reaches_the_region_soon(
    cloud: clouds.Cloud, network: Json
) -> None:
    for _number in range(5):
        arrives(cloud, network['id'], rename(cloud, network['id']))


def test_what_failed_is_tried_again_when_it_is_due_and_not_at_the_next_look(
    cloud: clouds.Cloud, network: Json
) -> None:
    refused = cloud.one.from_xjob.answer(
        status=500, times=2, path=rf'replicas/network/{network["id"]}'
    )

    name = rename(cloud, network['id'])

    arrives(cloud, network['id'], name)
    assert refused.hits == 2


def test_a_region_that_was_away_is_found_to_be_back_without_a_look(
    cloud: clouds.Cloud, network: Json
) -> None:
    with cloud.one.from_xjob.away():
        name = rename(cloud, network['id'])
        time.sleep(LONG)

    arrives(cloud, network['id'], name)


def test_without_a_broker_requests_are_served_and_jobs_done_at_the_next_look(
    cloud: clouds.Cloud, broker: rabbitmq.PrivateRabbitMQ, network: Json
) -> None:
    with without(broker):
        # More than one: the first finds a connection that is broken, the
        # next ones find none.
        for _number in range(5):
            rename(cloud, network['id'])
        name = clouds.eventually(lambda: unheard(cloud, network['id']), 30)
        with cloud.xjob.configured({'DEFAULT': {'worker_sleep_time': 1}}):
            arrives(cloud, network['id'], name, 10)
            # This one is not found by the look at the start.
            time.sleep(2)
            arrives(cloud, network['id'], rename(cloud, network['id']))


def test_wake_ups_come_back_with_the_broker(
    cloud: clouds.Cloud, broker: rabbitmq.PrivateRabbitMQ, network: Json
) -> None:
    before = (cloud.central.pid, cloud.xjob.pid)
    with without(broker):
        rename(cloud, network['id'])
        time.sleep(LONG)
        rename(cloud, network['id'])
    # oslo.messaging looks for a lost broker after 1, 3, 5, 7 ... seconds.
    await_wake_ups(cloud, network['id'], 60)
    for _number in range(3):
        arrives(cloud, network['id'], rename(cloud, network['id']))
    assert (cloud.central.pid, cloud.xjob.pid) == before
    assert cloud.central.intact and cloud.xjob.intact


def test_a_broker_that_hangs_delays_no_request(
    cloud: clouds.Cloud, broker: rabbitmq.PrivateRabbitMQ, network: Json
) -> None:
    arrives(cloud, network['id'], rename(cloud, network['id']))
    # No wake-up is left under way.
    time.sleep(LONG)
    # Its connections stay open, and nobody reads from them.
    os.killpg(broker.pid, signal.SIGSTOP)
    try:
        for _number in range(5):
            name = rename(cloud, network['id'])
        time.sleep(LONG)
        assert not has(cloud, network['id'], name), 'who woke XJob?'
    finally:
        os.killpg(broker.pid, signal.SIGCONT)
    arrives(cloud, network['id'], name, 20)
    arrives(cloud, network['id'], rename(cloud, network['id']))


def test_what_starts_without_a_broker_uses_it_when_it_is_there(
    cloud: clouds.Cloud, broker: rabbitmq.PrivateRabbitMQ, network: Json
) -> None:
    with without(broker):
        for process in (cloud.central, cloud.xjob):
            process.kill9()
            process.start()
        rename(cloud, network['id'])
    await_wake_ups(cloud, network['id'], 60)
    for _number in range(3):
        arrives(cloud, network['id'], rename(cloud, network['id']))
