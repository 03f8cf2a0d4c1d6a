# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Commands of jobs and routings, against the Admin API in this process."""

import argparse
from importlib import metadata
import io
import json
import types as python_types
from typing import Any
from urllib import parse
import uuid

from keystoneauth1 import session as ksa_session
from osc_lib import exceptions
import pytest
import requests
from requests import adapters
import sqlalchemy as sa

from tests.unit.api.conftest import Api
from tests.unit.api.test_jobs import claim
from tests.unit.api.test_jobs import fail
from tests.unit.api.test_jobs import NETWORK
from tests.unit.api.test_jobs import OTHER
from tests.unit.api.test_jobs import place
from tests.unit.api.test_jobs import record
from tests.unit.api.test_jobs import show
from tricircle.cli import client
from tricircle.cli import waiting
from tricircle.cli.v1 import job as jobs
from tricircle.cli.v1 import network
from tricircle.cli.v1 import routing as routings
from tricircle.client import auth
from tricircle.db import session as sessions
from tricircle.db.central.models.adoptions import Adoption


class _Wire(adapters.BaseAdapter):
    """Takes requests to the API in this process."""

    def __init__(self, api: Api) -> None:
        super().__init__()
        self.api = api

    def send(self, request: Any, **_options: Any) -> requests.Response:
        url = parse.urlsplit(request.url)
        path = url.path.removeprefix('/v1.0')
        answer = self.api.ask(
            request.method,
            f'{path}?{url.query}',
            json.loads(request.body) if request.body else None,
        )
        made = requests.Response()
        made.status_code = answer.status_int
        made.headers.update(answer.headers)
        made.raw = io.BytesIO(answer.body)
        made.request = request
        made.url = request.url
        return made

    def close(self) -> None:
        pass


@pytest.fixture
def app(api: Api) -> Any:
    """What the ``openstack`` command gives to its commands."""
    wire = requests.Session()
    wire.mount('http://', _Wire(api))
    session = ksa_session.Session(auth=auth.HeaderAuth({}), session=wire)
    return python_types.SimpleNamespace(
        stdout=io.StringIO(),
        stderr=io.StringIO(),
        client_manager=python_types.SimpleNamespace(
            multiregion_networking=client.AdminClient(
                session, 'CentralRegion', url='http://admin'
            )
        ),
    )


def run(app: Any, command: Any, *arguments: str) -> Any:
    """Return columns and rows, as the shell gets them."""
    made = command(app, argparse.Namespace())
    return made.take_action(made.get_parser('test').parse_args(arguments))


def shown(app: Any, command: Any, *arguments: str) -> dict[str, Any]:
    columns, values = run(app, command, *arguments)
    return dict(zip(columns, values, strict=True))


def printed(
    app: Any, capsys: pytest.CaptureFixture[str], command: Any, *options: str
) -> Any:
    """Return what a command prints as JSON; it ends with 0."""
    made = command(app, argparse.Namespace())
    arguments = made.get_parser('test').parse_args(['-f', 'json', *options])
    assert made.run(arguments) == 0
    return json.loads(app.stdout.getvalue() or capsys.readouterr().out)


def test_jobs_are_listed_as_they_always_were(app: Any) -> None:
    job_id = record()

    columns, (row,) = run(app, jobs.ListJobs)

    assert columns[:5] == ('ID', 'Project', 'Status', 'Timestamp', 'Type')
    assert row[:3] == (job_id, 'p1', 'NEW')


def test_a_long_list_says_why(app: Any) -> None:
    record()
    fail()

    columns, (row,) = run(app, jobs.ListJobs, '--long', '--status', 'FAIL')

    assert dict(zip(columns, row, strict=True))['Reason'] == 'it is full'


def test_options_choose_jobs(api: Api, app: Any) -> None:
    record()
    wanted = record(OTHER, 'RegionTwo', project='p2')
    pod_id = api.pods['RegionTwo']

    for options in (
        ('--project-id', 'p2'),
        ('--region-name', 'RegionTwo'),
        ('--pod-id', pod_id),
        ('--resource-id', OTHER),
        ('--sort-key', 'region_name', '--limit', '1'),
        ('--type', 'network', '--project-id', 'p2', '--max-age', '3600'),
    ):
        _columns, rows = run(app, jobs.ListJobs, *options)
        assert [row[0] for row in rows] == [wanted], options
    assert run(app, jobs.ListJobs, '--type', 'router')[1] == []


