# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Quotas of the whole cloud, on a real database, by many at once."""

from collections.abc import Callable, Iterator
from concurrent import futures
import datetime
from typing import Any
import uuid

from oslo_db.sqlalchemy import enginefacade
import pytest

from tests.functional import cloud as clouds
from tricircle.db import clock
from tricircle.db import session as sessions
from tricircle.db.central.gateway import quotas as db_quotas
from tricircle.gateway.quotas import keeping
from tricircle.gateway.quotas import usages
from tricircle.gateway.quotas import wishes

MANY = range(16)
REGION = 'RegionOne'


@pytest.fixture
def database(
    cloud: clouds.Cloud, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    manager = enginefacade.transaction_context()
    manager.configure(connection=cloud.central.database.url, max_pool_size=20)
    monkeypatch.setattr(sessions, '_manager', manager)
    yield
    manager.dispose_pool()


@pytest.fixture
def project() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def quota() -> keeping.Quota:
    nothing: Any = None
    return keeping.Quota(nothing)


def wish(project: str) -> wishes.Wish:
    return wishes.Wish(project, {'servers': 1})


def seen(limit: int, used: int = 0) -> keeping.Seen:
    """Return what somebody sees now in one region."""
    with sessions.reader() as session:
        now = clock.now(session)
    said = {REGION: db_quotas.Said({'servers': used}, now)}
    usage = usages.Usage({'servers': used}, frozenset(), said, {REGION: now})
    return keeping.Seen({'servers': limit}, usage)


def at_once(act: Callable[[int], Any]) -> list[Any]:
    with futures.ThreadPoolExecutor(len(MANY)) as pool:
        return list(pool.map(act, MANY))


def test_of_many_as_many_get_a_place_as_there_are(
    database: None, project: str, quota: keeping.Quota
) -> None:
    there = seen(limit=5)
    found = at_once(lambda number: quota.reserve(wish(project), there))
    taken = [one for one in found if isinstance(one, keeping.Taken)]
    assert len(taken) == 5


def test_projects_do_not_keep_each_other_waiting_or_out(
    database: None, quota: keeping.Quota
) -> None:
    there = seen(limit=1)
    found = at_once(
        lambda number: quota.reserve(wish(uuid.uuid4().hex), there)
    )
    assert all(isinstance(one, keeping.Taken) for one in found)


def test_what_is_settled_counts_for_who_saw_its_region_before(
    database: None, project: str, quota: keeping.Quota
) -> None:
    before = seen(limit=1)
    one = quota.reserve(wish(project), before)
    assert isinstance(one, keeping.Taken)
    quota.answered(one, 'a-server', REGION)
    with sessions.writer() as session:
        db_quotas.settle(session, [one.id])
    assert not isinstance(quota.reserve(wish(project), before), keeping.Taken)
    assert isinstance(
        quota.reserve(wish(project), seen(limit=1)), keeping.Taken
    )


def test_what_was_said_later_is_what_is_remembered(
    database: None, project: str, quota: keeping.Quota
) -> None:
    earlier, later = seen(limit=9, used=1), seen(limit=9, used=2)
    for one in (later, earlier):
        quota.reserve(wish(project), one)
    with sessions.reader() as session:
        last = db_quotas.last_known(session, project)
    assert last == later.usage.said


def test_what_a_gateway_left_behind_goes_with_its_deadline(
    database: None, project: str
) -> None:
    nothing: Any = None
    dead, alive = keeping.Quota(nothing, -1.0), keeping.Quota(nothing)
    dead.reserve(wish(project), seen(limit=1))
    assert isinstance(
        alive.reserve(wish(project), seen(limit=1)), keeping.Taken
    )
    with sessions.reader() as session:
        rows = db_quotas.reserved(
            session, project, {REGION: datetime.datetime.max}
        )
    assert len(rows) == 1
