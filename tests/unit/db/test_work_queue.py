# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Who gets the work of a queue, when others want it too."""

from collections.abc import Callable, Iterator
import contextlib
import dataclasses
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db import work_queue

TABLE = sa.Table(
    'work',
    sa.MetaData(),
    sa.Column('kind', sa.String(36), primary_key=True),
    sa.Column('name', sa.String(36), primary_key=True),
    sa.Column('counter', sa.Integer, default=1),
    sa.Column('attempts', sa.Integer, default=0),
    sa.Column('reason', sa.Text),
    sa.Column('next_try_at', sa.DateTime),
    sa.Column('lease_owner', sa.String(255)),
    sa.Column('lease_until', sa.DateTime),
)


@dataclasses.dataclass(frozen=True)
class Work:
    """Work that a test holds."""

    key: work_queue.Key
    counter: int
    attempts: int
    owner: str


class Bench:
    """A queue in a database of its own.

    :ivar between: called once, between a search and what is taken then
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._sessions = orm.sessionmaker(engine)
        self.between: Callable[[], object] = lambda: None
        self.queue = work_queue.Queue(
            TABLE,
            self._reader,
            self._sessions.begin,
            (TABLE.c.counter, TABLE.c.attempts),
        )

    @contextlib.contextmanager
    def _reader(self) -> Iterator[orm.Session]:
        with self._sessions.begin() as session:
            yield session
        between, self.between = self.between, lambda: None
        between()

    def want(self, *names: str, seconds: float = 0.0) -> None:
        with self._sessions.begin() as session:
            work_queue.want(
                session,
                TABLE,
                [
                    {
                        'kind': 'k',
                        'name': name,
                        'next_try_at': clock.Now(seconds),
                    }
                    for name in names
                ],
            )

    def claim(self, owner: str = 'me', limit: int = 10) -> list[Work]:
        return [
            Work((row.kind, row.name), row.counter, row.attempts, owner)
            for row in self.queue.claim(owner, 60.0, limit)
        ]

    def names(self, owner: str = 'me', limit: int = 10) -> set[str]:
        return {work.key[1] for work in self.claim(owner, limit)}

    def end(self, work: Work, **values: Any) -> bool:
        with self._sessions.begin() as session:
            return self.queue.end(session, work, values or None)

    def execute(self, statement: sa.Executable) -> None:
        with self._sessions.begin() as session:
            session.execute(statement)


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    made = sa.create_engine(f'sqlite:///{tmp_path}/work')
    TABLE.create(made)
    return made


@pytest.fixture
def bench(engine: sa.Engine) -> Bench:
    return Bench(engine)


def test_who_comes_too_late_takes_what_is_behind(bench: Bench) -> None:
    bench.want('a', 'b', seconds=-2.0)
    bench.want('c', seconds=-1.0)
    bench.between = lambda: bench.claim('other', 2)

    assert bench.names(limit=2) == {'c'}


def test_who_comes_too_late_for_all_has_nothing(bench: Bench) -> None:
    bench.want('a', 'b')
    bench.between = lambda: bench.claim('other')

    assert bench.names() == set()


def test_what_failed_elsewhere_since_it_was_found_waits(bench: Bench) -> None:
    bench.want('a')

    def fail() -> None:
        (work,) = bench.claim('other')
        bench.queue.fail(work, 'away', 300.0)

    bench.between = fail

    assert bench.names() == set()


def test_without_locks_what_another_took_in_between_is_its(
    bench: Bench, engine: sa.Engine
) -> None:
    bench.want('a', 'b')
    others = ['a']

    def before(
        connection: Any, cursor: Any, statement: str, *args: Any
    ) -> None:
        if others and statement.startswith('UPDATE work'):
            connection.connection.cursor().execute(
                "UPDATE work SET lease_owner = 'other',"
                " lease_until = '2999-01-01' WHERE name = ?",
                (others.pop(),),
            )

    event.listen(engine, 'before_cursor_execute', before)

    assert bench.names() == {'b'}
    assert bench.queue.owners() == {'me', 'other'}


def test_what_is_wanted_sooner_does_not_wait_for_what_was_wanted_later(
    bench: Bench,
) -> None:
    bench.want('a', seconds=300.0)
    bench.want('b')

    bench.want('a')
    bench.want('b', seconds=300.0)

    assert bench.names() == {'a', 'b'}


def test_who_wants_more_takes_failures_away(bench: Bench) -> None:
    bench.want('a')
    (work,) = bench.claim()
    bench.queue.fail(work, 'x' * 5000, 0.0)
    (failed,) = bench.claim()
    assert failed.attempts == 1
    bench.queue.let_go(failed)

    bench.want('a')

    (work,) = bench.claim()
    assert (work.attempts, work.counter) == (0, 2)


@pytest.mark.parametrize('values', [{}, {'next_try_at': None}])
def test_work_ends_only_if_no_more_was_wanted(
    bench: Bench, values: dict[str, Any]
) -> None:
    bench.want('a')
    (first,) = bench.claim()
    bench.want('a')

    assert not bench.end(first, **values)

    (second,) = bench.claim()
    assert bench.end(second, **values)
    assert bench.names() == set()


def test_what_is_renewed_is_kept_and_what_others_hold_is_not(
    bench: Bench,
) -> None:
    bench.want('a', 'b')
    (mine,) = bench.claim('me', 1)
    (other,) = bench.claim('other', 1)
    bench.execute(sa.update(TABLE).values(lease_until=clock.Now(-1.0)))

    bench.queue.renew([mine.key, other.key], 'me', 60.0)

    assert bench.queue.owners() == {'me'}
    assert bench.names('third') == {other.key[1]}


def test_what_many_failed_at_is_due_again_in_pieces(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_queue, 'PIECE', 2)
    bench.want('a', 'b', 'c', 'd', 'e')
    for work in bench.claim():
        bench.queue.fail(work, 'away', 300.0)
    bench.want('later', seconds=300.0)

    bench.queue.pull_forward()

    assert bench.names() == {'a', 'b', 'c', 'd', 'e'}
