# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking status`` of real regions."""

from typing import Any

from osc_lib import exceptions
import pytest

from tests.functional import cloud as clouds
from tests.functional.cli import operator_commands as commands
from tests.functional.cloud import eventually
from tests.functional.stretched import stretched
import tricircle
from tricircle.cli.v1 import diagnose
from tricircle.cli.v1 import status

#: XJob looks whether regions answer.
pytestmark = pytest.mark.own_cloud(
    xjob={'DEFAULT': {'probe_interval': 0.3, 'sweep_interval': 3}}
)


def shown(cloud: clouds.Cloud, *arguments: str) -> Any:
    """Return the row of RegionOne, by column."""
    columns, (row,) = commands.take_action(
        commands.make_app(cloud),
        status.ListStatuses,
        '--region',
        'RegionOne',
        '--long',
        *arguments,
    )
    return dict(zip(columns, row, strict=True))


def test_what_a_region_lacks_while_it_is_away_is_shown_until_it_has_it(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    network = stretched(cloud, fresh_project)
    cloud.one.nova(fresh_project).boot(network_id=network['id'])
    central = cloud.central.client(project=fresh_project)
    before = shown(cloud, '--wait', '--timeout', '60')
    assert (before['Pending'], before['Percent']) == (0, 100)

    with cloud.one.from_xjob.away():
        central.update('network', network['id'], name='renamed')

        def lacks() -> None:
            found = shown(cloud)
            assert (found['Pending'], found['Failing']) == (1, 1)
            assert found['In Sync'] == before['In Sync'] - 1
            assert found['Percent'] < 100
            assert 'RegionOne does not answer' in found['Reason']

        eventually(lacks, 20)
        with pytest.raises(exceptions.CommandError, match='1 pending'):
            shown(cloud, '--wait', '--timeout', '0.5')

    after = shown(cloud, '--wait', '--timeout', '60')
    assert after['In Sync'] == before['In Sync']
    assert after['Oldest'] == ''


def test_a_region_that_has_nothing_to_do_is_seen_to_go_away_and_come_back(
    cloud: clouds.Cloud,
) -> None:
    def answers(wanted: str) -> Any:
        found = shown(cloud)
        assert found['Answers'] == wanted
        return found

    eventually(lambda: answers('yes'), 20)

    def compared() -> None:
        assert shown(cloud)['Compared'] != 'never'

    eventually(compared, 30)
    with cloud.one.from_xjob.away():
        found = eventually(lambda: answers('no'), 20)
        assert 'RegionOne does not answer' in found['Reason']

    eventually(lambda: answers('yes'), 20)


def test_what_a_region_runs_is_shown_and_kept_while_it_is_away(
    cloud: clouds.Cloud,
) -> None:
    def runs() -> Any:
        found = shown(cloud, '-c', 'Version', '-c', 'Lacks')
        assert found['Version'] == tricircle.__version__
        # Region and central load the same plugins here, but for central's.
        assert found['Lacks'] != 'unknown'
        return found['Lacks'].human_readable()

    lacks = eventually(runs, 20)
    assert 'qos' not in lacks.split(', ')

    with cloud.one.from_xjob.away():

        def away() -> None:
            assert shown(cloud)['Answers'] == 'no'

        eventually(away, 20)
        runs()
    numbers = ('TRI0401', 'TRI0402', 'TRI0403', 'TRI0404', 'TRI0405')
    only = [word for one in numbers for word in ('--only', one)]
    _columns, rows = commands.take_action(
        commands.make_app(cloud), diagnose.Diagnose, *only
    )
    assert rows == []
