# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How far each region is, through the Admin API and its command."""

import datetime
import types as python_types
from typing import Any
import uuid

from osc_lib import exceptions
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from tests.unit.api.conftest import Api
from tests.unit.api.conftest import MEMBER
from tests.unit.api.conftest import READER
from tests.unit.api.test_commands import app as _app
from tests.unit.api.test_commands import printed
from tests.unit.api.test_commands import run
from tests.unit.api.test_jobs import claim
from tests.unit.api.test_jobs import fail
from tests.unit.api.test_jobs import NETWORK
from tests.unit.api.test_jobs import OTHER
from tests.unit.api.test_jobs import record
from tricircle.cli import waiting
from tricircle.cli.v1 import status as commands
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.db.central.pod import contacts
from tricircle.journal import claims
from tricircle.journal import job_ends
from tricircle.journal import sweep
from tricircle.journal.job import Job
from tricircle.replica import types

app = _app
JOURNAL = central_models.JournalEntry


#: What is shown of a data path of which nothing is known.
UNKNOWN = {
    'state': 'unknown',
    **dict.fromkeys(
        (
            'since',
            'observed_at',
            'hosts',
            'mute',
            'tunnels',
            'down',
            'silent',
            'unasked',
            'failure',
        )
    ),
}


def status(api: Api, region: str = 'RegionOne') -> dict[str, Any]:
    (found,) = api.get(f'/statuses?region_name={region}')['statuses']
    return dict(found)


def numbers(api: Api, region: str = 'RegionOne') -> dict[str, Any]:
    """Return what of a region's status is not as in an empty one."""
    names = ('in_sync', 'incomplete', 'pending', 'failing', 'ended')
    found = status(api, region)
    return {one: found[one] for one in names if found[one]}


def confirm(omitted: tuple[str, ...] = (), digest: str | None = 'd') -> None:
    job_ends.finish(claim(), digest, omitted)


def change(job_id: str, **values: Any) -> None:
    with sessions.writer() as session:
        session.execute(
            sa.update(JOURNAL).where(JOURNAL.id == job_id).values(**values)
        )


def swept(region: str = 'RegionOne') -> Job:
    """Have a region's sweep planned, and held."""
    with sessions.writer() as session:
        sweep.plan(session, [region], 0.0)
    job = claims.claim_sweep(region, 'xjob', 60.0)
    assert job is not None
    return job


def test_a_region_that_is_to_have_nothing_is_in_sync(api: Api) -> None:
    assert status(api) == {
        'pod_id': api.pods['RegionOne'],
        'region_name': 'RegionOne',
        'state': 'active',
        'paused_at': None,
        'pause_reason': None,
        'answers': None,
        'answers_since': None,
        'contact_failure': None,
        'data_path': UNKNOWN,
        'version': None,
        'document_schema': None,
        'release_at': None,
        'release_failure': None,
        'lacking_extensions': None,
        'replicas': 0,
        'in_sync': 0,
        'percent': 100,
        'incomplete': 0,
        'pending': 0,
        'failing': 0,
        'ended': 0,
        'paused': 0,
        'paused_since': None,
        'age': None,
        'oldest_failure': None,
        'swept_at': None,
        'sweep_failure': None,
    }


def test_what_a_region_has_not_confirmed_is_pending(api: Api) -> None:
    record()
    assert numbers(api) == {'pending': 1}
    assert status(api)['percent'] == 0
    assert numbers(api, 'RegionTwo') == {}

    confirm()

    assert numbers(api) == {'in_sync': 1}
    assert status(api)['percent'] == 100


def test_what_has_a_change_to_come_is_not_in_sync(api: Api) -> None:
    record()
    confirm()
    record()

    assert numbers(api) == {'pending': 1}


def test_what_was_removed_counts_no_more(api: Api) -> None:
    record()
    confirm(digest=None)

    assert status(api)['replicas'] == 0


def test_what_lacks_something_is_counted_apart(api: Api) -> None:
    record()
    confirm(('network.dns_domain',))

    assert numbers(api) == {'in_sync': 1, 'incomplete': 1}


def test_the_percentage_never_says_more_than_is(api: Api) -> None:
    for number in range(3):
        record(str(uuid.UUID(int=10 + number)))
        if number:
            confirm()
            continue
        fail()

    assert status(api)['percent'] == 66.6


