# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a window of a region comes to, whatever the region answers."""

from typing import Any
from unittest import mock

from oslo_db import exception as db_exc
import pytest

from tricircle.client import region as region_client
from tricircle.db.central import documents as central_state
from tricircle.drift import comparing
from tricircle.drift import wanted as central_side
from tricircle.plan import sweep as sweep_plan
from tricircle.replica import types

DIFFERS = comparing.Difference.DIFFERS
MISSING = comparing.Difference.MISSING
UNKNOWN = comparing.Difference.UNKNOWN


class Region:
    """A region that lists some replicas, and answers for one of them.

    :ivar answer: to a question after any replica; an error is raised
    """

    region_name = 'RegionOne'

    def __init__(self, *listed: str) -> None:
        self.listed = listed
        self.answer: dict[str, Any] | Exception = {}

    def page(self, *args: object) -> list[dict[str, Any]]:
        return [replica(one) for one in self.listed]

    def get(self, resource_type: str, resource_id: str) -> dict[str, Any]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def replica(resource_id: str, digest: str = 'here') -> dict[str, Any]:
    return {
        'id': resource_id,
        'digest': digest,
        'epoch': 1,
        'counter': 3,
        'body': {},
    }


@pytest.fixture(autouse=True)
def central(monkeypatch: pytest.MonkeyPatch) -> list[sweep_plan.Wanted]:
    """What central knows of, which has only port 'b'."""
    known = [sweep_plan.Wanted('b', 'wanted')]
    monkeypatch.setattr(central_side, 'page', lambda *args: list(known))
    monkeypatch.setattr(central_side, 'of', lambda *args: list(known))
    return known


def page(region: Region) -> comparing.Window:
    client: Any = region
    window = comparing.page(client, types.PORT, None)
    assert window.end is None
    return window


def one(region: Region, resource_id: str = 'b') -> comparing.One:
    client: Any = region
    return comparing.one(client, types.PORT, resource_id)


FAILED = region_client.ReplicaRefused(500, 'ReplicaFailed', 'what')
NOT_FOUND = region_client.ReplicaRefused(404, 'HTTPNotFound', '')
FORBIDDEN = region_client.ReplicaRefused(403, 'Forbidden', 'not you')


def test_what_cannot_be_read_differs_and_holds_nothing_up() -> None:
    region = Region()
    region.answer = FAILED

    assert page(region).found == {'b': DIFFERS}


def test_what_central_knows_not_and_nobody_can_read_is_left_for_later() -> (
    None
):
    region = Region('a', 'b')
    region.answer = FAILED

    assert page(region).found == {'b': DIFFERS}


def test_what_central_knows_not_and_is_there_is_named_with_its_counter() -> (
    None
):
    region = Region('a', 'b')
    region.answer = replica('a')

    window = page(region)

    assert window.found == {'b': DIFFERS, 'a': UNKNOWN}
    assert window.unknown == {'a': 3}
    assert window.compared == 2


def test_what_was_removed_while_it_was_looked_at_is_no_surprise(
    central: list[sweep_plan.Wanted],
) -> None:
    central.clear()
    region = Region('a')
    region.answer = NOT_FOUND

    assert page(region).found == {}


@pytest.mark.parametrize(
    ('answer', 'found'),
    [
        (NOT_FOUND, {'b': MISSING}),
        (replica('b', 'wanted'), {}),
        (replica('b', 'other'), {'b': DIFFERS}),
    ],
)
def test_what_a_list_lacks_is_asked_for_by_its_id(
    answer: Any, found: dict[str, comparing.Difference]
) -> None:
    region = Region()
    region.answer = answer

    assert page(region).found == found


@pytest.mark.parametrize('answer', [FORBIDDEN])
def test_who_may_not_ask_is_told_so(answer: Exception) -> None:
    region = Region()
    region.answer = answer

    with pytest.raises(region_client.ReplicaRefused, match='not you'):
        page(region)


def test_a_region_that_is_away_ends_it() -> None:
    region = Region()
    region.answer = region_client.RegionUnreachable('away')

    with pytest.raises(region_client.RegionUnreachable):
        page(region)


def test_a_part_of_a_window_ends_where_the_next_one_begins() -> None:
    window = comparing.Window(
        types.PORT,
        9,
        {'d': MISSING, 'b': UNKNOWN, 'a': DIFFERS, 'e': UNKNOWN},
        {'b': 1, 'e': 2},
        ('c', 'f'),
        'z',
    )

    part = window.cut(3)

    assert part.found == {'a': DIFFERS, 'b': UNKNOWN, 'd': MISSING}
    assert (part.unknown, part.arrived) == ({'b': 1}, ('c',))
    assert part.end == 'd'
    assert window.cut(4) is window


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

    found = central_side._documents(None, types.PORT, ['a', 'bad', 'c'], 'R')

    assert {key: one.digest for key, one in found.items()} == {
        'a': 'of a',
        'c': 'of c',
    }


def test_a_database_that_refuses_says_nothing_of_documents(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planner(monkeypatch, db_exc.DBDeadlock())

    with pytest.raises(db_exc.DBDeadlock):
        central_side._documents(None, types.PORT, ['a', 'bad'], 'R')


WANTED = replica('b', 'wanted')


@pytest.mark.parametrize(
    ('digest', 'answer', 'arrived'),
    [
        ('wanted', WANTED, True),
        ('wanted', replica('b', 'other'), False),
        ('wanted', NOT_FOUND, False),
        ('wanted', FAILED, False),
        # A removal.
        (None, WANTED, False),
        (None, NOT_FOUND, True),
        (None, FAILED, False),
    ],
)
def test_what_was_ended_has_arrived_only_if_the_region_says_so(
    central: list[sweep_plan.Wanted],
    digest: str | None,
    answer: Any,
    arrived: bool,
) -> None:
    central[:] = [sweep_plan.Wanted('b', digest, ended=True)]
    region = Region()
    region.answer = answer

    window = page(region)

    assert window.arrived == (('b',) if arrived else ())
    assert window.found == {}


@pytest.mark.parametrize(
    ('answer', 'found'),
    [
        (WANTED, {}),
        (replica('b', 'other'), {'b': DIFFERS}),
        (NOT_FOUND, {'b': MISSING}),
        (FAILED, {'b': DIFFERS}),
    ],
)
def test_one_is_compared_as_a_page_is(
    answer: Any, found: dict[str, comparing.Difference]
) -> None:
    region = Region()
    region.answer = answer

    assert one(region).window.found == found


def test_one_that_a_job_has_is_not_compared(
    central: list[sweep_plan.Wanted],
) -> None:
    central[:] = [sweep_plan.Wanted('b', None, in_flight=True)]
    region = Region()
    region.answer = NOT_FOUND

    found = one(region)

    assert found.window.found == {}
    assert (found.known, found.in_flight) == (True, True)


def test_one_that_central_knows_not_is_named(
    central: list[sweep_plan.Wanted],
) -> None:
    central.clear()
    region = Region()
    region.answer = replica('a')

    found = one(region, 'a')

    assert found.window.found == {'a': UNKNOWN}
    assert not found.known
