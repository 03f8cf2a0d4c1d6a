# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The database of central: Neutron's own, for the tables of Tricircle too.

Intents are written in the transaction of the change that causes them, so
there can be no other.
"""

from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
from oslo_config import cfg
import sqlalchemy as sa

from tricircle.central.server import ml2_options
from tricircle.conf import database as database_config
from tricircle.db import readiness
from tricircle.db import session
from tricircle.db.central import models as central_models
from tricircle.db.migration import central


def check(conf: cfg.ConfigOpts) -> None:
    """Check that ``tricircle_db_connection`` names Neutron's database.

    Not set at all is as good: Neutron's own sessions are used in any case.

    :raises InvalidOption: when it names another one
    """
    database_config.register(conf)
    try:
        readiness.check_is_same(conf)
    except session.DatabaseUnusable as exc:
        raise ml2_options.InvalidOption(str(exc)) from exc


def check_tables() -> None:
    """Check that Neutron's database has the tables of this release.

    :raises InvalidOption: when they are older or newer, or not there
    """
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        connection = context.session.connection()
        if central.version_in(connection) is None and sa.inspect(
            connection
        ).has_table(central_models.Pod.__tablename__):
            # Made from the models and not by migrations.
            return
        try:
            readiness.check_version(connection, '[database] connection')
        except session.DatabaseUnusable as exc:
            raise ml2_options.InvalidOption(str(exc)) from exc
