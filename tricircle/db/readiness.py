# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whether the database is the one that a program needs, as it is needed.

Asked once, when a program starts: what can be wrong with a database is said
then, in one line, and not with the first request.
"""

from collections.abc import Iterator
import contextlib
from typing import Final

from oslo_config import cfg
from oslo_db import exception as db_exc
from oslo_db import options as db_options
import sqlalchemy as sa
from sqlalchemy import engine as sa_engine
from sqlalchemy import exc as sa_exc
from sqlalchemy import pool

from tricircle.db import session as sessions
from tricircle.db.migration import central

OPTION: Final = '[DEFAULT] tricircle_db_connection'
ANOTHER: Final = (
    f'{OPTION} names another database than [database] connection, but the '
    "tables of Tricircle must be in central Neutron's own database. Give "
    'both the same URL, also in the configuration of tricircle-api and '
    'tricircle-xjob, and run tricircle-db-manage db_sync with it.'
)

_SECONDS: Final = 5
_CONNECT: Final[dict[str, dict[str, int]]] = {
    # A server that takes the connection and says nothing must not hold us.
    'pymysql': {
        'connect_timeout': _SECONDS,
        'read_timeout': _SECONDS,
        'write_timeout': _SECONDS,
    },
    'mysqldb': {'connect_timeout': _SECONDS, 'read_timeout': _SECONDS},
    'psycopg2': {'connect_timeout': _SECONDS},
    'psycopg': {'connect_timeout': _SECONDS},
}
# Error numbers of MySQL and MariaDB.
_AWAY: Final = frozenset({1040, 1053, 1129, 2002, 2003, 2005, 2006, 2013})
_CREDENTIALS: Final = frozenset({1045, 1251, 1698})
_NO_RIGHTS: Final = frozenset({1044, 1142, 1143, 1227})
_NO_DATABASE: Final = frozenset({1049})
# PostgreSQL has no numbers for what happens before there is a connection.
_TEXTS_AWAY: Final = (
    'refused',
    'timeout expired',
    'timed out',
    'starting up',
    'shutting down',
    'could not translate host name',
    'failed to resolve host',
    'no such file or directory',
)
_TEXTS_CREDENTIALS: Final = ('authentication failed', 'pg_hba.conf')
# As Python and OpenSSL say, whatever the driver.
_DISTRUST: Final = 'certificate verify failed'
# A table that Neutron has, and no other service.
_NEUTRONS: Final = 'ipallocations'


class DatabaseAway(sessions.DatabaseUnusable):
    """The database does not answer; it may soon."""


def check(conf: cfg.ConfigOpts) -> None:
    """Check that the database is central Neutron's, with our tables.

    :raises DatabaseAway: it does not answer
    :raises tricircle.db.session.DatabaseUnusable: it is not what it must
        be; the text names the option and the remedy
    """
    with connected(conf) as connection:
        check_is_same(conf)
        check_is_neutrons(connection)
        check_version(connection)


@contextlib.contextmanager
def connected(conf: cfg.ConfigOpts) -> Iterator[sa.Connection]:
    """Yield a connection to the database.

    :raises DatabaseAway: it does not answer
    :raises tricircle.db.session.DatabaseUnusable: there is no connecting to
        it; also for what it answers meanwhile
    """
    url = _url(conf)
    try:
        made = sa.create_engine(
            url,
            poolclass=pool.NullPool,
            connect_args=_CONNECT.get(url.get_driver_name(), {}),
        )
        with made.connect() as connection:
            yield connection
    except OSError as exc:
        # PyMySQL reads the files before it connects.
        raise sessions.DatabaseUnusable(
            f'{OPTION} names files for TLS, one of which cannot be used '
            f'({exc.strerror or exc}): correct ssl_ca, ssl_cert and ssl_key '
            'in it, or let the user as whom this runs read the files.'
        ) from exc
    except (sa_exc.SQLAlchemyError, db_exc.DBError) as exc:
        raise explained(conf, exc) from exc


def check_is_neutrons(connection: sa.Connection) -> None:
    """Check that Neutron's tables are in a database.

    :raises tricircle.db.session.DatabaseUnusable: when they are not
    """
    if not sa.inspect(connection).has_table(_NEUTRONS):
        raise sessions.DatabaseUnusable(
            f'{OPTION} names {_place(connection.engine.url)}, which is not '
            "central Neutron's: it has none of Neutron's tables. Set the "
            "option to the URL of [database] connection in central Neutron's "
            'configuration; if that database is new, run neutron-db-manage '
            'upgrade heads there first.'
        )


def check_version(connection: sa.Connection, option: str = OPTION) -> None:
    """Check that the tables are those of this release.

    :param option: what names the database
    :raises tricircle.db.session.DatabaseUnusable: when they are older, or
        newer, or not there
    """
    check_is_known(connection, option)
    found, wanted = central.version_in(connection), central.head()
    if found == wanted:
        return
    place = _place(connection.engine.url)
    there = (
        f'has the tables of Tricircle at version {found}'
        if found
        else 'has no tables of Tricircle'
    )
    raise sessions.DatabaseUnusable(
        f'{option} names {place}, which {there}; this release needs '
        f'{wanted}. Run tricircle-db-manage db_sync.'
    )


def check_is_known(connection: sa.Connection, option: str = OPTION) -> None:
    """Check that this release knows the version of the tables.

    :param option: what names the database
    :raises tricircle.db.session.DatabaseUnusable: when a newer one made them
    """
    found = central.version_in(connection)
    if found is not None and found not in central.versions():
        raise sessions.DatabaseUnusable(
            f'{option} names {_place(connection.engine.url)}, which has the '
            f'tables of Tricircle at version {found}; the newest that this '
            f'release knows is {central.head()}. Install the release that '
            'made them on this host too.'
        )


def check_is_same(conf: cfg.ConfigOpts) -> None:
    """Check that no other database is named as Neutron's.

    :raises tricircle.db.session.DatabaseUnusable: when ``[database]
        connection`` is another one
    """
    conf.register_opts(db_options.database_opts, group='database')
    ours, neutrons = conf.tricircle_db_connection, conf.database.connection
    if ours and neutrons and not sessions.same_database(ours, neutrons):
        raise sessions.DatabaseUnusable(ANOTHER)


def explained(
    conf: cfg.ConfigOpts, exc: Exception
) -> sessions.DatabaseUnusable:
    """Return what went wrong with the database, and what to do.

    Without the URL, which holds the password.
    """
    url = _url(conf)
    place = _place(url)
    orig = _origin(exc)
    numbers = [one for one in orig.args[:1] if isinstance(one, int)]
    number = numbers[0] if numbers else None
    reason = str(orig.args[1] if number and len(orig.args) > 1 else orig)
    reason = ' '.join(reason.split()).rstrip('.')
    text = reason.lower()
    if _DISTRUST in text:
        return sessions.DatabaseUnusable(
            f'{OPTION} names {place}, whose certificate is not trusted '
            f'({reason}). Name its authority with ssl_ca in the option, or '
            'correct the host in it.'
        )
    if number in _AWAY or _has(text, _TEXTS_AWAY, number):
        return DatabaseAway(
            f'{OPTION} names {place}, which does not answer ({reason}). '
            'Start it, or correct the option.'
        )
    if number in _CREDENTIALS or _has(text, _TEXTS_CREDENTIALS, number):
        remedy = (
            f'refuses the user {url.username} ({reason}). Correct the user '
            'and the password in the option, or grant access.'
        )
    elif number in _NO_DATABASE or _has(text, ('does not exist',), number):
        remedy = (
            f'is not there ({reason}). Correct the option, or make the '
            'database and run neutron-db-manage upgrade heads.'
        )
    elif number in _NO_RIGHTS or _has(text, ('permission denied',), number):
        remedy = (
            f'the user {url.username} may not use ({reason}). Grant all '
            'rights on it, as central Neutron has.'
        )
    else:
        remedy = f'refused: {reason}'
    return sessions.DatabaseUnusable(f'{OPTION} names {place}, which {remedy}')


def _has(text: str, parts: tuple[str, ...], number: int | None) -> bool:
    return number is None and any(part in text for part in parts)


def _origin(exc: BaseException) -> BaseException:
    """Return the driver's own exception."""
    while True:
        inner = getattr(exc, 'orig', None) or getattr(
            exc, 'inner_exception', None
        )
        if not isinstance(inner, BaseException) or inner is exc:
            return exc
        exc = inner


def _url(conf: cfg.ConfigOpts) -> sa.URL:
    text = sessions.connection(conf)
    try:
        url = sa_engine.make_url(text)
        url.get_dialect().import_dbapi()
    except (sa_exc.ArgumentError, ValueError) as exc:
        raise sessions.DatabaseUnusable(
            f'{OPTION} is no URL of a database: write '
            'mysql+pymysql://user:password@host/neutron.'
        ) from exc
    except (sa_exc.NoSuchModuleError, ImportError) as exc:
        raise sessions.DatabaseUnusable(
            f'{OPTION} names a kind of database or a driver that is not '
            f'installed ({exc}): write mysql+pymysql://..., or install it.'
        ) from exc
    return url


def _place(url: sa.URL) -> str:
    """Return where a database is, without the user and the password."""
    if not url.host:
        return f'the database {url.database}'
    port = f' port {url.port}' if url.port else ''
    return f'the database {url.database} at {url.host}{port}'
