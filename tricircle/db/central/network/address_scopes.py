# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Address scopes, read from central's database."""

from typing import Any, Final

from neutron.db import rbac_db_models
from neutron.db.models import address_scope as models
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import rows as central_rows
from tricircle.db.central import sources
from tricircle.plan import network as network_plan
from tricircle.replica import types

TABLE: Final[sa.Table] = models.AddressScope.__table__
_RBAC: Final[sa.Table] = rbac_db_models.AddressScopeRBAC.__table__


def _bodies(session: orm.Session, ids: list[str]) -> dict[str, dict[str, Any]]:
    scopes = session.execute(
        sa.select(
            TABLE.c.id, TABLE.c.project_id, TABLE.c.name, TABLE.c.ip_version
        ).where(TABLE.c.id.in_(ids))
    ).all()
    rbac = central_rows.rbac(session, _RBAC, ids)
    return {
        row.id: {
            'address_scope': {
                'id': row.id,
                'project_id': row.project_id or '',
                'name': row.name,
                'ip_version': row.ip_version,
            },
            'rbac': network_plan.rbac_body(rbac[row.id]),
        }
        for row in scopes
    }


SOURCE: Final = sources.Plain(types.ADDRESS_SCOPE, _bodies)
