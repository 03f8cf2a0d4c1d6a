# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``/metrics``: what the Admin API tells Prometheus."""

from concurrent import futures
import datetime
import math
import threading
import types as python_types
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from tests.unit.api import scraping
from tests.unit.api.conftest import Api
from tests.unit.api.test_jobs import fail
from tests.unit.api.test_jobs import NETWORK
from tests.unit.api.test_jobs import OTHER
from tests.unit.api.test_jobs import record
from tests.unit.api.test_statuses import change
from tests.unit.api.test_statuses import confirm
from tests.unit.api.test_statuses import swept
from tricircle.api.monitoring import kept
from tricircle.api.monitoring import region_metrics
from tricircle.conf import durations
from tricircle.db import clock
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.db.central.pod import contacts
from tricircle.db.central.pod import pods
from tricircle.journal import job_ends
from tricircle.journal import sweep
from tricircle.replica import types


@pytest.fixture(autouse=True)
def always_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durations, 'METRICS_KEPT', 0.0)
    monkeypatch.setattr(durations, 'METRICS_KEPT_TIMES', 0.0)


@pytest.fixture
def scraper(api: Api) -> scraping.Scraper:
    return scraping.Scraper(api)


def of_region(scraper: scraping.Scraper, name: str) -> float | None:
    return scraper.scrape().value(
        f'tricircle_region_{name}', region='RegionOne'
    )


def found(answers: bool, seconds_ago: float = 0.0) -> None:
    """Have XJob find whether RegionOne answers."""
    with sessions.writer() as session:
        contacts.note(session, 'RegionOne', answers, None)
        session.execute(
            sa.update(contacts.CONTACTS)
            .where(contacts.CONTACTS.c.region_name == 'RegionOne')
            .values(
                found_at=clock.now(session)
                - datetime.timedelta(seconds=seconds_ago)
            )
        )


def ago(seconds: float) -> datetime.datetime:
    with sessions.reader() as session:
        return clock.now(session) - datetime.timedelta(seconds=seconds)


def test_nothing_is_told_unless_an_operator_wants_it(api: Api) -> None:
    scraper = scraping.Scraper(api, enabled=False)

    assert scraper.ask('/metrics').status_int == 401


def test_a_region_that_nobody_has_looked_at_is_not_ready(
    scraper: scraping.Scraper,
) -> None:
    assert of_region(scraper, 'ready') == 0
    assert of_region(scraper, 'contact_known') == 0
    assert of_region(scraper, 'contact_age_seconds') == math.inf
    assert of_region(scraper, 'comparison_age_seconds') == math.inf


def test_a_region_that_answers_is_ready(scraper: scraping.Scraper) -> None:
    found(True)

    assert of_region(scraper, 'ready') == 1
    assert of_region(scraper, 'contact_known') == 1
    assert of_region(scraper, 'contact_age_seconds') == pytest.approx(0, abs=9)


def test_a_region_that_is_away_is_known_not_to_be_ready(
    scraper: scraping.Scraper,
) -> None:
    found(False)

    assert of_region(scraper, 'ready') == 0
    assert of_region(scraper, 'contact_known') == 1


def test_what_was_found_long_ago_is_not_known_any_more(
    scraper: scraping.Scraper,
) -> None:
    found(True, seconds_ago=100)

    assert of_region(scraper, 'ready') == 0
    assert of_region(scraper, 'contact_known') == 0
    assert of_region(scraper, 'contact_age_seconds') == pytest.approx(
        100, abs=9
    )


def test_what_a_region_has_and_lacks_is_counted(
    scraper: scraping.Scraper,
) -> None:
    record()
    confirm(omitted=('x',))
    record(OTHER)
    fail()

    told = scraper.scrape()

    numbers = {
        name: told.value(f'tricircle_region_{name}', region='RegionOne')
        for name in (
            'replicas',
            'in_sync',
            'incomplete',
            'pending',
            'failing',
            'ended',
        )
    }
    assert numbers == {
        'replicas': 2,
        'in_sync': 1,
        'incomplete': 1,
        'pending': 1,
        'failing': 1,
        'ended': 0,
    }


