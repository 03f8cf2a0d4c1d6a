# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Reading what central holds for regions.

What each kind of such a port comes with stands in
:mod:`tricircle.replica.held_ports`.
"""

import dataclasses
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import rows as central_rows
from tricircle.plan import state

_NOTE, _POD = central_models.ReservedPort, central_models.Pod
_NOTED: Final = (
    _NOTE.port_id,
    _NOTE.kind,
    _NOTE.network_id,
    _POD.region_name,
    _NOTE.subnet_id,
    _NOTE.router_id,
)


def noted(session: orm.Session, *conditions: Any) -> list[state.Held]:
    """Return what is held by its notes, whatever became of the ports.

    :param conditions: of ``ReservedPort`` and ``Pod``
    """
    return [
        state.Held(*row)
        for row in session.execute(
            sa.select(*_NOTED)
            .join(_POD, _POD.pod_id == _NOTE.pod_id)
            .where(*conditions)
            .order_by(_NOTE.port_id)
        )
    ]


def read(session: orm.Session, *conditions: Any) -> list[state.Held]:
    """Return the held ports that are there, with their addresses.

    :param conditions: see :func:`noted`
    """
    port, given = tables.ports, tables.allocations
    rows = session.execute(
        sa.select(
            *_NOTED,
            port.c.mac_address,
            given.c.subnet_id.label('on_subnet_id'),
            given.c.ip_address,
        )
        .join(_POD, _POD.pod_id == _NOTE.pod_id)
        .join(port, port.c.id == _NOTE.port_id)
        .outerjoin(given, given.c.port_id == _NOTE.port_id)
        .where(*conditions)
    ).all()
    addresses = central_rows.grouped(
        (row for row in rows if row.on_subnet_id is not None),
        'port_id',
        lambda row: state.FixedIP(row.on_subnet_id, row.ip_address),
    )
    return [
        dataclasses.replace(
            state.Held(*row[: len(_NOTED)]),
            mac_address=row.mac_address,
            fixed_ips=addresses[row.port_id],
        )
        for row in {row.port_id: row for row in rows}.values()
    ]
