# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Who listens to the message broker."""

import datetime

from lab import cloud
from lab.services import rabbitmq
from tests.lab import administrator
from tests.lab import waiting

#: In all virtual hosts: those of central and of the regions.
_COUNT = (
    'lists:sum([length(rabbit_amqqueue:consumers_all(V))'
    ' || V <- rabbit_vhost:list_names()]).'
)


def listeners(lab: cloud.Lab) -> int:
    """Return how many consumers the broker has.

    Each daemon has a fixed number, once it has asked anything by RPC.
    """
    service = lab.services[rabbitmq.NAME]
    told = lab.machines[service.machine].run(
        [rabbitmq.program('rabbitmqctl'), '-q', 'eval', _COUNT],
        environment=service.environment,
    )
    return int(told)


def await_listeners(
    lab: cloud.Lab, number: int, seconds: float = 60.0
) -> None:
    """Wait until at least as many consumers are there.

    A daemon whose broker was away tries to get back after one second, then
    after three, five, and so on, up to 30. What is sent to it before may be
    lost, and what waits for the answer takes a minute to see that; it is no
    different without Tricircle.

    :raises AssertionError: when some do not come back
    """

    def back() -> None:
        found = listeners(lab)
        assert found >= number, f'{found} of {number} listen'

    waiting.eventually(back, seconds, interval=1.0)


def await_reports(
    lab: cloud.Lab, since: datetime.datetime, seconds: float = 120.0
) -> None:
    """Wait until all of Nova's hosts have reported since some moment.

    One whose report was lost with the broker waits a minute for the answer.
    By then Nova counts it as down, and starts no instance on it.

    :param since: with its time zone
    :raises AssertionError: when some do not report
    """

    def reported() -> None:
        late = [
            f'{one.host}: {one.updated_at}'
            for region in lab.topology.regions
            for one in administrator.at(lab, region.name).compute.services(
                binary='nova-compute'
            )
            # Nova leaves out that this is UTC.
            if datetime.datetime.fromisoformat(f'{one.updated_at}+00:00')
            < since
        ]
        assert not late, late

    waiting.eventually(reported, seconds, interval=1.0)