def test_the_oldest_change_is_told_by_its_age(
    scraper: scraping.Scraper,
) -> None:
    assert of_region(scraper, 'oldest_pending_age_seconds') == 0

    change(record(), wanted_at=ago(500))

    assert of_region(scraper, 'oldest_pending_age_seconds') == pytest.approx(
        500, abs=9
    )


def test_what_an_operator_ended_has_no_age(scraper: scraping.Scraper) -> None:
    change(record(), wanted_at=ago(500), pending=False)

    assert of_region(scraper, 'ended') == 1
    assert of_region(scraper, 'oldest_pending_age_seconds') == 0


def test_the_last_comparison_is_told_by_its_age(
    scraper: scraping.Scraper,
) -> None:
    job = swept()
    with sessions.writer() as session:
        sweep.put_off(session, job.id, job.owner, 600.0)
    change(job.id, wanted_at=ago(500))

    assert of_region(scraper, 'comparison_age_seconds') == pytest.approx(
        500, abs=9
    )
    assert of_region(scraper, 'comparison_failed') == 0


def test_a_comparison_that_failed_is_told(scraper: scraping.Scraper) -> None:
    job_ends.fail(swept(), 'no route', 60.0)

    assert of_region(scraper, 'comparison_failed') == 1


def test_how_a_region_is_served_is_told(
    api: Api, scraper: scraping.Scraper
) -> None:
    change_state = sa.update(central_models.Pod).where(
        central_models.Pod.region_name == 'RegionTwo'
    )
    with sessions.writer() as session:
        session.execute(change_state.values(state='lost'))

    told = scraper.scrape()

    info = 'tricircle_region_info'
    assert told.value(info, region='RegionOne', state='active') == 1
    assert told.value(info, region='RegionTwo', state='lost') == 1
    assert told.value(info, region='RegionTwo', state='active') is None


def test_jobs_that_wait_are_counted_by_type(scraper: scraping.Scraper) -> None:
    record()
    fail()
    record(region='CentralRegion', kind=types.ROUTER_PLAN)
    swept()

    told = scraper.scrape()

    def waiting(kind: str) -> tuple[float | None, float | None]:
        return (
            told.value('tricircle_jobs_pending', type=kind),
            told.value('tricircle_jobs_failing', type=kind),
        )

    assert waiting(types.NETWORK) == (1, 1)
    assert waiting(types.ROUTER_PLAN) == (1, 0)
    assert waiting(types.PORT) == (0, 0)
    assert waiting(types.SWEEP) == (None, None)


def test_a_database_that_cannot_be_read_is_told_and_no_region_looks_well(
    scraper: scraping.Scraper, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(True)
    assert scraper.scrape().value('tricircle_database_up') == 1

    def refuse() -> Any:
        raise OSError('gone')

    monkeypatch.setattr(sessions, 'reader', refuse)

    told = scraper.scrape()
    assert told.value('tricircle_database_up') == 0
    assert not {
        one
        for one in told.names()
        if one.startswith(('tricircle_region', 'tricircle_jobs'))
    }


def _statements(scraper: scraping.Scraper) -> int:
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_args: Any) -> None:
        if statement.startswith(('SELECT', 'WITH')):
            seen.append(statement)

    with sessions.reader() as session:
        engine = session.get_bind()
    event.listen(engine, 'before_cursor_execute', note)
    try:
        scraper.scrape()
    finally:
        event.remove(engine, 'before_cursor_execute', note)
    return len(seen)


def test_a_scrape_is_six_statements_however_many_regions_there_are(
    scraper: scraping.Scraper,
) -> None:
    assert _statements(scraper) == 6

    with sessions.writer() as session:
        for number in range(20):
            pods.create(session, f'More{number}', 'az3')

    assert _statements(scraper) == 6


def test_several_servers_that_ask_share_what_was_read(
    scraper: scraping.Scraper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durations, 'METRICS_KEPT', 1000.0)
    scraper.scrape()

    assert _statements(scraper) == 0


