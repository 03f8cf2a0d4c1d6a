# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A database of homes alone."""

from collections.abc import Iterator

from oslo_db.sqlalchemy import enginefacade
import pytest

from tricircle.db import session as sessions
from tricircle.db.central import models


@pytest.fixture
def database() -> Iterator[None]:
    manager = enginefacade.transaction_context()
    manager.configure(connection='sqlite://', sqlite_fk=True)
    engine = manager.writer.get_engine()
    models.ResourceHome.__table__.create(engine)
    before = sessions._manager
    sessions.use(manager)
    yield
    sessions.use(before)
