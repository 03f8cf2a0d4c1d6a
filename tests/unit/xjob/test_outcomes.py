# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How jobs ended, written for many at once."""

from collections.abc import Iterator
import queue
import threading

import pytest

from tricircle.journal import job_ends
from tricircle.journal.job import Job
from tricircle.replica.document import Generation
from tricircle.xjob import outcomes

LONG = 20.0


def end(id_: str) -> job_ends.End:
    job = Job(id_, 'network', id_, 'RegionOne', Generation(1, 1), 0, 'one')
    return job_ends.End(job, 'sha256:x')


class Journal:
    """A journal, some rows of which somebody is at."""

    def __init__(self) -> None:
        self.together: list[list[str]] = []
        self.alone: list[str] = []
        self.locked: set[str] = set()
        self.away: Exception | None = None
        self.free = threading.Event()
        self.refused: dict[str, Exception] = {}

    def finish_together(self, ends: list[job_ends.End]) -> list[job_ends.End]:
        self.together.append([one.job.id for one in ends])
        if self.away is not None:
            raise self.away
        return [one for one in ends if one.job.id in self.locked]

    def finish(self, job, _digest, _omitted) -> None:
        if job.id in self.locked:
            assert self.free.wait(LONG)
        if job.id in self.refused:
            raise self.refused[job.id]
        self.alone.append(job.id)


@pytest.fixture
def journal_rows(monkeypatch) -> Iterator[Journal]:
    found = Journal()
    monkeypatch.setattr(
        outcomes.job_ends, 'finish_together', found.finish_together
    )
    monkeypatch.setattr(outcomes.job_ends, 'finish', found.finish)
    yield found
    found.free.set()


class Told:
    """What lanes are told, in its order."""

    def __init__(self, writer: outcomes.Outcomes) -> None:
        self._writer = writer
        self._told: queue.Queue[tuple[str, Exception | None]] = queue.Queue()

    def note(self, *ids: str) -> None:
        for one in ids:
            self._writer.note(
                end(one),
                lambda failure, one=one: self._told.put((one, failure)),
            )

    def next(self) -> tuple[str, Exception | None]:
        return self._told.get(timeout=LONG)


@pytest.fixture
def told(journal_rows) -> Told:
    return Told(outcomes.Outcomes())


def test_outcomes_that_come_together_are_written_together(
    journal_rows, told, monkeypatch
):
    come = threading.Event()
    monkeypatch.setattr(
        outcomes.time, 'sleep', lambda _seconds: come.wait(LONG)
    )
    told.note('a', 'b', 'c')
    come.set()

    assert {told.next() for _ in range(3)} == {
        ('a', None),
        ('b', None),
        ('c', None),
    }
    assert journal_rows.together == [['a', 'b', 'c']]
    assert journal_rows.alone == []


def test_a_row_that_somebody_is_at_keeps_no_other_waiting(journal_rows, told):
    journal_rows.locked = {'a'}
    told.note('a', 'b')

    assert told.next() == ('b', None)

    journal_rows.free.set()
    assert told.next() == ('a', None)
    assert journal_rows.alone == ['a']


def test_what_cannot_be_written_together_is_written_one_by_one(
    journal_rows, told
):
    journal_rows.away = KeyError('defect')
    refused = OSError('away')
    journal_rows.refused = {'b': refused}
    told.note('a', 'b', 'c')

    assert dict(told.next() for _ in range(3)) == {
        'a': None,
        'b': refused,
        'c': None,
    }


def test_who_waits_has_all_written(journal_rows):
    journal_rows.locked = {'a'}
    writer = outcomes.Outcomes()
    written = []
    writer.note(end('a'), written.append)
    writer.note(end('b'), written.append)
    journal_rows.free.set()

    writer.wait()

    assert written == [None, None]


def test_a_lane_that_fails_to_hear_it_keeps_no_other_from_it(
    journal_rows, told
):
    def fail(_failure: Exception | None) -> None:
        raise KeyError('defect')

    told._writer.note(end('a'), fail)
    told.note('b')

    assert told.next() == ('b', None)
    told._writer.wait()
