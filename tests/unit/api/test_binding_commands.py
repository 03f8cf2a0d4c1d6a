# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Commands of bindings, against the Admin API in this process."""

from typing import Any

from osc_lib import exceptions
import pytest

from tests.unit.api.conftest import Api
from tests.unit.api.test_commands import app as _app
from tests.unit.api.test_commands import run
from tests.unit.api.test_commands import shown
from tricircle.cli.v1 import binding as commands
from tricircle.db import session as sessions
from tricircle.db.central import pods

app = _app
PLACE = ('--project-id', 'p1', '--pod', 'RegionOne')


def test_a_binding_from_its_creation_to_its_end(api: Api, app: Any) -> None:
    made = shown(app, commands.CreateBinding, *PLACE)
    binding_id = str(made['id'])

    assert made['pod_id'] == api.pods['RegionOne']
    assert shown(app, commands.ShowBinding, binding_id) == made
    run(app, commands.DeleteBinding, binding_id)
    assert run(app, commands.ListBindings)[1] == []


def test_bindings_are_listed_by_what_they_bind(api: Api, app: Any) -> None:
    made = shown(app, commands.CreateBinding, *PLACE)
    row = (made['id'], 'p1', 'RegionOne', 'az1', True, '')

    for options in (
        (),
        PLACE,
        ('--availability-zone', 'az1'),
        ('--standing', '--limit', '1'),
    ):
        columns, rows = run(app, commands.ListBindings, *options)
        assert (columns[2], rows) == ('Region Name', [row])
    for options in (('--ended',), ('--pod', api.pods['RegionTwo'])):
        assert run(app, commands.ListBindings, *options)[1] == []


def test_a_project_is_bound_to_another_pod(api: Api, app: Any) -> None:
    with sessions.writer() as session:
        pods.create(session, 'RegionThree', 'az1')
    old = shown(app, commands.CreateBinding, *PLACE)

    new = shown(
        app, commands.SetBinding, '--pod', 'RegionThree', str(old['id'])
    )

    assert new['region_name'] == 'RegionThree'
    assert run(app, commands.ListBindings, '--ended')[1][0][0] == old['id']


def test_the_apis_reason_is_shown(app: Any) -> None:
    with pytest.raises(exceptions.CommandError, match='could not be found'):
        run(app, commands.ShowBinding, '9')


def test_what_is_deleted_goes_on_when_one_fails(api: Api, app: Any) -> None:
    made = shown(app, commands.CreateBinding, *PLACE)

    with pytest.raises(
        exceptions.CommandError, match='1 of 2 bindings were not deleted'
    ):
        run(app, commands.DeleteBinding, '99', str(made['id']))

    assert run(app, commands.ListBindings)[1] == []
