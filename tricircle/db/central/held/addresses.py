# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Rows of what is held until regions have confirmed."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models

_Held = central_models.HeldAddress
#: Of an address that no IPAM has yet: central's looks for its subnet when
#: somebody next wants an address of the network.
NO_SUBNET_YET: Final = ''


def insert(session: orm.Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows; one that is there waits for the later counter."""
    there = {
        (row.network_id, row.ip_address, row.port_id, row.entry_id): row.id
        for row in session.execute(
            sa.select(
                _Held.id,
                _Held.network_id,
                _Held.ip_address,
                _Held.port_id,
                _Held.entry_id,
            ).where(
                _Held.port_id.in_(sorted({row['port_id'] for row in rows}))
            )
        )
    }
    new = []
    for row in rows:
        known = there.get(
            (
                row['network_id'],
                row['ip_address'],
                row['port_id'],
                row['entry_id'],
            )
        )
        if known is None:
            new.append(row)
            continue
        session.execute(
            sa.update(_Held)
            .where(_Held.id == known)
            .values(counter=row['counter'])
        )
    if new:
        session.execute(sa.insert(_Held), new)
