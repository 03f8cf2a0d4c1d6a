# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""DNS names of ports, which a region's services say as users do in central.

Nova names a port when it boots an instance, and takes the name back when it
deletes that. It does so in its region, and waits for no central. Whoever
named a port last is right: what a region says is taken unless somebody has
changed the name in central since that region last heard of it.
"""

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import neutron_tables as tables
from tricircle.replica import messages


def take(
    session: orm.Session, port_id: str, report: messages.ReportBody
) -> bool:
    """Have central's port show the name that it has in its region.

    In the transaction in which the port is locked. Also where central's API
    shows no names: it tells the other regions, and the next one. An external
    DNS service hears of it from the region, where the port is.

    :returns: whether that is another than before
    """
    if 'dns_name' not in report:
        return False
    table = tables.port_dns
    row = session.execute(
        sa.select(table.c.dns_name).where(table.c.port_id == port_id)
    ).one_or_none()
    name, now = report['dns_name'], row.dns_name if row is not None else ''
    if name == now or now not in report.get('dns_names_before', ()):
        return False
    if row is None:
        session.execute(
            sa.insert(table).values(
                port_id=port_id,
                dns_name=name,
                dns_domain='',
                current_dns_name='',
                current_dns_domain='',
                previous_dns_name='',
                previous_dns_domain='',
            )
        )
    else:
        session.execute(
            sa.update(table)
            .where(table.c.port_id == port_id)
            .values(dns_name=name)
        )
    return True