def test_all_pages_are_listed_unless_one_is_asked_for(
    api: Api, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        record(str(uuid.UUID(int=number)))
    api.conf.set_override('pagination_max_limit', 2)

    assert len(run(app, jobs.ListJobs)[1]) == 5
    assert len(run(app, jobs.ListJobs, '--limit', '2')[1]) == 2


def test_a_job_is_shown_with_the_parts_of_its_resource(
    app: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    job_id = record()
    fail()

    found = printed(app, capsys, jobs.ShowJob, job_id)

    assert found['network_id'] == NETWORK
    assert (found['status'], found['reason']) == ('FAIL', 'it is full')


def test_a_list_is_printed_for_programs(
    app: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    record()

    (found,) = printed(app, capsys, jobs.ListJobs)

    assert found['Resource']['network_id'] == NETWORK


@pytest.mark.parametrize(
    'options',
    [
        ('--network-id', NETWORK, '--project-id', 'p1'),
        ('--network_id', NETWORK, '--project_id', 'p1'),
    ],
)
def test_a_job_is_made(api: Api, app: Any, options: tuple[str, ...]) -> None:
    place(api)
    pod = ('--type', 'network', '--pod-id', 'RegionOne')

    made = shown(app, jobs.CreateJob, *pod, *options)

    assert made['network_id'] == NETWORK
    assert claim().id == made['id']


def test_jobs_are_ended_and_done_again(api: Api, app: Any) -> None:
    one, two = record(), record(OTHER)

    run(app, jobs.DeleteJob, one, two)
    assert {show(api, job)['status'] for job in (one, two)} == {'ENDED'}

    run(app, jobs.RedoJob, one, two)
    assert {show(api, job)['status'] for job in (one, two)} == {'NEW'}


@pytest.mark.parametrize('command', [jobs.DeleteJob, jobs.RedoJob])
def test_one_that_fails_keeps_no_other_back(
    api: Api, app: Any, command: Any
) -> None:
    job_id = record()
    fail()

    with pytest.raises(exceptions.CommandError, match='1 of 2 jobs'):
        run(app, command, 'no/body', job_id)

    assert 'no/body' in app.stderr.getvalue()
    assert show(api, job_id)['status'] in ('ENDED', 'NEW')


def test_the_apis_reason_is_shown(app: Any) -> None:
    with pytest.raises(exceptions.CommandError, match='HTTP 404'):
        run(app, jobs.ShowJob, OTHER)


PLACE = (
    '--top-id',
    NETWORK,
    '--pod-id',
    'RegionOne',
    '--project-id',
    'p1',
    '--resource-type',
    'network',
)


def test_a_routing_from_its_creation_to_its_end(api: Api, app: Any) -> None:
    made = shown(app, routings.CreateRouting, *PLACE)
    routing_id = str(made['id'])
    assert made['pod_id'] == api.pods['RegionOne']

    for options in ((), PLACE, ('--routing', routing_id)):
        columns, rows = run(app, routings.ListRoutings, *options)
        assert columns == ('ID', 'Pod', 'Resource Type', 'Top')
        assert rows == [
            (made['id'], api.pods['RegionOne'], 'network', NETWORK)
        ]

    changed = shown(
        app, routings.UpdateRouting, '--pod-id', 'RegionTwo', routing_id
    )
    assert changed['pod_id'] == api.pods['RegionTwo']
    assert shown(app, routings.ShowRouting, routing_id) == changed

    run(app, routings.DeleteRouting, routing_id)
    assert run(app, routings.ListRoutings)[1] == []


def test_a_type_may_have_underscores(app: Any) -> None:
    options = ('--resource-type', 'security_group', '--top-id', OTHER)

    made = shown(app, routings.CreateRouting, *PLACE, *options)

    assert made['resource_type'] == 'security-group'


def test_nothing_to_change_is_an_error(app: Any) -> None:
    with pytest.raises(exceptions.CommandError, match='Nothing to change'):
        run(app, routings.UpdateRouting, '45')


def test_routings_that_fail_are_counted(app: Any) -> None:
    with pytest.raises(exceptions.CommandError, match='2 of 2 routings'):
        run(app, routings.DeleteRouting, '45', '46')


@pytest.mark.parametrize(
    'command',
    [
        jobs.ListJobs,
        jobs.ShowJob,
        jobs.CreateJob,
        jobs.RedoJob,
        jobs.DeleteJob,
        routings.ListRoutings,
        routings.ShowRouting,
        routings.CreateRouting,
        routings.UpdateRouting,
        routings.DeleteRouting,
    ],
)
def test_the_help_has_an_example(app: Any, command: Any) -> None:
    text = command(app, argparse.Namespace()).get_parser('test').format_help()

    assert 'Example' in text
    assert 'openstack' in text


def test_the_openstack_command_knows_the_commands() -> None:
    found = {
        one.name.removeprefix('multiregion_networking_'): one.load()
        for one in metadata.entry_points(
            group='openstack.multiregion_networking.v1'
        )
    }

    for group, words in (
        ('job', 'create delete list redo show'),
        ('routing', 'create delete list show update'),
    ):
        for word in words.split():
            assert found[f'{group}_{word}'].__name__.startswith(
                word.capitalize()
            )


@pytest.mark.parametrize(
    ('ends', 'status'), [('done', 0), ('refused', 1)], ids=['done', 'refused']
)
def test_an_adoption_is_waited_for_and_its_end_told(
    app: Any, monkeypatch: pytest.MonkeyPatch, ends: str, status: int
) -> None:
    api = app.client_manager.multiregion_networking
    said = io.StringIO()

    def look(_seconds: float) -> None:
        with sessions.writer() as session:
            session.execute(
                sa.update(Adoption).values(state=ends, reason='no room')
            )

    class Command(network.AdoptNetwork):
        progress = said

        def find(self, parsed_args: argparse.Namespace) -> Any:
            return self._adopt('RegionOne', parsed_args.network)

    monkeypatch.setattr(
        waiting, 'time', python_types.SimpleNamespace(sleep=look)
    )
    made = Command(app, argparse.Namespace())
    parsed = made.get_parser('x').parse_args(['--region', 'x', NETWORK])

    assert made.run(parsed) == status
    assert api.adoption(NETWORK)['state'] == ends
    assert said.getvalue().count('\n') == 2
    assert ('no room' in app.stdout.getvalue()) is bool(status)
