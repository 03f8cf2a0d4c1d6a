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

from oslo_config import cfg
from oslo_db import options

from tricircle.central import ml2_options
from tricircle.conf import database as database_config
from tricircle.db import session


def check(conf: cfg.ConfigOpts) -> None:
    """Check that ``tricircle_db_connection`` names Neutron's database.

    Not set at all is as good: Neutron's own sessions are used in any case.

    :raises InvalidOption: when it names another one
    """
    database_config.register(conf)
    conf.register_opts(options.database_opts, group='database')
    ours, neutrons = conf.tricircle_db_connection, conf.database.connection
    if not ours or not neutrons or session.same_database(ours, neutrons):
        return
    raise ml2_options.InvalidOption(
        '[DEFAULT] tricircle_db_connection names another database than '
        '[database] connection, but the tables of Tricircle must be in '
        "central Neutron's own database. Give both the same URL, also in "
        'the configuration of tricircle-api and tricircle-xjob, and run '
        'tricircle-db-manage db_sync with it.'
    )
