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

import argparse
import io
import subprocess
import sys
import types
from typing import Any
import uuid

from keystoneauth1 import session as ksa_session
from osc_lib import exceptions
import pytest

from tests.functional import cloud as clouds
from tricircle.cli import client
from tricircle.cli.v1 import pod as commands
from tricircle.client import auth


@pytest.fixture
def app(cloud: clouds.Cloud) -> Any:
    """What the ``openstack`` command gives to its commands."""
    assert cloud.admin_api is not None
    session = ksa_session.Session(
        auth=auth.HeaderAuth(
            {'X-User-Id': 'u', 'X-Project-Id': 'p', 'X-Roles': 'admin'}
        )
    )
    return types.SimpleNamespace(
        stderr=io.StringIO(),
        client_manager=types.SimpleNamespace(
            multiregion_networking=client.AdminClient(
                session, 'CentralRegion', url=cloud.admin_api.url
            )
        ),
    )


def run(app: Any, command: Any, *arguments: str) -> Any:
    """Run a command as the shell does."""
    made = command(app, argparse.Namespace())
    return made.take_action(made.get_parser('test').parse_args(arguments))


def test_a_pod_from_its_creation_to_its_end(app: Any) -> None:
    name = f'Region-{uuid.uuid4().hex[:8]}'

    columns, values = run(
        app,
        commands.CreatePod,
        '--region-name',
        name,
        '--availability-zone',
        'az7',
    )
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

    run(
        app,
        commands.CreatePod,
        *('--region-name', name, '--availability-zone', 'az8'),
    )
    columns, values = run(app, commands.SetPod, name, *words)
    pod = dict(zip(columns, values, strict=True))
    run(app, commands.DeletePod, name)

    assert wanted.items() <= pod.items()


def test_deleting_several_goes_on_and_says_which_failed(app: Any) -> None:
    name = f'Region-{uuid.uuid4().hex[:8]}'
    run(
        app,
        commands.CreatePod,
        '--region-name',
        name,
        '--availability-zone',
        'az7',
    )

    with pytest.raises(exceptions.CommandError, match='1 of 2'):
        run(app, commands.DeletePod, 'nobody', name)

    assert 'nobody' in app.stderr.getvalue()
    assert run(app, commands.ListPods, '--region-name', name)[1] == []


def test_the_apis_reason_is_shown(app: Any) -> None:
    with pytest.raises(exceptions.CommandError, match='already'):
        run(
            app,
            commands.CreatePod,
            '--region-name',
            'RegionOne',
            '--availability-zone',
            'az1',
        )


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
        ('replica list', ('network, port', '--long')),
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
