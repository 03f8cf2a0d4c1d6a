# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Looks at what a transaction could not see, once it has committed.

A transaction that finds nothing may have begun before another one committed
what it looks for; and who looks for what the first one does, on behalf of
the other, may come before the first commits. Then neither has seen the
other. Whoever looks again after the commit closes that gap: what was
committed before is seen now, and what is committed later finds all of this.

That somebody has to is a row that commits with the change, so that no
process can die in between. Each transaction has a row of its own: none
waits for another.
"""

from collections.abc import Collection, Mapping
from typing import cast

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models

_LOOKS = cast(sa.Table, central_models.RouterLook.__table__)


def want(session: orm.Session, network_id: str) -> None:
    """Have somebody look for routers on a network, after this commits."""
    session.execute(sa.insert(_LOOKS).values(network_id=network_id))


def wanted(session: orm.Session, limit: int) -> Mapping[int, str]:
    """Return networks to look at, by a key for :func:`done`."""
    rows = session.execute(
        sa.select(_LOOKS.c.id, _LOOKS.c.network_id)
        .order_by(_LOOKS.c.id)
        .limit(limit)
    )
    return {row.id: row.network_id for row in rows}


def done(session: orm.Session, keys: Collection[int]) -> None:
    """Note that some networks were looked at."""
    session.execute(sa.delete(_LOOKS).where(_LOOKS.c.id.in_(sorted(keys))))
