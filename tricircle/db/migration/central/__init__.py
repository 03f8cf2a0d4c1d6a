# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Tables of central, run by ``tricircle-db-manage``."""

import pathlib
from typing import Any

from alembic import command
from alembic import config as alembic_config
from alembic import migration
from alembic import script
import sqlalchemy as sa

#: Not the table of Neutron's own subprojects, which live beside ours.
VERSION_TABLE = 'alembic_version_tricircle_central'


def configuration(url: str) -> alembic_config.Config:
    """Return the alembic configuration for a database."""
    made = alembic_config.Config()
    made.set_main_option('script_location', str(pathlib.Path(__file__).parent))
    made.attributes['url'] = url
    return made


def sync(url: str, version: str = 'head') -> None:
    """Bring the tables to a version; harmless when they are there."""
    command.upgrade(configuration(url), version)


def version(url: str) -> str | None:
    """Return the version of the tables, None when there are none."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            return version_in(connection)
    finally:
        engine.dispose()


def version_in(connection: sa.Connection) -> str | None:
    """Return the version of the tables, None when there are none."""
    return migration.MigrationContext.configure(
        connection, opts={'version_table': VERSION_TABLE}
    ).get_current_revision()


def _scripts() -> script.ScriptDirectory:
    return script.ScriptDirectory(str(pathlib.Path(__file__).parent))


def head() -> str | None:
    """Return the newest version there is."""
    return _scripts().get_current_head()


def versions() -> frozenset[str]:
    """Return all versions that this release knows."""
    return frozenset(one.revision for one in _scripts().walk_revisions())


def ours() -> dict[str, Any]:
    """Return our tables by name."""
    from tricircle.db.central import models

    return {
        model.__tablename__: model.__table__
        for model in (
            models.Pod,
            models.ResourceRouting,
            models.PortLocation,
            models.ReservedPort,
            models.BridgeNetwork,
            models.RouterPiece,
            models.HeldAddress,
            models.HeldSegment,
            models.RouterLook,
            models.JournalEntry,
            models.Epoch,
            models.Adoption,
            models.RegionContact,
            models.RegionDataPath,
            models.NotedRelease,
        )
    }
