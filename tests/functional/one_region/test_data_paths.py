# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What agents report of tunnels, by way of XJob, until it is shown."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.functional import cloud as clouds
from tests.functional.cli import operator_commands as commands
from tests.functional.cloud import eventually
from tricircle.cli.v1 import status
from tricircle.conf import durations
from tricircle.replica import data_path

#: XJob looks whether regions answer.
pytestmark = pytest.mark.own_cloud(xjob={'DEFAULT': {'probe_interval': 0.3}})

HOST = 'a-host'


@pytest.fixture
def hosts(cloud: clouds.Cloud) -> Iterator[Any]:
    """The hosts of RegionOne; nobody else's agents say anything."""
    yield cloud.one.hosts
    cloud.one.hosts.remove(HOST)


def shown(cloud: clouds.Cloud) -> str:
    columns, (row,) = commands.take_action(
        commands.make_app(cloud),
        status.ListStatuses,
        '--region',
        'RegionOne',
    )
    return str(dict(zip(columns, row, strict=True))['Data Path'])


def looked_at_anew(cloud: clouds.Cloud) -> None:
    """Have XJob ask now what it asks each minute."""
    cloud.xjob.stop()
    cloud.central.database.execute('DELETE FROM region_data_paths')
    cloud.xjob.start()


def tell(hosts: Any, **tunnels: int) -> None:
    """Have the agent of a host report of its tunnels."""
    hosts.add(HOST, '192.0.2.7', **{data_path.KEY: tunnels})


def test_tunnels_that_agents_report_are_shown_until_they_are_old(
    cloud: clouds.Cloud, hosts: Any
) -> None:
    tell(hosts, up=3, down=1, silent=1, unasked=0)
    looked_at_anew(cloud)

    def down() -> None:
        assert shown(cloud) == '2 of 5 tunnels down'

    eventually(down, 30)
    tell(hosts, up=5, down=0, silent=0, unasked=0)
    looked_at_anew(cloud)

    def known() -> str:
        found = shown(cloud)
        # The region's other hosts do not probe.
        assert found.startswith(('ok', 'unproven: 0 of 5 tunnels'))
        return found

    eventually(known, 30)

    cloud.xjob.stop()
    cloud.central.database.execute(
        'UPDATE region_data_paths'
        ' SET found_at = found_at - INTERVAL %s SECOND',
        int(durations.DATA_PATH_TRUSTED) + 1,
    )
    try:
        assert shown(cloud).startswith('unknown since 20')
    finally:
        cloud.xjob.start()
