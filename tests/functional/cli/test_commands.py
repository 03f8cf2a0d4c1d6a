# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking pod ...`` against the Admin API."""

import subprocess
import sys
from typing import Any
import uuid

from osc_lib import exceptions
import pytest

from tests.functional import cloud as clouds
from tests.functional.cli import operator_commands
from tricircle.cli.v1 import departure
from tricircle.cli.v1 import pod as commands


@pytest.fixture
def app(cloud: clouds.Cloud) -> Any:
    """What the ``openstack`` command gives to its commands."""
    return operator_commands.make_app(cloud)


def run(app: Any, command: Any, *arguments: str) -> Any:
    """Run a command as the shell does."""
    return operator_commands.take_action(app, command, *arguments)


def create(app: Any, name: str, zone: str) -> Any:
    """Create a pod by the command; return columns and values."""
    return run(
        app,
        commands.CreatePod,
        '--region-name',
        name,
        '--availability-zone',
        zone,
    )


def test_a_pod_from_its_creation_to_its_end(app: Any) -> None:
    name = f'Region-{uuid.uuid4().hex[:8]}'

    columns, values = create(app, name, 'az7')
    assert dict(zip(columns, values, strict=True))['region_name'] == name

    _headers, rows = run(app, commands.ListPods, '--availability-zone', 'az7')
    assert [row[1] for row in rows] == [name]

    _columns, values = run(app, commands.SetPod, name, '--data-center', 'dc 7')
    assert 'dc 7' in values
    assert run(app, commands.ShowPod, name)[1] == values

    run(app, commands.DeletePod, name)
    with pytest.raises(exceptions.CommandError, match='no pod'):
        run(app, commands.ShowPod, name)


def test_a_pod_is_given_who_acts_for_its_region(app: Any) -> None:
    name = f'Region-{uuid.uuid4().hex[:8]}'
    wanted = {
        'service_user_id': 'u1',
        'service_project_id': 'p1',
        'tunnel_networks': '192.0.2.0/24',
    }
    options = ('--service-user', '--service-project', '--tunnel-networks')
    words = [
        word
        for pair in zip(options, wanted.values(), strict=True)
        for word in pair
    ]

    create(app, name, 'az8')
    columns, values = run(app, commands.SetPod, name, *words)
    pod = dict(zip(columns, values, strict=True))
    run(app, commands.DeletePod, name)

    assert wanted.items() <= pod.items()


def test_deleting_several_goes_on_and_says_which_failed(app: Any) -> None:
    name = f'Region-{uuid.uuid4().hex[:8]}'
    create(app, name, 'az7')

    with pytest.raises(exceptions.CommandError, match='1 of 2'):
        run(app, commands.DeletePod, 'nobody', name)

    assert 'nobody' in app.stderr.getvalue()
    assert run(app, commands.ListPods, '--region-name', name)[1] == []


def test_the_apis_reason_is_shown(app: Any) -> None:
    with pytest.raises(exceptions.CommandError, match='already'):
        create(app, 'RegionOne', 'az1')


def test_nothing_to_set_is_an_error(app: Any) -> None:
    with pytest.raises(exceptions.CommandError, match='Nothing to set'):
        run(app, commands.SetPod, 'RegionOne')


@pytest.mark.parametrize(
    ('words', 'options'),
    [
        ('pod create', ('--region-name', '--availability-zone')),
        (
            'pod set',
            ('--service-user', '--service-project', '--tunnel-networks'),
        ),
        ('drift repair', ('--id', '--dry-run', 'Example:')),
        ('replica list', ('network, port', '--long')),
        ('gather', ('--output', '--region', '--resource', '--since')),
    ],
)
def test_the_openstack_command_knows_the_commands(
    words: str, options: tuple[str, ...]
) -> None:
    outcome = subprocess.run(
        [
            sys.executable,
            '-m',
            'openstackclient.shell',
            'multiregion',
            'networking',
            *words.split(),
            '--help',
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.returncode == 0, outcome.stderr
    for one in options:
        assert one in outcome.stdout


def test_a_region_leaves_and_the_command_waits_for_it(app: Any) -> None:
    name = f'Region-{uuid.uuid4().hex[:8]}'
    create(app, name, 'az9')
    columns, values = run(app, departure.ShowDeparture, name)
    assert dict(zip(columns, values, strict=True))['state'] == 'active'

    run(app, commands.DeletePod, '--drain', '--wait', '--timeout', '20', name)

    with pytest.raises(exceptions.CommandError, match='no pod'):
        run(app, commands.ShowPod, name)


def test_a_lost_region_is_shown_so_until_it_is_deleted(app: Any) -> None:
    name = f'Region-{uuid.uuid4().hex[:8]}'
    create(app, name, 'az9')

    columns, values = run(app, commands.SetPod, '--lost', name)

    assert dict(zip(columns, values, strict=True))['state'] == 'lost'
    with pytest.raises(exceptions.CommandError, match='join as a new one'):
        run(app, departure.StopDeparture, name)
    run(app, commands.DeletePod, name)


@pytest.mark.parametrize(
    'options', [['--force'], ['--wait'], ['--lost', '--force']]
)
def test_options_that_do_not_go_together_are_refused(
    app: Any, options: list[str]
) -> None:
    with pytest.raises(exceptions.CommandError, match='goes with'):
        run(app, commands.DeletePod, *options, 'RegionOne')