@pytest.mark.parametrize(
    ('answers', 'reads'),
    [(True, [1000.0, 1033.0]), (False, [1000.0, 1005.0, 1010.0])],
    ids=['answers', 'fails'],
)
def test_what_took_long_to_read_is_told_for_long_and_a_failure_is_not(
    monkeypatch: pytest.MonkeyPatch, answers: bool, reads: list[float]
) -> None:
    monkeypatch.undo()
    now = [1000.0]
    began: list[float] = []

    def read() -> region_metrics._Read:
        began.append(now[0])
        now[0] += 3.0
        if not answers:
            raise OSError('gone')
        return region_metrics._Read([], {})

    clock_of_test = python_types.SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr(kept, 'time', clock_of_test)
    monkeypatch.setattr(region_metrics, '_read', read)
    collector = region_metrics.RegionCollector()

    while now[0] < 1012.0 or (answers and now[0] < 1034.0):
        list(collector.collect())
        now[0] += 1.0

    assert began == reads


def test_how_long_it_took_to_read_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moments = iter([1000.0, 1000.0, 1003.0, 1003.0])
    clock_of_test = python_types.SimpleNamespace(
        monotonic=lambda: next(moments)
    )
    monkeypatch.setattr(kept, 'time', clock_of_test)
    monkeypatch.setattr(
        region_metrics, '_read', lambda: region_metrics._Read([], {})
    )

    told = {
        one.name: one for one in region_metrics.RegionCollector().collect()
    }

    (sample,) = told['tricircle_database_read_seconds'].samples
    assert sample.value == 3.0


def test_a_database_that_does_not_answer_takes_one_thread_and_not_all(
    scraper: scraping.Scraper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durations, 'METRICS_AWAITED', 0.1)
    reads, may_answer = threading.Event(), threading.Event()

    def read() -> region_metrics._Read:
        reads.set()
        may_answer.wait(20)
        return region_metrics._Read([], {})

    monkeypatch.setattr(region_metrics, '_read', read)
    with futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(scraper.scrape)
        assert reads.wait(20)

        told = scraper.scrape()

        assert told.value('tricircle_database_up') == 0
        assert not first.done()
        may_answer.set()


def test_requests_are_counted_by_route_and_not_by_path(
    scraper: scraping.Scraper,
) -> None:
    caller = {'X-User-Id': 'u', 'X-Project-Id': 'p', 'X-Roles': 'admin'}
    for job_id in (NETWORK, OTHER):
        scraper.ask(f'/v1.0/jobs/{job_id}', **caller)
    scraper.ask('/v1.0/pods/', **caller)
    scraper.ask('/v1.0/pods')
    scraper.ask('/robots.txt', **caller)
    scraper.ask('/v1.0/pods', method='BREW', **caller)

    told = scraper.scrape()

    name = 'tricircle_api_requests_total'
    counted = {
        (labels['method'], labels['route'], labels['status']): value
        for labels, value in (
            (dict(pairs), value)
            for (one, pairs), value in told.samples.items()
            if one == name
        )
    }
    assert counted == {
        ('GET', '/v1.0/jobs/{job_id}', '404'): 2,
        ('GET', '/v1.0/pods', '200'): 1,
        ('GET', '/v1.0/pods', '401'): 1,
        ('GET', 'other', '404'): 1,
        ('other', '/v1.0/pods', '405'): 1,
    }
    assert (
        told.value(
            'tricircle_api_request_duration_seconds_count',
            method='GET',
            route='/v1.0/pods',
        )
        == 2
    )


def test_no_id_and_no_project_is_told(scraper: scraping.Scraper) -> None:
    record(project='a-tenant')
    fail()
    scraper.ask(f'/v1.0/jobs/{NETWORK}')

    text = scraper.scrape().text

    assert NETWORK not in text
    assert 'a-tenant' not in text
    assert 'it is full' not in text


def test_metrics_are_only_read(scraper: scraping.Scraper) -> None:
    assert scraper.ask('/metrics', method='POST').status_int == 405
