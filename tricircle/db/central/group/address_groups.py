# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Address groups, read from central's database."""

from typing import Final

from neutron.db import rbac_db_models
from neutron.db.models import address_group as models
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import rows as central_rows
from tricircle.db.central import sources
from tricircle.plan import network as network_plan
from tricircle.replica import types
from tricircle.replica.body import bodies

TABLE: Final[sa.Table] = models.AddressGroup.__table__
_ADDRESSES: Final[sa.Table] = models.AddressAssociation.__table__
_RBAC: Final[sa.Table] = rbac_db_models.AddressGroupRBAC.__table__


def _bodies(
    session: orm.Session, ids: list[str]
) -> dict[str, bodies.AddressGroupBody]:
    attributes = tables.standard_attributes
    groups = session.execute(
        sa.select(
            TABLE.c.id,
            TABLE.c.project_id,
            TABLE.c.name,
            attributes.c.description,
        )
        .join(attributes, attributes.c.id == TABLE.c.standard_attr_id)
        .where(TABLE.c.id.in_(ids))
    ).all()
    addresses = central_rows.of(
        session,
        _ADDRESSES.c.address_group_id,
        ids,
        lambda row: str(row.address),
    )
    rbac = central_rows.rbac(session, _RBAC, ids)
    return {
        row.id: bodies.AddressGroupBody(
            address_group=bodies.AddressGroup(
                id=row.id,
                project_id=row.project_id or '',
                name=row.name or '',
                description=row.description or '',
                addresses=sorted(addresses[row.id]),
            ),
            rbac=network_plan.rbac_body(rbac[row.id]),
        )
        for row in groups
    }


SOURCE: Final = sources.Plain(types.ADDRESS_GROUP, _bodies)
