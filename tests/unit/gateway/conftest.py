# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Fixtures of tests of the gateway."""

from collections.abc import Callable, Iterator
import contextlib
from typing import Any

from oslo_db import exception as db_exc
from oslo_db.sqlalchemy import enginefacade
import pytest

from tests.unit.gateway import faulty
from tricircle.conf import fault_point
from tricircle.db import session as sessions
from tricircle.db.central import models


@pytest.fixture
def database() -> Iterator[None]:
    manager = enginefacade.transaction_context()
    manager.configure(connection='sqlite://', sqlite_fk=True)
    engine = manager.writer.get_engine()
    for model in (
        models.Epoch,
        models.GoneRegion,
        models.HeldAddress,
        models.HeldSegment,
        models.JournalEntry,
        models.Mirror,
        models.MirrorCopy,
        models.Pod,
        models.PodBinding,
        models.Placing,
        models.QuotaReservation,
        models.QuotaTurn,
        models.QuotaUsage,
        models.ResourceHome,
    ):
        model.__table__.create(engine)
    before = sessions._manager
    sessions.use(manager)
    yield
    sessions.use(before)


@pytest.fixture
def patience() -> faulty.Patience:
    return faulty.Patience()


@pytest.fixture
def kill(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have the gateway die at a fault point."""

    def arm(point: str) -> None:
        def reach(name: str) -> None:
            if name == point:
                raise faulty.Killed

        monkeypatch.setattr(fault_point, 'reach', reach)

    return arm


@pytest.fixture
def database_away(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[], None]:
    """Have the database go away; what is read or written then fails."""

    @contextlib.contextmanager
    def away() -> Iterator[Any]:
        raise db_exc.DBConnectionError(OSError('no connection'))
        yield

    def go() -> None:
        monkeypatch.setattr(sessions, 'writer', away)
        monkeypatch.setattr(sessions, 'reader', away)

    return go
