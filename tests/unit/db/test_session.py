# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which database it is, and how many connections are kept to it."""

from oslo_config import cfg
from oslo_db import options as db_options
import pytest

from tricircle.conf import database
from tricircle.db import session

URL = 'mysql+pymysql://root:a@127.0.0.1/neutron?charset=utf8'


@pytest.mark.parametrize(
    'other',
    [
        'mysql+pymysql://tricircle:b@127.0.0.1/neutron',
        'mysql://root@localhost:3306/neutron?charset=utf8mb4',
        'mariadb+pymysql://root@127.0.0.1:3306/neutron',
    ],
)
def test_driver_credentials_and_options_make_no_difference(other):
    assert session.same_database(URL, other)


@pytest.mark.parametrize(
    'other',
    [
        'mysql+pymysql://root:a@127.0.0.1/tricircle',
        'mysql+pymysql://root:a@10.0.0.1/neutron',
        'mysql+pymysql://root:a@127.0.0.1:3307/neutron',
        'postgresql://root:a@127.0.0.1/neutron',
        'mysql+pymysql://root:a@/neutron?unix_socket=/run/other.sock',
    ],
)
def test_another_database_is_told_apart(other):
    assert not session.same_database(URL, other)


@pytest.fixture
def conf():
    found = cfg.ConfigOpts()
    database.register(found)
    db_options.set_defaults(found)
    found([], project='tricircle')
    found.set_override('tricircle_db_connection', URL)
    return found


@pytest.fixture
def pool(monkeypatch):
    """What is said of the pool, which SQLite has none of."""
    said = {}
    manager = session.enginefacade.transaction_context()
    monkeypatch.setattr(manager, 'configure', said.update)
    monkeypatch.setattr(session, '_manager', manager)
    return said


def test_as_many_connections_are_kept_as_the_process_asks_for(conf, pool):
    session.configure(conf, kept=12)

    assert pool['max_pool_size'] == 12


def test_a_process_that_does_not_ask_has_the_default_of_oslo_db(conf, pool):
    session.configure(conf)

    assert pool['max_pool_size'] == 5


def test_what_the_operator_says_of_the_pool_wins(conf, pool):
    conf.set_override('max_pool_size', 2, 'database')

    session.configure(conf, kept=12)

    assert pool['max_pool_size'] == 2
