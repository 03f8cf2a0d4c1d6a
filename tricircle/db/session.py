# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Sessions of XJob, of the Admin API, and of what central does by itself.

Requests of central have Neutron's own sessions.
"""

from collections.abc import Iterator
import contextlib
from typing import Any

from oslo_config import cfg
from oslo_db import api as oslo_db_api
from oslo_db import options as db_options
from oslo_db.sqlalchemy import enginefacade
from sqlalchemy import engine
from sqlalchemy import orm

from tricircle.conf import database as database_conf


class DatabaseUnusable(RuntimeError):
    """The database cannot be used; the text says why, and what to do."""


class DatabaseNotConfigured(DatabaseUnusable):
    """No database is named."""


#: Decorator of what begins its own transaction here: a deadlock takes away
#: one of two, and then there is room for it. What Neutron runs has
#: :mod:`tricircle.db.retries`, for its errors.
retry = oslo_db_api.wrap_db_retry(
    max_retries=10,
    retry_interval=0.1,
    inc_retry_interval=True,
    max_retry_interval=2,
    retry_on_deadlock=True,
)

_manager = enginefacade.transaction_context()


@enginefacade.transaction_context_provider
class _Context:
    """What enginefacade hangs a session on."""

    session: orm.Session


def configure(conf: cfg.ConfigOpts, kept: int | None = None) -> None:
    """Name the database: ``tricircle_db_connection``.

    Call it once in a process, before any session.

    :param kept: the most connections that stay open while nobody uses them,
        where ``[database] max_pool_size`` does not say; None for oslo.db's
        own default, which is for a few threads
    :raises DatabaseNotConfigured: when the option is not set
    """
    db_options.set_defaults(conf, max_pool_size=kept)
    _manager.configure(
        **{
            'connection': connection(conf),
            'max_pool_size': conf.database.max_pool_size,
            'max_overflow': conf.database.max_overflow,
            # Whether it is there was looked at (tricircle.db.readiness).
            # Later on somebody waits for an answer, or asks again anyway.
            'max_retries': 0,
            'connection_recycle_time': conf.database.connection_recycle_time,
        }
    )


def use(manager: Any) -> None:
    """Take part in the connections that a process has already: Neutron's.

    In place of :func:`configure`.

    :param manager: of Neutron's sessions
    """
    global _manager
    _manager = manager


def connection(conf: cfg.ConfigOpts) -> str:
    """Return the URL of the database.

    :raises DatabaseNotConfigured: when the option is not set
    """
    database_conf.register(conf)
    url = conf.tricircle_db_connection
    if not url:
        raise DatabaseNotConfigured(
            '[DEFAULT] tricircle_db_connection is not set: name central '
            "Neutron's own database."
        )
    return str(url)


def _is_loopback(host: str | None) -> bool:
    return host in (None, '', 'localhost', '127.0.0.1', '::1')


def same_database(url_a: str, url_b: str) -> bool:
    """Tell whether two URLs name one database.

    Driver, credentials and query options make no difference.
    """
    first, second = engine.make_url(url_a), engine.make_url(url_b)
    if first.get_backend_name() != second.get_backend_name() and {
        first.get_backend_name(),
        second.get_backend_name(),
    } != {'mysql', 'mariadb'}:
        return False
    if first.database != second.database:
        return False
    sockets = [one.query.get('unix_socket') for one in (first, second)]
    if any(sockets):
        return sockets[0] == sockets[1]
    hosts = first.host == second.host or (
        _is_loopback(first.host) and _is_loopback(second.host)
    )
    default = {'mysql': 3306, 'mariadb': 3306, 'postgresql': 5432}.get(
        first.get_backend_name()
    )
    return hosts and (first.port or default) == (second.port or default)


@contextlib.contextmanager
def reader() -> Iterator[orm.Session]:
    """A transaction that only reads."""
    with _manager.reader.using(_Context()) as session:
        yield session


@contextlib.contextmanager
def writer() -> Iterator[orm.Session]:
    """A transaction that is committed unless an error leaves the block."""
    with _manager.writer.using(_Context()) as session:
        yield session
