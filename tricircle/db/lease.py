# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Leases: who may work on what a row stands for, and for how long.

A row has two columns for it, ``lease_owner`` and ``lease_until``. A lease
runs out by the database's clock, whichever host looks; before that only who
is known to be dead loses it (see :mod:`tricircle.db.owner`).
"""

from typing import Any, Final

import sqlalchemy as sa

from tricircle.db import clock

#: What to set when the lease is let go.
NOBODY: Final[dict[str, Any]] = {'lease_owner': None, 'lease_until': None}


def of(owner: str, seconds: float) -> dict[str, Any]:
    """Return what to set when the lease is taken."""
    return {'lease_owner': owner, **renewed(seconds)}


def renewed(seconds: float) -> dict[str, Any]:
    """Return what to set when the lease is kept."""
    return {'lease_until': clock.Now(seconds)}


def is_over(row: Any) -> sa.ColumnElement[bool]:
    """Return the condition that nobody has the lease, or has let it run out.

    :param row: columns of a table, or a model
    """
    return sa.or_(row.lease_until.is_(None), row.lease_until <= clock.Now())
