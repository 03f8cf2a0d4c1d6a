# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Subnet pools, read from central's database, with their address scopes."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from neutron.db import models_v2
from neutron.db import rbac_db_models
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import rows as central_rows
from tricircle.db.central import sources
from tricircle.db.central.network import address_scopes
from tricircle.plan import network as network_plan
from tricircle.replica import types
from tricircle.replica.document import Document

TABLE: Final[sa.Table] = models_v2.SubnetPool.__table__
_PREFIXES: Final[sa.Table] = models_v2.SubnetPoolPrefix.__table__
_RBAC: Final[sa.Table] = rbac_db_models.SubnetPoolRBAC.__table__
#: Attributes that no region gets, by column label.
_UNSUPPORTED: Final = {'is_default': 'is_default'}


def omitted(session: orm.Session, pool_id: str) -> tuple[str, ...]:
    """Name what no region gets of a pool."""
    row = session.execute(
        sa.select(TABLE.c.is_default).where(TABLE.c.id == pool_id)
    ).one_or_none()
    return _omitted(row) if row else ()


def _omitted(row: Any) -> tuple[str, ...]:
    return tuple(
        f'subnetpool.{name}'
        for name in central_rows.names_of(row, _UNSUPPORTED)
    )


def scopes(
    session: orm.Session, pool_ids: Iterable[str]
) -> dict[str, str | None]:
    """Return the ID of each pool's address scope, None without one.

    :returns: by ID of the pool, without those that central has not
    """
    return {
        row.id: row.address_scope_id
        for row in session.execute(
            sa.select(TABLE.c.id, TABLE.c.address_scope_id).where(
                TABLE.c.id.in_(sorted(pool_ids))
            )
        )
    }


def _rows(session: orm.Session, ids: list[str]) -> list[Any]:
    attributes = tables.standard_attributes
    return list(
        session.execute(
            sa.select(
                TABLE.c.id,
                TABLE.c.project_id,
                TABLE.c.name,
                TABLE.c.ip_version,
                TABLE.c.default_prefixlen,
                TABLE.c.min_prefixlen,
                TABLE.c.max_prefixlen,
                TABLE.c.default_quota,
                TABLE.c.address_scope_id,
                TABLE.c.is_default,
                TABLE.c.standard_attr_id,
                attributes.c.description,
            )
            .join(attributes, attributes.c.id == TABLE.c.standard_attr_id)
            .where(TABLE.c.id.in_(ids))
        ).all()
    )


def _body(row: Any, prefixes: Iterable[str]) -> dict[str, Any]:
    body = {
        'id': row.id,
        'project_id': row.project_id or '',
        'name': row.name or '',
        'description': row.description or '',
        'ip_version': row.ip_version,
        'prefixes': sorted(prefixes),
        'default_prefixlen': row.default_prefixlen,
        'min_prefixlen': row.min_prefixlen,
        'max_prefixlen': row.max_prefixlen,
        'default_quota': row.default_quota,
    }
    if row.address_scope_id is not None:
        body['address_scope_id'] = row.address_scope_id
    return body


def documents(
    session: orm.Session,
    pool_ids: Iterable[str],
    region_name: str,
    generations: sources.Generations,
) -> dict[str, Document]:
    """Return documents of pools, which require those of their scopes.

    Without a statement where there are no pools.

    :returns: by ID of the pool, without those that central has not
    """
    ids = sorted(set(pool_ids))
    if not ids:
        return {}
    scope_ids = {one for one in scopes(session, ids).values() if one}
    ages = generations(
        session,
        [
            *((types.SUBNET_POOL, one) for one in ids),
            *((types.ADDRESS_SCOPE, one) for one in scope_ids),
        ],
        region_name,
    )
    rows = _rows(session, ids)
    prefixes = central_rows.grouped(
        session.execute(
            sa.select(_PREFIXES.c.subnetpool_id, _PREFIXES.c.cidr).where(
                _PREFIXES.c.subnetpool_id.in_(ids)
            )
        ),
        'subnetpool_id',
        lambda row: str(row.cidr),
    )
    rbac = central_rows.rbac(session, _RBAC, ids)
    tags = central_rows.tags(session, [row.standard_attr_id for row in rows])
    found = address_scopes.SOURCE.alone(session, scope_ids, region_name, ages)
    return {
        row.id: Document(
            type=types.SUBNET_POOL,
            id=row.id,
            region=region_name,
            generation=ages[types.SUBNET_POOL, row.id],
            body={
                'subnetpool': {
                    **_body(row, prefixes[row.id]),
                    'tags': sorted(tags[row.standard_attr_id]),
                },
                'rbac': network_plan.rbac_body(rbac[row.id]),
            },
            requires=_found(found, row.address_scope_id),
            omitted=_omitted(row),
        )
        for row in rows
    }


def _found(
    scopes_found: Mapping[sources.Key, Document], scope_id: str | None
) -> tuple[Document, ...]:
    one = scopes_found.get((types.ADDRESS_SCOPE, scope_id or ''))
    return (one,) if one is not None else ()