def test_of_failures_the_one_wanted_for_longest_is_named(api: Api) -> None:
    younger, older = record(NETWORK), record(OTHER)
    for _ in range(2):
        for job in claims.claim('RegionOne', 'xjob', 10, 60.0):
            job_ends.fail(job, 'it is full', 0.0)
    change(older, wanted_at=datetime.datetime(2020, 1, 1))
    change(younger, attempts=50)

    found = status(api)

    assert numbers(api) == {'pending': 2, 'failing': 2}
    assert found['oldest_failure'] == {
        'type': types.NETWORK,
        'id': OTHER,
        'reason': 'it is full',
        'attempts': 2,
    }
    assert found['age'] > 3600


def test_what_is_new_has_an_age_too(api: Api) -> None:
    change(record(), wanted_at=datetime.datetime(2020, 1, 1))

    found = status(api)

    assert found['age'] > 3600
    assert found['oldest_failure'] is None


def test_what_an_operator_ended_is_not_in_sync(api: Api) -> None:
    assert api.ask('DELETE', f'/jobs/{record()}').status_int == 200

    assert numbers(api) == {'ended': 1}
    assert status(api)['percent'] == 0
    assert status(api)['age'] is not None


def test_what_central_does_itself_is_no_region_s(api: Api) -> None:
    record(kind=types.ROUTER_PLAN, region='CentralRegion')
    record(kind=types.ADOPTION)

    assert numbers(api) == {}


def test_when_a_region_was_compared_last_is_told(api: Api) -> None:
    job = swept()
    assert status(api)['swept_at'] is None

    with sessions.writer() as session:
        sweep.put_off(session, job.id, job.owner, 600.0)

    assert status(api)['swept_at'] is not None
    assert numbers(api) == {}
    assert status(api)['age'] is None


def test_why_it_could_not_be_compared_is_told(api: Api) -> None:
    job_ends.fail(swept(), 'it does not answer', 0.0)

    assert status(api)['sweep_failure'] == 'it does not answer'


def contact(answers: bool, reason: str | None = None) -> None:
    with sessions.writer() as session:
        contacts.note(session, 'RegionOne', answers, reason)


def change_contact(**values: Any) -> None:
    """Change what XJob is noted to have found."""
    with sessions.writer() as session:
        session.execute(sa.update(contacts.CONTACTS).values(**values))


def test_a_region_that_answers_or_not_is_shown_so_since_then(
    api: Api,
) -> None:
    contact(True)
    change_contact(since=datetime.datetime(2020, 1, 1))
    contact(True)
    assert status(api)['answers'] is True
    assert status(api)['answers_since'] == '2020-01-01 00:00:00'

    contact(False, 'no route')

    found = status(api)
    assert (found['answers'], found['contact_failure']) == (False, 'no route')
    assert found['answers_since'] > '2026'
    assert status(api, 'RegionTwo')['answers'] is None

    contact(True)

    assert status(api)['contact_failure'] is None


def test_what_nobody_has_looked_at_lately_is_not_known(api: Api) -> None:
    contact(False, 'no route')
    change_contact(found_at=datetime.datetime(2020, 1, 1))

    found = status(api)

    assert found['answers'] is None
    assert found['contact_failure'] is None


def test_a_pod_made_anew_has_not_been_asked_yet(api: Api) -> None:
    contact(True)
    path = f'/pods/{api.pods["RegionOne"]}'
    assert api.ask('DELETE', path).status_int == 200
    body = {'pod': {'region_name': 'RegionOne', 'az_name': 'az1'}}
    assert api.ask('POST', '/pods', body).status_int == 200

    assert status(api)['answers'] is None


def test_regions_are_listed_by_page_and_state(api: Api) -> None:
    with sessions.writer() as session:
        session.execute(
            sa.update(central_models.Pod)
            .where(central_models.Pod.region_name == 'RegionTwo')
            .values(state='draining')
        )

    def names(query: str) -> list[str]:
        found = api.get(f'/statuses{query}')['statuses']
        return [one['region_name'] for one in found]

    # Not central's own.
    assert names('') == ['RegionOne', 'RegionTwo']
    assert names('?limit=1') == ['RegionOne']
    assert names('?marker=RegionOne') == ['RegionTwo']
    assert names('?state=draining') == ['RegionTwo']
    assert names('?region_name=RegionNine') == []
    assert api.refused(400, 'GET', '/statuses?state=x')
    assert api.refused(400, 'GET', '/statuses?age=1')


