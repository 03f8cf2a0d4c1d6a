# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What plugins of central's let users have, and no region gets.

It changes no document. States name it, as a session shows it at the time.
"""

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import neutron_tables as tables


def _there_are(session: orm.Session, *where: sa.ColumnElement[bool]) -> bool:
    found = session.scalar(sa.select(sa.exists().where(*where)))
    return bool(found)


def of_network(session: orm.Session, network_id: str) -> tuple[str, ...]:
    """Name the local IPs of a network, if there are any."""
    row = tables.local_ips
    found = _there_are(session, row.c.network_id == network_id)
    return ('network.local_ips',) if found else ()


def of_port(session: orm.Session, port_id: str) -> tuple[str, ...]:
    """Name the logs of a port, if there are any."""
    found = _there_are(session, tables.logs.c.target_id == port_id)
    return ('port.logs',) if found else ()


def of_group(session: orm.Session, group_id: str) -> tuple[str, ...]:
    """Name the logs of a security group, if there are any.

    Its own, or its project's, of all groups.
    """
    row, group = tables.logs, tables.groups
    project_id = session.scalar(
        sa.select(group.c.project_id).where(group.c.id == group_id)
    )
    found = _there_are(
        session,
        sa.or_(
            row.c.resource_id == group_id,
            sa.and_(
                row.c.resource_id.is_(None),
                row.c.target_id.is_(None),
                row.c.project_id == project_id,
            ),
        ),
    )
    return ('security_group.logs',) if found else ()
