# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The database of a region: its Neutron's own, with our tables beside."""

from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
from oslo_config import cfg
import sqlalchemy as sa

from tricircle.db.local import models as local_models
from tricircle.db.migration import local


class TablesUnusable(cfg.Error):
    """The tables are not those of this release; the text says what to do."""


def check_tables() -> None:
    """Check that Neutron's database has the tables of this release.

    :raises TablesUnusable: when they are older or newer, or not there
    """
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        connection = context.session.connection()
        found, wanted = local.versions_in(connection), local.heads()
        if found == wanted:
            return
        if not found and sa.inspect(connection).has_table(
            local_models.Replica.__tablename__
        ):
            # Made from the models and not by migrations.
            return
    raise TablesUnusable(
        '[database] connection names a database that has '
        + (
            f'the tables of Tricircle at version {", ".join(sorted(found))}'
            if found
            else 'no tables of Tricircle'
        )
        + f'; this release needs {", ".join(sorted(wanted))}. Run '
        'neutron-db-manage --subproject tricircle upgrade heads; if a newer '
        'release made them, install that one here too.'
    )
