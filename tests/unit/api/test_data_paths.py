# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How the tunnels of a region are, as operators are told."""

from typing import Any

import pytest
import sqlalchemy as sa

from tests.unit.api.conftest import Api
from tests.unit.api.conftest import READER
from tests.unit.api.test_commands import app as _app
from tests.unit.api.test_commands import run
from tests.unit.api.test_statuses import status
from tests.unit.api.test_statuses import UNKNOWN
from tests.unit.api.test_topology import region
from tricircle.cli.v1 import status as commands
from tricircle.db import clock
from tricircle.db import session as sessions
from tricircle.db.central.pod import data_paths
from tricircle.db.central.pod import pods
from tricircle.replica.data_path import Summary

app = _app
WELL = Summary(hosts=4, up=12)
ILL = Summary(hosts=4, mute=1, up=9, down=1, silent=2)


def note(found: Summary | str, seconds_ago: float = 0.0) -> None:
    with sessions.writer() as session:
        data_paths.note(session, 'RegionOne', found)
        session.execute(
            sa.update(data_paths.PATHS).values(
                found_at=clock.Now(-seconds_ago)
            )
        )


def told(api: Api) -> dict[str, Any]:
    return dict(status(api)['data_path'])


def shown(app: Any) -> str:
    """Return what the command says."""
    columns, (row, *_others) = run(app, commands.ListStatuses)
    return str(dict(zip(columns, row, strict=True))['Data Path'])


def test_a_region_whose_tunnels_are_well(api: Api, app: Any) -> None:
    note(WELL)

    found = told(api)

    assert (found['state'], found['tunnels'], found['hosts']) == ('ok', 12, 4)
    assert found['observed_at'] and found['since']
    assert shown(app) == 'ok'


def test_a_region_with_tunnels_that_are_not(api: Api, app: Any) -> None:
    note(ILL)

    found = told(api)

    assert (found['state'], found['tunnels']) == ('down', 12)
    assert (found['down'], found['silent'], found['mute']) == (1, 2, 1)
    assert shown(app) == '3 of 12 tunnels down'


@pytest.mark.parametrize('before', [WELL, ILL])
def test_what_was_found_long_ago_is_not_known(
    api: Api, app: Any, before: Summary
) -> None:
    note(before, seconds_ago=200.0)

    found = told(api)

    assert found['state'] == 'unknown'
    assert found['tunnels'] is None
    assert found['since'] == found['observed_at'] is not None
    assert shown(app) == f'unknown since {found["since"]}'


def test_a_region_that_nobody_ever_asked(api: Api, app: Any) -> None:
    assert told(api) == UNKNOWN
    assert shown(app) == 'unknown'


def test_a_region_that_does_not_say_has_the_reason(api: Api, app: Any) -> None:
    note('403 Forbidden: no')

    assert told(api)['failure'] == '403 Forbidden: no'
    assert shown(app).endswith(': 403 Forbidden: no')


@pytest.mark.parametrize(
    ('found', 'said'),
    [
        (Summary(hosts=1), 'none'),
        (
            Summary(hosts=3, mute=1, up=2, unasked=4),
            'unproven: 4 of 6 tunnels not asked yet, 1 of 3 hosts silent',
        ),
    ],
)
def test_what_is_neither_well_nor_ill_is_said_in_words(
    api: Api, app: Any, found: Summary, said: str
) -> None:
    note(found)

    assert shown(app) == said


def test_an_administrator_api_of_a_release_before_says_nothing() -> None:
    assert commands._data_path(None) == 'unknown'


def test_the_topology_has_it_too(api: Api) -> None:
    note(ILL)

    assert region(api)['data_path'] == told(api)


def test_a_project_is_told_the_state_and_nothing_of_the_hosts(
    api: Api,
) -> None:
    note(ILL)

    found = region(api, roles=READER, project='p1')['data_path']

    assert found['state'] == 'down'
    assert {
        value
        for name, value in found.items()
        if name not in ('state', 'since', 'observed_at')
    } == {None}


def test_a_region_that_is_none_any_more_is_forgotten(api: Api) -> None:
    note(WELL)
    with sessions.writer() as session:
        pods.delete(session, api.pods['RegionOne'])

    with sessions.reader() as session:
        assert session.execute(sa.select(data_paths.PATHS)).all() == []
