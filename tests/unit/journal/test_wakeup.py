# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""XJob is woken when what it is to look at can be seen, not earlier."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.journal import wakeup

INSERT = sa.text('INSERT INTO job VALUES (1)')


class Caster:
    """Notes the regions, and what another connection sees meanwhile."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self.woken: list[tuple[set[str], int]] = []

    def put(self, names: set[str]) -> None:
        with self._engine.connect() as other:
            jobs = other.scalar(sa.text('SELECT COUNT(*) FROM job'))
        self.woken.append((names, int(jobs or 0)))


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    made = sa.create_engine(f'sqlite:///{tmp_path}/journal')

    # As SQLAlchemy's manual has it: else the driver begins no transaction
    # before a savepoint.
    @sa.event.listens_for(made, 'connect')
    def _connected(connection, _record) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(made, 'begin')
    def _begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql('BEGIN')

    with made.begin() as connection:
        connection.execute(sa.text('CREATE TABLE job (id INTEGER)'))
    return made


@pytest.fixture
def caster(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> Caster:
    made = Caster(engine)
    monkeypatch.setattr(wakeup, '_caster', lambda: made)
    return made


@pytest.fixture
def session(engine: sa.Engine) -> Iterator[orm.Session]:
    with orm.Session(engine) as made:
        yield made


def change(session: orm.Session, *regions: str) -> None:
    session.execute(INSERT)
    wakeup.after_commit(session, regions)


def test_all_regions_of_a_transaction_are_woken_once_after_its_commit(
    session: orm.Session, caster: Caster
) -> None:
    change(session, 'RegionOne')
    change(session, 'RegionTwo')
    assert caster.woken == []
    session.commit()
    assert caster.woken == [({'RegionOne', 'RegionTwo'}, 2)]


def test_what_this_process_does_itself_is_told_here_and_to_no_broker(
    session: orm.Session, caster: Caster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeup, '_here', {})
    woken: list[str] = []
    wakeup.answer_here('central', lambda: woken.append('central'))
    change(session, 'RegionOne', 'central')
    assert woken == []
    session.commit()
    change(session, 'central')
    session.rollback()
    assert woken == ['central']
    assert caster.woken == [({'RegionOne'}, 1)]


def test_each_transaction_of_a_session_wakes_its_own_regions(
    session: orm.Session, caster: Caster
) -> None:
    change(session, 'RegionOne')
    session.commit()
    change(session, 'RegionTwo')
    session.commit()
    session.execute(INSERT)
    session.commit()
    assert caster.woken == [({'RegionOne'}, 1), ({'RegionTwo'}, 2)]


def test_the_release_of_a_savepoint_wakes_nobody_yet(
    session: orm.Session, caster: Caster
) -> None:
    with session.begin_nested():
        change(session, 'RegionOne')
        with session.begin_nested():
            change(session, 'RegionTwo')
    assert caster.woken == []
    session.commit()
    assert caster.woken == [({'RegionOne', 'RegionTwo'}, 2)]


def test_a_savepoint_that_fails_does_not_lose_the_wake_up_of_the_rest(
    session: orm.Session, caster: Caster
) -> None:
    change(session, 'RegionOne')
    savepoint = session.begin_nested()
    session.execute(INSERT)
    savepoint.rollback()
    session.commit()
    assert caster.woken == [({'RegionOne'}, 1)]


def test_what_is_rolled_back_wakes_nobody(
    session: orm.Session, caster: Caster
) -> None:
    with session.begin_nested():
        change(session, 'RegionOne')
    session.rollback()
    session.execute(INSERT)
    session.commit()
    assert caster.woken == []
