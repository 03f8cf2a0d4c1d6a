# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a page of a region comes to, whatever the region answers."""

from collections.abc import Iterable, Mapping
from typing import Any
from unittest import mock

from oslo_db import exception as db_exc
import pytest

from tricircle.client import region as region_client
from tricircle.db.central import documents as central_state
from tricircle.plan import sweep as sweep_plan
from tricircle.replica import kinds
from tricircle.replica import types
from tricircle.xjob import metrics
from tricircle.xjob import sweep


class Region:
    """A region that lists some replicas, and answers for one of them.

    :ivar answer: to a question after any replica; an error is raised
    """

    region_name = 'RegionOne'

    def __init__(self, *listed: str) -> None:
        self.listed = listed
        self.answer: dict[str, Any] | Exception = {}

    def page(self, *args: object) -> list[dict[str, Any]]:
        return [
            {'id': one, 'digest': 'here', 'epoch': 1, 'counter': 3}
            for one in self.listed
        ]

    def get(self, resource_type: str, resource_id: str) -> dict[str, Any]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


Recorded = list[tuple[list[str], dict[str, int]]]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """What becomes of differences; central has only port 'b'."""
    found: Recorded = []

    def record(
        region_name: str,
        resource_type: str,
        ids: Iterable[str],
        unknown: Mapping[str, int],
    ) -> None:
        found.append((sorted(ids), dict(unknown)))

    monkeypatch.setattr(sweep, '_record', record)
    monkeypatch.setattr(
        sweep, '_wanted', lambda *args: [sweep_plan.Wanted('b', 'wanted')]
    )
    return found


def page(region: Region) -> sweep.Summary:
    summary = sweep.Summary('RegionOne')
    client: Any = region
    assert sweep._page(client, types.PORT, None, summary) is None
    return summary


FAILED = region_client.ReplicaRefused(500, 'ReplicaFailed', 'what')


def test_what_cannot_be_read_is_sent_again_and_holds_nothing_up(
    recorded: Recorded,
) -> None:
    region = Region()
    region.answer = FAILED

    summary = page(region)

    assert recorded == [(['b'], {})]
    assert summary.found == [(types.PORT, 'b', 'differs')]


def test_what_central_knows_not_and_nobody_can_read_is_left_for_later(
    recorded: Recorded,
) -> None:
    region = Region('a', 'b')
    region.answer = FAILED

    page(region)

    assert recorded == [(['b'], {})]


def test_what_central_knows_not_and_is_there_is_adopted(
    recorded: Recorded,
) -> None:
    region = Region('a', 'b')
    region.answer = region.page()[0]

    page(region)

    assert recorded == [(['b'], {'a': 3})]


def test_a_region_that_is_away_ends_it(recorded: Recorded) -> None:
    region = Region()
    region.answer = region_client.RegionUnreachable('away')

    with pytest.raises(region_client.RegionUnreachable):
        page(region)


def test_what_is_compared_and_found_is_told_to_prometheus(
    recorded: Recorded,
) -> None:
    def told(name: str) -> float | None:
        return metrics.REGISTRY.get_sample_value(
            f'tricircle_xjob_{name}_total', {'region': 'RegionOne'}
        )

    metrics.forget('RegionOne')
    region = Region('a', 'b')
    region.answer = region.page()[0]

    page(region)

    assert (told('compared'), told('differences')) == (2, 2)
    metrics.forget('RegionOne')


def planner(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Have the document of 'bad' fail, and all that are made with it."""

    def documents(
        session: Any, kind: str, ids: list[str], *args: Any
    ) -> dict[str, Any]:
        if 'bad' in ids:
            raise error
        return {one: mock.Mock(digest=f'of {one}', told={}) for one in ids}

    monkeypatch.setattr(central_state, 'documents', documents)


def test_a_document_that_cannot_be_made_keeps_no_other_from_its_digest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planner(monkeypatch, KeyError('what'))

    found = sweep._expected(None, types.PORT, ['a', 'bad', 'c'], 'R')

    assert {key: one.digest for key, one in found.items()} == {
        'a': 'of a',
        'c': 'of c',
    }


def test_a_database_that_refuses_says_nothing_of_documents(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planner(monkeypatch, db_exc.DBDeadlock())

    with pytest.raises(db_exc.DBDeadlock):
        sweep._expected(None, types.PORT, ['a', 'bad'], 'R')


class Older(Region):
    """A region of a version that has fewer types than central."""

    def __init__(self, *types_: str) -> None:
        super().__init__('b')
        self.types = types_
        self.asked: list[str] = []

    def page(self, *args: object) -> list[dict[str, Any]]:
        self.asked.append(str(args[0]))
        if args[0] not in self.types:
            raise region_client.ReplicaRefused(404, 'HTTPNotFound', '')
        return super().page(*args)


def test_an_older_region_is_swept_for_what_it_has(recorded: Recorded) -> None:
    older = Older(types.NETWORK, types.PORT)
    client: Any = older

    summary = sweep.sweep(client)

    assert summary.complete
    assert sorted(summary.compared) == [types.NETWORK, types.PORT]
    assert older.asked == [one.type for one in kinds.KINDS]


def test_what_serves_no_replicas_at_all_is_not_swept() -> None:
    client: Any = Older()

    with pytest.raises(region_client.ReplicaRefused):
        sweep.sweep(client)


WANTED = {'id': 'b', 'digest': 'wanted', 'epoch': 1, 'counter': 3}
NOT_FOUND = region_client.ReplicaRefused(404, 'HTTPNotFound', '')


@pytest.mark.parametrize(
    ('digest', 'answer', 'arrived'),
    [
        ('wanted', WANTED, True),
        ('wanted', {**WANTED, 'digest': 'other'}, False),
        ('wanted', NOT_FOUND, False),
        ('wanted', FAILED, False),
        # A removal.
        (None, WANTED, False),
        (None, NOT_FOUND, True),
        (None, FAILED, False),
    ],
)
def test_what_was_ended_is_sent_again_only_if_the_region_has_it(
    recorded: Recorded,
    monkeypatch: pytest.MonkeyPatch,
    digest: str | None,
    answer: Any,
    arrived: bool,
) -> None:
    monkeypatch.setattr(
        sweep,
        '_wanted',
        lambda *args: [sweep_plan.Wanted('b', digest, ended=True)],
    )
    region = Region()
    region.answer = answer

    summary = page(region)

    assert recorded == [(['b'] if arrived else [], {})]
    assert summary.found == []
