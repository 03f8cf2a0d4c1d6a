# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Run the migrations of central's tables."""

from typing import Any

from alembic import context
from neutron_lib.db import model_base
import sqlalchemy as sa

from tricircle.db.migration import central

config: Any = context.config


def include_object(
    thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any
) -> bool:
    """Look at our tables only: Neutron's stand beside them."""
    return kind != 'table' or name in central.ours()


def run() -> None:
    """Change the database."""
    engine = sa.create_engine(config.attributes['url'])
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=model_base.BASEV2.metadata,
            version_table=central.VERSION_TABLE,
            include_object=include_object,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
