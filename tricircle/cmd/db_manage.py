# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``tricircle-db-manage``: the tables of central."""

import sys

from alembic import util
from oslo_config import cfg
import sqlalchemy as sa
from sqlalchemy import exc

from tricircle.cmd import program
from tricircle.conf import database
from tricircle.conf import reading
from tricircle.db import readiness
from tricircle.db import session as sessions
from tricircle.db.central import models as central_models
from tricircle.db.migration import central

PROG = 'tricircle-db-manage'


def _sync(conf: cfg.ConfigOpts) -> None:
    url = sessions.connection(conf)
    with readiness.connected(conf) as connection:
        readiness.check_is_known(connection)
    try:
        central.sync(url, conf.command.version)
    except util.CommandError as failure:
        raise program.CannotWork(
            f'{failure}. Give db_sync one of the versions '
            f'{", ".join(sorted(central.versions()))}, or none.'
        ) from failure
    print(f'The tables are at version {central.version(url)}.')


def _version(conf: cfg.ConfigOpts) -> None:
    print(central.version(sessions.connection(conf)) or 'none: run db_sync')


def _new_epoch(conf: cfg.ConfigOpts) -> None:
    table = central_models.Epoch.__table__
    with readiness.connected(conf) as connection:
        readiness.check_version(connection)
        connection.execute(sa.update(table).values(epoch=table.c.epoch + 1))
        epoch = connection.scalar(sa.select(table.c.epoch))
        connection.commit()
    print(
        f'The epoch is {epoch} now: regions accept what this central '
        'says, whatever they had before.'
    )


def _add_commands(commands: object) -> None:
    add = commands.add_parser  # type: ignore[attr-defined]
    sync = add('db_sync', help='Make or upgrade the tables.')
    sync.add_argument(
        'version',
        nargs='?',
        default='head',
        help='Version to go to; the newest when left out.',
    )
    sync.set_defaults(func=_sync)
    shown = add('db_version', help='Show the version of the tables.')
    shown.set_defaults(func=_version)
    epoch = add(
        'new_epoch',
        help='Begin a new epoch: run it after the '
        'database was restored from a backup.',
    )
    epoch.set_defaults(func=_new_epoch)


def _run(argv: list[str]) -> int:
    conf = cfg.ConfigOpts()
    database.register(conf)
    conf.register_cli_opt(
        cfg.SubCommandOpt(
            'command',
            title='Commands',
            handler=_add_commands,
            help='What to do.',
        )
    )
    reading.read(conf, argv, PROG)
    try:
        with readiness.connected(conf) as connection:
            readiness.check_is_same(conf)
            readiness.check_is_neutrons(connection)
        conf.command.func(conf)
    except exc.SQLAlchemyError as failure:
        raise readiness.explained(conf, failure) from failure
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 when it worked, 1 when it did not."""
    return program.run(PROG, _run, argv)


if __name__ == '__main__':
    sys.exit(main())
