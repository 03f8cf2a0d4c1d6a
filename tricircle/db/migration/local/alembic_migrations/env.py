# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Run the migrations of a region's tables in its Neutron database."""

from logging import config as logging_config
from typing import Any

from alembic import context
from neutron_lib.db import model_base
from oslo_db.sqlalchemy import session
import sqlalchemy as sa
from sqlalchemy import event

from tricircle.db.local import models as local_models

VERSION_TABLE = 'alembic_version_tricircle'

config: Any = context.config
neutron_config = config.neutron_config
logging_config.fileConfig(config.config_file_name)
target_metadata = model_base.BASEV2.metadata
OURS = {
    local_models.Replica.__tablename__,
    local_models.OutboxEntry.__tablename__,
}


@event.listens_for(sa.Table, 'after_parent_attach')
def set_storage_engine(target: Any, parent: Any) -> None:
    """Leases need row locks."""
    target.kwargs['mysql_engine'] = 'InnoDB'


def include_object(
    thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any
) -> bool:
    """Look at our tables only: the others are Neutron's."""
    return kind != 'table' or name in OURS


def run_migrations_offline() -> None:
    """Print the SQL."""
    context.configure(
        url=neutron_config.database.connection, version_table=VERSION_TABLE
    )
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    """Change the database."""
    engine = session.create_engine(neutron_config.database.connection)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            version_table=VERSION_TABLE,
            include_object=include_object,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
