# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What clouds that routers are measured in have in common."""

from collections.abc import Iterator
import contextlib
from typing import Any, Final

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.cloud import rabbitmq
from tricircle.conf import xjob as xjob_conf

#: Most seconds that anything may take before it counts as lost.
PATIENCE: Final = 300
#: Those are the fixture's: a name, and no sweeps in between.
_KEPT: Final = frozenset({'host', 'sweep_interval'})


@contextlib.contextmanager
def options() -> Iterator[dict[str, Any]]:
    """Start a broker, by which XJob hears of work.

    :returns: what to start a cloud with. XJob looks by itself as seldom,
        and waits as long, as operators have it by default
    """
    with clouds.Workspace() as workspace:
        broker = rabbitmq.PrivateRabbitMQ(workspace)
        try:
            broker.start()
            url = {'transport_url': broker.url}
            waits = {
                one.name: one.default
                for one in xjob_conf.OPTS
                if one.name not in _KEPT
            }
            yield {
                'central': {'DEFAULT': url},
                'xjob': {'DEFAULT': url | waits},
            }
        finally:
            broker.close()


def wait_quiet(cloud: clouds.Cloud) -> None:
    """Wait until nothing is under way."""

    def quiet() -> None:
        for region in cloud.regions.values():
            assert not region.database.query('SELECT 1 FROM tricircle_outbox')
        assert not cloud.central.database.query(
            'SELECT 1 FROM journal WHERE lease_owner IS NOT NULL OR'
            ' (pending AND next_try_at < UTC_TIMESTAMP(6))'
        )

    eventually(quiet, PATIENCE)
