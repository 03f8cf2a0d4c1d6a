# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is said of a database that cannot be used."""

from oslo_config import cfg
from oslo_db import exception as db_exc
import pymysql
import pytest
import sqlalchemy as sa
from sqlalchemy import exc as sa_exc

from tricircle.conf import database
from tricircle.db import readiness
from tricircle.db import session
from tricircle.db.central import models as central_models
from tricircle.db.migration import central

URL = 'mysql+pymysql://tricircle:secret@db.example:3307/neutron'


@pytest.fixture
def conf():
    found = cfg.ConfigOpts()
    database.register(found)
    found([], project='tricircle')
    found.set_override('tricircle_db_connection', URL)
    return found


class PostgresError(Exception):
    """As psycopg's: a text, and no number."""


def failed(error: Exception) -> Exception:
    return sa_exc.OperationalError('SELECT 1', {}, error)


@pytest.mark.parametrize(
    'error',
    [
        pymysql.err.OperationalError(2003, 'Connection refused'),
        pymysql.err.OperationalError(2013, 'Lost connection'),
        pymysql.err.OperationalError(1040, 'Too many connections'),
        PostgresError('connection to server failed: Connection refused'),
        PostgresError('connection timeout expired'),
        PostgresError('FATAL: the database system is starting up'),
    ],
)
def test_what_may_come_back_is_away(conf, error):
    said = readiness.explained(conf, failed(error))

    assert isinstance(said, readiness.DatabaseAway)
    assert 'the database neutron at db.example port 3307' in str(said)
    assert 'Start it, or correct the option' in str(said)


@pytest.mark.parametrize(
    'error, remedy',
    [
        (
            pymysql.err.OperationalError(1045, "Access denied for user 'x'"),
            'refuses the user tricircle',
        ),
        (
            PostgresError('password authentication failed for user "x"'),
            'refuses the user tricircle',
        ),
        (
            pymysql.err.OperationalError(1049, "Unknown database 'neutron'"),
            'neutron-db-manage upgrade heads',
        ),
        (
            PostgresError('database "neutron" does not exist'),
            'neutron-db-manage upgrade heads',
        ),
        (
            pymysql.err.OperationalError(1142, 'SELECT command denied'),
            'Grant all rights',
        ),
        (PostgresError('permission denied for table'), 'Grant all rights'),
        (PostgresError('something\n  else'), 'refused: something else'),
    ],
)
def test_what_does_not_heal_has_a_remedy(conf, error, remedy):
    said = readiness.explained(conf, failed(error))

    assert not isinstance(said, readiness.DatabaseAway)
    assert remedy in str(said)
    assert readiness.OPTION in str(said)


def test_a_certificate_that_is_not_trusted_is_not_away(conf):
    error = pymysql.err.OperationalError(
        2003,
        "Can't connect to MySQL server on 'db.example' ([SSL: "
        'CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed '
        'certificate (_ssl.c:992))',
    )

    said = readiness.explained(conf, failed(error))

    assert not isinstance(said, readiness.DatabaseAway)
    assert 'ssl_ca' in str(said)


def test_a_file_for_tls_that_is_not_there_is_told(conf, tmp_path):
    conf.set_override(
        'tricircle_db_connection', f'{URL}?ssl_ca={tmp_path}/none.pem'
    )

    with pytest.raises(session.DatabaseUnusable, match='No such file') as said:
        readiness.check(conf)

    assert 'ssl_ca' in str(said.value)
    assert 'secret' not in str(said.value)


def test_the_password_is_not_said(conf):
    said = readiness.explained(
        conf, failed(pymysql.err.OperationalError(1045, 'Access denied'))
    )

    assert 'secret' not in str(said)


def test_what_oslo_db_has_wrapped_is_the_same(conf):
    said = readiness.explained(
        conf,
        db_exc.DBConnectionError(
            failed(pymysql.err.OperationalError(2003, 'refused'))
        ),
    )

    assert isinstance(said, readiness.DatabaseAway)


def test_another_database_than_neutrons_is_refused(conf):
    readiness.check_is_same(conf)
    conf.set_override('connection', f'{URL}2', 'database')

    with pytest.raises(session.DatabaseUnusable, match='names another'):
        readiness.check_is_same(conf)


@pytest.fixture
def connection(tmp_path):
    engine = sa.create_engine(f'sqlite:///{tmp_path}/neutron')
    with engine.connect() as made:
        yield made
    engine.dispose()


def put_version(connection: sa.Connection, version: str) -> None:
    connection.execute(
        sa.text(f'CREATE TABLE {central.VERSION_TABLE} (version_num text)')
    )
    connection.execute(
        sa.text(f"INSERT INTO {central.VERSION_TABLE} VALUES ('{version}')")  # noqa: S608
    )


def test_a_database_without_neutrons_tables_is_not_neutrons(connection):
    with pytest.raises(
        session.DatabaseUnusable, match="not central Neutron's"
    ):
        readiness.check_is_neutrons(connection)


def test_the_tables_of_this_release_are_taken(connection):
    put_version(connection, str(central.head()))

    readiness.check_version(connection)


@pytest.mark.parametrize(
    'version, remedy',
    [('0001', 'db_sync'), ('9999', 'Install the release that made them')],
)
def test_tables_of_another_release_have_a_remedy(connection, version, remedy):
    put_version(connection, version)

    with pytest.raises(session.DatabaseUnusable, match=remedy):
        readiness.check_version(connection)


def test_no_tables_have_a_remedy(connection):
    assert (
        central_models.Pod.__tablename__
        not in sa.inspect(connection).get_table_names()
    )

    with pytest.raises(session.DatabaseUnusable, match='has no tables'):
        readiness.check_version(connection)
