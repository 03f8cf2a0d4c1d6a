# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""QoS policies, read from central's database with their rules."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from neutron.db import rbac_db_models
from neutron.db.qos import models
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import rows as central_rows
from tricircle.db.central import sources
from tricircle.plan import network as network_plan
from tricircle.replica import types
from tricircle.replica.body import bodies
from tricircle.replica.body import canonical
from tricircle.replica.document import Document
from tricircle.replica.kinds import qos_policy as contract

TABLE: Final[sa.Table] = models.QosPolicy.__table__
_RBAC: Final[sa.Table] = rbac_db_models.QosPolicyRBAC.__table__
_DEFAULTS: Final[sa.Table] = models.QosPolicyDefault.__table__
_UNSUPPORTED: Final = ('is_default',)
#: By the type of the rules.
RULE_MODELS: Final[Mapping[str, Any]] = {
    'bandwidth_limit': models.QosBandwidthLimitRule,
    'dscp_marking': models.QosDscpMarkingRule,
    'minimum_bandwidth': models.QosMinimumBandwidthRule,
    'packet_rate_limit': models.QosPacketRateLimitRule,
    'minimum_packet_rate': models.QosMinimumPacketRateRule,
}


def omitted(session: orm.Session, policy_id: str) -> tuple[str, ...]:
    """Name what no region gets of a policy."""
    is_default = session.scalar(
        sa.select(sa.exists().where(_DEFAULTS.c.qos_policy_id == policy_id))
    )
    return _omitted(bool(is_default))


def _omitted(is_default: bool) -> tuple[str, ...]:
    return tuple(f'policy.{one}' for one in _UNSUPPORTED if is_default)


def _rows(session: orm.Session, ids: list[str]) -> list[Any]:
    attributes = tables.standard_attributes
    return list(
        session.execute(
            sa.select(
                TABLE.c.id,
                TABLE.c.project_id,
                TABLE.c.name,
                TABLE.c.standard_attr_id,
                attributes.c.description,
                _DEFAULTS.c.qos_policy_id.label('is_default'),
            )
            .join(attributes, attributes.c.id == TABLE.c.standard_attr_id)
            .outerjoin(_DEFAULTS, _DEFAULTS.c.qos_policy_id == TABLE.c.id)
            .where(TABLE.c.id.in_(ids))
        ).all()
    )


def _rules(
    session: orm.Session, ids: list[str]
) -> dict[str, list[dict[str, Any]]]:
    """Return the rules of policies, in document form and order."""
    found: dict[str, list[dict[str, Any]]] = {one: [] for one in ids}
    for rule_type, model in RULE_MODELS.items():
        table: sa.Table = model.__table__
        names = contract.RULES[rule_type].names
        for row in session.execute(
            sa.select(table).where(table.c.qos_policy_id.in_(ids))
        ):
            found[row.qos_policy_id].append(
                {
                    'type': rule_type,
                    **{name: getattr(row, name) for name in names},
                }
            )
    return {
        policy_id: canonical.ordered(rules)
        for policy_id, rules in found.items()
    }


def documents(
    session: orm.Session,
    policy_ids: Iterable[str | None],
    region_name: str,
    generations: sources.Generations,
) -> dict[str, Document]:
    """Return documents of policies.

    Without a statement where there are no policies.

    :param policy_ids: None among them is nothing
    :returns: by ID of the policy, without those that central has not
    """
    ids = sorted({one for one in policy_ids if one is not None})
    if not ids:
        return {}
    ages = generations(
        session, [(types.QOS_POLICY, one) for one in ids], region_name
    )
    rows = _rows(session, ids)
    rules = _rules(session, ids)
    rbac = central_rows.rbac(session, _RBAC, ids)
    tags = central_rows.tags(session, [row.standard_attr_id for row in rows])
    return {
        row.id: Document(
            type=types.QOS_POLICY,
            id=row.id,
            region=region_name,
            generation=ages[types.QOS_POLICY, row.id],
            body=dict(
                bodies.QosPolicyBody(
                    policy=bodies.QosPolicy(
                        id=row.id,
                        project_id=row.project_id or '',
                        name=row.name or '',
                        description=row.description or '',
                        tags=sorted(tags[row.standard_attr_id]),
                    ),
                    rules=rules[row.id],
                    rbac=network_plan.rbac_body(rbac[row.id]),
                )
            ),
            omitted=_omitted(row.is_default is not None),
        )
        for row in rows
    }
