# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Rows that may be there already, on each database that there is."""

from collections.abc import Iterator
from typing import Any, cast
from unittest import mock

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite

from tricircle.db import upsert

TABLE = sa.Table(
    'things',
    sa.MetaData(),
    sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('name', sa.String(36), unique=True),
    sa.Column('times', sa.Integer, server_default='1'),
)


@pytest.fixture
def session() -> Iterator[orm.Session]:
    engine = sa.create_engine('sqlite://')
    TABLE.create(engine)
    with orm.Session(engine) as made:
        yield made


def again(new: Any) -> upsert.Changes:
    return [('times', TABLE.c.times + 1), ('name', new.name)]


def rows(session: orm.Session) -> list[tuple[Any, ...]]:
    return [
        tuple(one) for one in session.execute(sa.select(TABLE).order_by('id'))
    ]


def test_what_is_there_is_changed_and_the_rest_inserted(
    session: orm.Session,
) -> None:
    for names in (['a'], ['b', 'c']):
        upsert.insert_or_change(
            session,
            TABLE,
            [
                {'id': number, 'name': name}
                for number, name in enumerate(names, 1)
            ],
            again,
        )

    assert rows(session) == [(1, 'b', 2), (2, 'c', 1)]


@pytest.mark.parametrize('more', [[], ['c', 'd']])
def test_what_any_unique_key_keeps_out_stays_as_it_is(
    session: orm.Session, more: list[str]
) -> None:
    upsert.insert_absent(session, TABLE, [{'id': 1, 'name': 'a'}])

    upsert.insert_absent(
        session, TABLE, [{'name': name} for name in ('a', *more)]
    )

    assert [name for _id, name, _times in rows(session)] == ['a', *more]


@pytest.mark.parametrize(
    ('dialect', 'changes', 'leaves'),
    [
        (mysql, 'ON DUPLICATE KEY UPDATE times', 'ON DUPLICATE KEY UPDATE id'),
        (
            postgresql,
            'ON CONFLICT (id) DO UPDATE SET ',
            'ON CONFLICT DO NOTHING',
        ),
        (
            sqlite,
            'ON CONFLICT (id) DO UPDATE SET ',
            'ON CONFLICT DO NOTHING',
        ),
    ],
)
def test_each_dialect_has_its_own_words(
    dialect: Any, changes: str, leaves: str
) -> None:
    session = mock.Mock()
    session.get_bind.return_value.dialect = dialect.dialect()

    upsert.insert_or_change(session, TABLE, [{'id': 1}], again)
    upsert.insert_absent(session, TABLE, [{'name': 'a'}])

    said = [
        str(one.args[0].compile(dialect=dialect.dialect())).replace(
            'things.', ''
        )
        for one in cast(Any, session.execute).call_args_list
    ]
    assert changes in said[0]
    assert said[1].endswith((leaves, f'{leaves} = id'))
