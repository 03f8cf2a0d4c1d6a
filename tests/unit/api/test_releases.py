# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What runs, through the Admin API and the command."""

import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from tests.unit.api.conftest import Api
from tests.unit.api.conftest import MEMBER
from tests.unit.api.conftest import READER
from tests.unit.api.test_commands import app as _app
from tests.unit.api.test_commands import printed
from tests.unit.api.test_commands import run
from tests.unit.api.test_statuses import status
import tricircle
from tricircle.cli import client
from tricircle.cli.v1 import status as commands
from tricircle.db import session as sessions
from tricircle.db.central.pod import releases as noted
from tricircle.replica import releases

app = _app


def region_says(version: str, *extensions: str) -> None:
    with sessions.writer() as session:
        noted.note_region(
            session, 'RegionOne', releases.own(version, extensions)
        )


def central_says(version: str, *extensions: str, host: str = 'host1') -> None:
    with sessions.writer() as session:
        noted.note_own(
            session,
            noted.CENTRAL,
            host,
            releases.own(version, extensions),
        )


def of_region(api: Api) -> tuple[Any, ...]:
    """Return version, format of documents, and what RegionOne lacks."""
    found = status(api)
    return tuple(
        found[one]
        for one in ('version', 'document_schema', 'lacking_extensions')
    )


def long_ago() -> None:
    """Have all that is noted be noted years ago."""
    with sessions.writer() as session:
        session.execute(
            sa.update(noted.NOTED).values(
                noted_at=datetime.datetime(2020, 1, 1)
            )
        )


def row(app: Any, *arguments: str) -> dict[str, Any]:
    columns, (found,) = run(
        app, commands.ListStatuses, '--region', 'RegionOne', *arguments
    )
    return dict(zip(columns, found, strict=True))


def test_what_a_region_runs_and_lacks_is_told(api: Api) -> None:
    central_says('9.0.0', 'qos', 'trunk', 'tricircle-replicas')
    region_says('9.1.0', 'qos', 'own')

    assert of_region(api) == ('9.1.0', 1, ['trunk'])
    assert status(api)['release_at'] > '2026'
    assert status(api, 'RegionTwo')['version'] is None


def test_of_two_centrals_a_tenant_may_meet_either(api: Api) -> None:
    central_says('9.0.0', 'qos')
    central_says('10.0.0', 'qos', 'trunk', host='host2')
    region_says('9.0.0')

    assert of_region(api)[2] == ['qos', 'trunk']


def test_what_a_region_lacks_is_not_known_where_one_side_is_not(
    api: Api,
) -> None:
    region_says('9.1.0', 'qos')
    assert of_region(api) == ('9.1.0', 1, None)

    central_says('9.1.0', 'qos', 'trunk')
    long_ago()

    # What it ran is of use however old; central is one that may be asked.
    assert of_region(api) == ('9.1.0', 1, None)


def test_why_a_region_does_not_say_is_told(api: Api) -> None:
    region_says('9.1.0', 'qos')
    with sessions.writer() as session:
        noted.note_silence(session, 'RegionOne', 'it is too old' + 'x' * 5000)

    assert of_region(api) == (None, None, None)
    assert status(api)['release_failure'].startswith('it is too old')
    assert len(status(api)['release_failure']) == 1000

    region_says('9.1.0', 'qos')
    assert status(api)['release_failure'] is None


def test_of_a_pod_made_anew_nothing_is_known(api: Api) -> None:
    region_says('9.1.0', 'qos')
    path = f'/pods/{api.pods["RegionOne"]}'
    assert api.ask('DELETE', path).status_int == 200
    body = {'pod': {'region_name': 'RegionOne', 'az_name': 'az1'}}
    assert api.ask('POST', '/pods', body).status_int == 200

    assert of_region(api) == (None, None, None)


def test_central_s_programs_are_listed_by_host(api: Api) -> None:
    central_says('9.0.0', host='host2')
    central_says('9.1.0')
    region_says('8.0.0')

    found = api.get('/releases')

    assert [(one['program'], one['version']) for one in found['releases']] == [
        ('api', tricircle.__version__),
        ('central', '9.1.0'),
        ('central', '9.0.0'),
    ]
    assert {one['tables'] for one in found['releases']} == {noted.own_tables()}
    # The tables of this test are made without migrations.
    assert found['tables'] is None


def test_who_has_not_said_so_for_a_while_runs_no_more(api: Api) -> None:
    central_says('9.0.0')
    long_ago()

    assert [one['program'] for one in api.get('/releases')['releases']] == [
        'api'
    ]


@pytest.mark.parametrize('roles', [READER, MEMBER])
def test_only_administrators_see_it(api: Api, roles: str) -> None:
    assert api.refused(403, 'GET', '/releases', roles=roles)


def test_the_command_says_it_when_asked_to(api: Api, app: Any) -> None:
    central_says('9.0.0', 'qos', 'trunk')
    region_says('9.1.0')

    assert 'Version' not in row(app)
    for arguments in (('--long',), ('-c', 'Version'), ('-c', 'lacks')):
        found = row(app, *arguments)
        assert (found['Version'], found['Documents']) == ('9.1.0', 1)
        assert found['Lacks'].human_readable() == 'qos, trunk'


def test_what_is_not_known_is_unknown(app: Any) -> None:
    found = row(app, '--long')

    assert {found[one] for one in ('Version', 'Documents', 'Lacks')} == {
        'unknown'
    }


def test_json_has_all_of_it(
    api: Api, app: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    central_says('9.0.0', 'qos')
    region_says('9.1.0')

    (found,) = printed(
        app, capsys, commands.ListStatuses, '--region=RegionOne'
    )

    assert (found['Version'], found['Lacks']) == ('9.1.0', ['qos'])
    assert found['Replicas'] == 0


def test_an_admin_api_of_a_release_before_is_no_error(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = client.AdminClient.statuses

    def statuses(self: Any, **query: Any) -> list[dict[str, Any]]:
        return [
            {
                name: value
                for name, value in one.items()
                if name
                not in (
                    'version',
                    'document_schema',
                    'release_at',
                    'release_failure',
                    'lacking_extensions',
                )
            }
            for one in old(self, **query)
        ]

    monkeypatch.setattr(client.AdminClient, 'statuses', statuses)

    assert row(app, '--long')['Version'] == 'unknown'
