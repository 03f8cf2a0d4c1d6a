# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is being placed, on a real database, by many at once."""

from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any
import uuid

from oslo_db.sqlalchemy import enginefacade
import pytest

from tests.functional import cloud as clouds
from tricircle.db import session as sessions
from tricircle.gateway import bindings
from tricircle.gateway import placing
from tricircle.gateway.lost import placings

MANY = range(16)


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


def made(project: str, mark: str = 'm') -> placings.Placing:
    return placings.Placing(
        f'req-{uuid.uuid4()}', 'server', 'RegionOne', project, mark
    )


def at_once(act: Callable[[int], Any]) -> list[Any]:
    with futures.ThreadPoolExecutor(len(MANY)) as pool:
        return list(pool.map(act, MANY))


def test_many_place_at_once_and_each_gets_its_own(
    database: None, project: str
) -> None:
    rows = placings.Placings()

    def place(number: int) -> bool:
        one = made(project)
        rows.begin(one)
        return rows.claim(one, {'id': f'{project}-{number}'})

    assert at_once(place) == [True for _ in MANY]


def test_of_many_that_find_one_server_one_has_it(
    database: None, project: str
) -> None:
    rows = placings.Placings()

    def find(number: int) -> bool:
        one = made(project)
        rows.begin(one)
        return rows.claim(one, {'id': project})

    assert sorted(at_once(find)) == [False] * (len(MANY) - 1) + [True]


def test_rows_past_their_deadline_are_cleared_by_many_at_once(
    database: None, project: str
) -> None:
    past, now = placings.Placings(kept=-1.0), placings.Placings()
    at_once(lambda number: past.begin(made(project)))

    one = made(project)
    at_once(lambda number: now.begin(made(project, f'other {number}')))

    assert now.nobodys(one, []) == []


def test_who_waits_for_the_like_is_seen(database: None, project: str) -> None:
    rows = placings.Placings()
    one, other = made(project), made(project)
    rows.begin(one)
    rows.begin(other)

    assert rows.nobodys(one, []) is None
    rows.end(other)
    assert rows.nobodys(one, []) == []


def test_of_many_first_placings_in_a_zone_one_binds(
    cloud: clouds.Cloud, database: None, project: str
) -> None:
    pods = cloud.central.database.query(
        "SELECT pod_id, region_name, az_name FROM pods WHERE az_name != ''"
    )
    (pod, *_rest) = [
        placing.Pod(row['region_name'], row['az_name'], pod_id=row['pod_id'])
        for row in pods
    ]
    there = bindings.Bindings()

    at_once(lambda number: there.place(project, pod, {}))

    assert there.standing(project) == {pod.az_name: pod.pod_id}
