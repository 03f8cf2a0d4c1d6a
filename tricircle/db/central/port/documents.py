# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Documents of ports, made from central's database."""

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import qos_policies
from tricircle.db.central import sources
from tricircle.db.central.group import documents as group_documents
from tricircle.db.central.group import reads as central_groups
from tricircle.db.central.network import documents as network_documents
from tricircle.db.central.network import reads as central_networks
from tricircle.db.central.port import reads as central_ports
from tricircle.plan import port as port_plan
from tricircle.replica import types
from tricircle.replica.document import Document


def _links(session: orm.Session, ids: list[str]) -> tuple[set[str], set[str]]:
    """Return the networks and the groups of ports."""
    rows = session.execute(
        sa.select(
            tables.ports.c.network_id, tables.port_groups.c.security_group_id
        )
        .select_from(
            tables.ports.outerjoin(
                tables.port_groups,
                tables.port_groups.c.port_id == tables.ports.c.id,
            )
        )
        .where(tables.ports.c.id.in_(ids))
        .distinct()
    ).all()
    return (
        {row.network_id for row in rows},
        {
            row.security_group_id
            for row in rows
            if row.security_group_id is not None
        },
    )


def documents(
    session: orm.Session,
    ids: list[str],
    region_name: str,
    generations: sources.Generations,
) -> dict[str, Document]:
    """Return documents of ports, with all that they lead to."""
    network_ids, group_ids = _links(session, ids)
    if not network_ids:
        return {}
    closure = central_groups.closure(session, group_ids)
    # Generations before what they are the generations of: should the
    # isolation level let changes in between, the state is only newer.
    ages = generations(
        session,
        [
            *((types.PORT, one) for one in ids),
            *((types.NETWORK, one) for one in network_ids),
            *closure,
        ],
        region_name,
    )
    ports = central_ports.read(session, ids)
    networks = network_documents.with_required(
        session,
        central_networks.read(session, network_ids, region_name).values(),
        region_name,
        ages,
        generations,
    )
    groups = group_documents.alone(session, closure, region_name, ages)
    policies = qos_policies.documents(
        session,
        (one.qos_policy_id for one in ports.values()),
        region_name,
        generations,
    )
    made: dict[str, Document] = {}
    for port in ports.values():
        if port.network_id not in networks:
            continue
        body, omitted = port_plan.body(port)
        made[port.id] = Document(
            type=types.PORT,
            id=port.id,
            region=region_name,
            generation=ages[types.PORT, port.id],
            body=dict(body),
            requires=(
                *sources.flat(
                    [
                        networks[port.network_id],
                        *(
                            policies[key]
                            for key in (port.qos_policy_id,)
                            if key in policies
                        ),
                    ]
                ),
                *group_documents.required(groups, port.security_groups),
            ),
            omitted=omitted,
            initial=port_plan.initial(port),
            told=port_plan.told(port, region_name) or {},
        )
    return made