def test_a_page_of_regions_says_where_the_next_is(api: Api) -> None:
    (link,) = api.get('/statuses?limit=1')['statuses_links']

    assert link == {
        'rel': 'next',
        'href': '/v1.0/statuses?limit=1&marker=RegionOne',
    }


def test_the_number_of_statements_is_that_of_one_region(api: Api) -> None:
    sent: list[str] = []

    def note(*args: Any) -> None:
        sent.append(args[2])

    record()
    record(region='RegionTwo')
    event.listen(sa.Engine, 'before_cursor_execute', note)
    try:
        api.get('/statuses?limit=1')
        of_one = len(sent)
        sent.clear()
        api.get('/statuses')
    finally:
        event.remove(sa.Engine, 'before_cursor_execute', note)

    assert len(sent) == of_one


@pytest.mark.parametrize('roles', [READER, MEMBER])
def test_only_administrators_see_it(api: Api, roles: str) -> None:
    assert api.refused(403, 'GET', '/statuses', roles=roles)


def test_the_command_shows_each_region_and_why(api: Api, app: Any) -> None:
    record()
    fail()

    columns, rows = run(app, commands.ListStatuses)

    assert columns[:7] == (
        'Region',
        'State',
        'Answers',
        'In Sync',
        'Percent',
        'Pending',
        'Failing',
    )
    assert [row[:7] for row in rows] == [
        ('RegionOne', 'active', 'unknown', 0, 0, 1, 1),
        ('RegionTwo', 'active', 'unknown', 0, 100, 0, 0),
    ]
    assert rows[0][-1] == f'network {NETWORK}: it is full'


def test_a_long_one_says_what_is_incomplete(api: Api, app: Any) -> None:
    record()
    confirm(('network.dns_domain',))

    columns, rows = run(
        app, commands.ListStatuses, '--long', '--region', 'RegionOne'
    )

    (row,) = rows
    found = dict(zip(columns, row, strict=True))
    assert (found['Replicas'], found['Incomplete'], found['Ended']) == (
        1,
        1,
        0,
    )


def test_the_command_prints_json(
    app: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    (row,) = printed(app, capsys, commands.ListStatuses, '--region=RegionTwo')

    assert (row['Region'], row['Compared']) == ('RegionTwo', 'never')


def test_a_region_that_is_none_is_an_error(app: Any) -> None:
    with pytest.raises(exceptions.CommandError, match='RegionNine'):
        run(app, commands.ListStatuses, '--region', 'RegionNine')


def test_who_waits_is_told_what_for_until_it_is_there(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    record()
    fail(delay=0.0)
    slept = python_types.SimpleNamespace(sleep=lambda seconds: confirm())
    monkeypatch.setattr(waiting, 'time', slept)

    _columns, rows = run(app, commands.ListStatuses, '--wait')

    assert rows[0][3] == 1
    assert app.stderr.getvalue() == (
        'RegionOne: 1 pending, 1 of them fail '
        f'(network {NETWORK}: it is full)\n'
    )


def test_who_waits_waits_for_a_region_that_does_not_answer(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact(False, 'no route')
    slept = python_types.SimpleNamespace(sleep=lambda seconds: contact(True))
    monkeypatch.setattr(waiting, 'time', slept)

    _columns, rows = run(app, commands.ListStatuses, '--wait')

    assert rows[0][2] == 'yes'
    assert 'no route' in app.stderr.getvalue()


def test_who_waits_long_enough_gives_up(app: Any) -> None:
    record()

    with pytest.raises(
        exceptions.CommandError, match=r'1 pending.* after 0 s'
    ):
        run(app, commands.ListStatuses, '--wait', '--timeout', '0')


def test_nothing_is_waited_for_of_a_region_that_is_lost(app: Any) -> None:
    record()
    with sessions.writer() as session:
        session.execute(
            sa.update(central_models.Pod)
            .where(central_models.Pod.region_name == 'RegionOne')
            .values(state='lost')
        )

    _columns, rows = run(app, commands.ListStatuses, '--wait')

    assert rows[0][1] == 'lost'


def test_a_timeout_without_a_wait_is_refused(app: Any) -> None:
    with pytest.raises(exceptions.CommandError, match='--wait'):
        run(app, commands.ListStatuses, '--timeout', '3')
