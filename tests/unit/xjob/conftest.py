# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A journal of a test's own."""

from collections.abc import Iterator

from oslo_config import cfg
import pytest
import sqlalchemy as sa

from tricircle.conf import database
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models

TABLES = [
    model.__table__
    for model in (
        central_models.Pod,
        central_models.JournalEntry,
        central_models.Epoch,
        central_models.HeldAddress,
        central_models.HeldSegment,
        central_models.RegionContact,
        central_models.RegionDataPath,
        central_models.NotedRelease,
    )
]


@pytest.fixture
def journal(tmp_path, monkeypatch) -> Iterator[None]:
    conf = cfg.ConfigOpts()
    database.register(conf)
    url = f'sqlite:///{tmp_path}/journal.db'
    conf([], project='tricircle')
    conf.set_override('tricircle_db_connection', url)
    monkeypatch.setattr(
        sessions, '_manager', sessions.enginefacade.transaction_context()
    )
    sessions.configure(conf)
    engine = sa.create_engine(url)
    central_models.Pod.metadata.create_all(engine, tables=TABLES)
    engine.dispose()
    yield
