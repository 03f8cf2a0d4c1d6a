# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The database's clock, the one clock of the journal and of a region.

Leases and moments of the next try are compared by processes on several
hosts. They are written and compared with the clock of the database they
stand in, so that a host whose own clock is wrong takes over no lease early
and holds no job back.
"""

import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext import compiler
from sqlalchemy.sql import functions


class Now(functions.FunctionElement[datetime.datetime]):
    """UTC now in the database, plus some seconds, as a naive datetime.

    :param seconds: how much later than now; rounded to microseconds
    """

    inherit_cache = True
    name = 'tricircle_now'
    type = sa.DateTime()

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(
            sa.literal(round(seconds * 1_000_000), sa.BigInteger())
        )


def now(session: orm.Session) -> datetime.datetime:
    """Return what time it is in the database, for what no column holds."""
    return session.scalars(sa.select(Now())).one()


@compiler.compiles(Now)
def _unknown(element: Now, visitor: Any, **kwargs: Any) -> str:
    raise NotImplementedError(
        f'Tricircle does not run on {visitor.dialect.name}'
    )


@compiler.compiles(Now, 'mysql', 'mariadb')
def _mysql(element: Now, visitor: Any, **kwargs: Any) -> str:
    shift = visitor.process(element.clauses, **kwargs)
    return f'TIMESTAMPADD(MICROSECOND, {shift}, UTC_TIMESTAMP(6))'


@compiler.compiles(Now, 'postgresql')
def _postgresql(element: Now, visitor: Any, **kwargs: Any) -> str:
    shift = visitor.process(element.clauses, **kwargs)
    # Not now(): that is when the transaction began, and a lease taken late
    # in a long transaction would be short.
    return (
        "(timezone('utc', clock_timestamp()) + "
        f"{shift} * interval '1 microsecond')"
    )


@compiler.compiles(Now, 'sqlite')
def _sqlite(element: Now, visitor: Any, **kwargs: Any) -> str:
    shift = visitor.process(element.clauses, **kwargs)
    # The text form that SQLAlchemy stores, so that texts compare as moments.
    return (
        "(strftime('%Y-%m-%d %H:%M:%f', 'now', "
        f"printf('%.6f seconds', {shift} / 1000000.0)) || '000')"
    )
