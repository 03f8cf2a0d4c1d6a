# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What all regions have, when many change it at once: on a real database."""

from collections.abc import Callable, Iterator
from concurrent import futures
import threading
from typing import Any
import uuid

from oslo_db.sqlalchemy import enginefacade
import pytest
import sqlalchemy as sa

from tests.functional import cloud as clouds
from tests.functional.cloud import waiting
from tests.unit.gateway import novas
from tests.unit.gateway import stand_in
from tricircle.db import session as sessions
from tricircle.db.central import models
from tricircle.gateway import placing
from tricircle.gateway.mirroring import worker as workers

MANY = range(8)


class Regions(novas.Regions):
    """Novas in one thread each, which are the cloud's pods."""

    def __init__(self, pods: dict[str, str]) -> None:
        super().__init__(*pods)
        self._pods = pods
        for region in self.there.values():
            self._one_at_a_time(region)

    def _one_at_a_time(self, region: Any) -> None:
        lock, answer = threading.Lock(), region.answer

        def answer_alone(question: Any) -> Any:
            with lock:
                return answer(question)

        region.answer = answer_alone

    def pods(self) -> list[Any]:
        """Those of the database."""
        return [
            placing.Pod(
                one.region_name,
                one.az_name,
                away=one.away,
                pod_id=self._pods[one.region_name],
            )
            for one in super().pods()
        ]


@pytest.fixture
def there(
    cloud: clouds.Cloud, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Regions]:
    manager = enginefacade.transaction_context()
    manager.configure(connection=cloud.central.database.url, max_pool_size=40)
    monkeypatch.setattr(sessions, '_manager', manager)
    pods = cloud.central.database.query(
        "SELECT pod_id, region_name FROM pods WHERE az_name != ''"
    )
    yield Regions({one['region_name']: one['pod_id'] for one in pods})
    with sessions.writer() as session:
        for model in (models.Mirror, models.MirrorCopy):
            session.execute(sa.delete(model))
        session.execute(
            sa.delete(models.JournalEntry).where(
                models.JournalEntry.resource_type == 'flavor'
            )
        )
    manager.dispose_pool()


def at_once(act: Callable[[int], Any]) -> list[Any]:
    with futures.ThreadPoolExecutor(len(MANY)) as pool:
        return list(pool.map(act, MANY))


def settle(there: Regions) -> None:
    """Have gateways look at the journal, several at the same time."""
    with sessions.writer() as session:
        session.execute(
            sa.update(models.JournalEntry)
            .where(models.JournalEntry.resource_type == 'flavor')
            .values(next_try_at=sa.text("'2000-01-01 00:00:00'"))
        )

    def work(_number: int) -> None:
        worker = workers.Worker(novas.cloud(there), 1.0)
        worker.plan()
        for pod in there.pods():
            worker.work(pod)

    at_once(work)


def flavor(name: str) -> dict[str, Any]:
    wish = {'name': name, 'id': name, 'ram': 64, 'vcpus': 1, 'disk': 1}
    return {'flavor': wish}


def test_of_many_changes_at_once_each_is_in_all_regions(
    there: Regions,
) -> None:
    name = uuid.uuid4().hex
    cloud = novas.cloud(there)
    stand_in.Client(cloud).ask('POST', '/v2.1/flavors', flavor(name))
    path = f'/v2.1/flavors/{name}/os-extra_specs'

    def change(number: int) -> int:
        answer = stand_in.Client(cloud).ask(
            'POST', path, {'extra_specs': {f'k{number}': 'v'}}
        )
        return int(answer.status_int)

    answers = at_once(change)
    settle(there)

    wanted = {f'k{number}': 'v' for number in MANY}
    assert [
        one.flavors[name]['extra_specs'] for one in there.there.values()
    ] == [wanted] * len(there.there)
    assert set(answers) == {200}


def test_of_many_that_make_the_same_one_does(there: Regions) -> None:
    name = uuid.uuid4().hex
    cloud = novas.cloud(there)

    answers = at_once(
        lambda _number: (
            stand_in.Client(cloud)
            .ask('POST', '/v2.1/flavors', flavor(name))
            .status_int
        )
    )
    settle(there)

    assert sorted(answers) == [200] + [409] * (len(MANY) - 1)
    assert all(name in one.flavors for one in there.there.values())


def test_what_is_deleted_leaves_no_row(there: Regions) -> None:
    name = uuid.uuid4().hex
    client = stand_in.Client(novas.cloud(there))
    client.ask('POST', '/v2.1/flavors', flavor(name))
    client.ask('DELETE', f'/v2.1/flavors/{name}')
    settle(there)

    with sessions.reader() as session:
        for model in (models.Mirror, models.MirrorCopy):
            assert not session.scalars(sa.select(model)).all()
    assert not any(one.flavors for one in there.there.values())


def test_a_gateway_looks_by_itself(there: Regions) -> None:
    name = uuid.uuid4().hex
    cloud = novas.cloud(there)
    *_others, last = there.there
    there.away(last)
    answer = stand_in.Client(cloud).ask('POST', '/v2.1/flavors', flavor(name))
    assert answer.status_int == 200
    assert name not in there.there[last].flavors
    worker = workers.Worker(cloud, 0.5)
    worker.start()
    try:
        there.back(last)
        waiting.eventually(lambda: there.there[last].flavors[name])
    finally:
        worker.stop()
