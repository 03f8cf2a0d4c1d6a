# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Tables of a region, a subproject of ``neutron-db-manage``."""

import pathlib

from alembic import migration
import sqlalchemy as sa

from tricircle.db.migration.local import alembic_migrations

__all__ = ['VERSION_TABLE', 'alembic_migrations', 'heads', 'versions_in']

VERSION_TABLE = 'alembic_version_tricircle'


def versions_in(connection: sa.Connection) -> frozenset[str]:
    """Return the versions of the tables, one a branch; none without tables."""
    return frozenset(
        migration.MigrationContext.configure(
            connection, opts={'version_table': VERSION_TABLE}
        ).get_current_heads()
    )


def heads() -> frozenset[str]:
    """Return the newest versions there are, one a branch."""
    folder = pathlib.Path(__file__).parent / 'alembic_migrations' / 'versions'
    return frozenset(one.read_text().strip() for one in folder.glob('*_HEAD'))
