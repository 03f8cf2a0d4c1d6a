# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a pod is for, through the Admin API and the commands."""

from typing import Any

import pytest

from tests.unit.api.conftest import Api
from tests.unit.api.conftest import READER
from tests.unit.api.test_commands import app as _app
from tests.unit.api.test_commands import shown
from tricircle.cli.v1 import pod as commands

app = _app


def put(api: Api, affinity: Any) -> Any:
    path = f'/pods/{api.pods["RegionOne"]}'
    return api.ask('PUT', path, {'pod': {'resource_affinity': affinity}})


@pytest.mark.parametrize('affinity', ['resource=CAD Modeling', 'a:b=', ''])
def test_it_is_a_key_and_a_value_or_none(api: Api, affinity: str) -> None:
    answer = put(api, affinity)

    assert answer.status_int == 200
    assert answer.json_body['pod']['resource_affinity'] == affinity


@pytest.mark.parametrize('affinity', ['CAD', '=CAD', 'a=b\n', 'a=' * 128, 7])
def test_anything_else_is_refused(api: Api, affinity: Any) -> None:
    path = f'/pods/{api.pods["RegionOne"]}'
    body = {'pod': {'resource_affinity': affinity}}

    assert 'resource_affinity' in api.refused(400, 'PUT', path, body)


def test_readers_see_it(api: Api) -> None:
    put(api, 'resource=CAD')

    pod = api.get(f'/pods/{api.pods["RegionOne"]}', roles=READER)['pod']

    assert pod['resource_affinity'] == 'resource=CAD'


def test_a_command_sets_it(api: Api, app: Any) -> None:
    options = ('RegionOne', '--resource-affinity', 'resource=CAD')

    assert (
        shown(app, commands.SetPod, *options)['resource_affinity']
        == 'resource=CAD'
    )
