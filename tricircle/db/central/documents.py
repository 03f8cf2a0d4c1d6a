# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Documents, made from central's database.

Both central Neutron, which hands them out in answers, and XJob, which
pushes them, get them here, with any session and without any plugin. How
many statements that takes does not depend on how many subnets, ports or
groups there are; a chain of remote groups takes one for each link.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import groups as central_groups
from tricircle.db.central import networks as central_networks
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import ports as central_ports
from tricircle.plan import network as network_plan
from tricircle.plan import port as port_plan
from tricircle.plan import security_group as group_plan
from tricircle.plan import state
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import Generation

Key = tuple[str, str]


class Generations(Protocol):
    """:func:`tricircle.journal.intent.generations`, a layer above this."""

    def __call__(
        self, session: orm.Session, keys: Iterable[Key], region_name: str
    ) -> Mapping[Key, Generation]:
        """Return the generation of each (type, ID) in a region."""


class MissingReservation(Exception):
    """A network has no gateway or DHCP address for a region yet.

    Only central Neutron can reserve them; see
    :func:`tricircle.central.reserved.reservations.reserve`.

    :ivar network_id: the network
    :ivar region_name: the region
    """

    def __init__(self, network_id: str, region_name: str) -> None:
        super().__init__(
            f'network {network_id} has no addresses reserved for {region_name}'
        )
        self.network_id = network_id
        self.region_name = region_name


def _network(
    network: state.Network, region_name: str, generation: Generation
) -> Document:
    if not network_plan.is_complete(network):
        raise MissingReservation(network.id, region_name)
    body, omitted = network_plan.body(network)
    return Document(
        type=types.NETWORK,
        id=network.id,
        region=region_name,
        generation=generation,
        body=dict(body),
        omitted=omitted,
    )


def _networks(
    session: orm.Session,
    ids: list[str],
    region_name: str,
    generations: Generations,
) -> dict[str, Document]:
    ages = generations(
        session, [(types.NETWORK, one) for one in ids], region_name
    )
    found = central_networks.read(session, ids, region_name)
    return {
        one.id: _network(one, region_name, ages[types.NETWORK, one.id])
        for one in found.values()
    }


def _group(
    group: state.SecurityGroup,
    region_name: str,
    generation: Generation,
    requires: tuple[Document, ...] = (),
) -> Document:
    body, omitted = group_plan.body(group)
    return Document(
        type=types.SECURITY_GROUP,
        id=group.id,
        region=region_name,
        generation=generation,
        body=dict(body),
        requires=requires,
        omitted=omitted,
    )


def _remotes(
    groups: Mapping[str, state.SecurityGroup],
) -> dict[str, list[str]]:
    return {
        group.id: [
            rule.remote_group_id
            for rule in group.rules
            if rule.remote_group_id is not None
        ]
        for group in groups.values()
    }


def _group_closures(
    session: orm.Session,
    ids: list[str],
    region_name: str,
    generations: Generations,
) -> dict[str, Document]:
    keys = [
        (types.SECURITY_GROUP, one)
        for one in central_groups.closure(session, ids)
    ]
    ages = generations(session, keys, region_name)
    found = central_groups.read(session, [one for _, one in keys])
    remotes = _remotes(found)
    alone = {
        one.id: _group(one, region_name, ages[types.SECURITY_GROUP, one.id])
        for one in found.values()
    }
    return {
        one: _group(
            found[one],
            region_name,
            alone[one].generation,
            requires=tuple(
                alone[other]
                for other in sorted(group_plan.closure([one], remotes) - {one})
                if other in alone
            ),
        )
        for one in ids
        if one in found
    }


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


def _ports(
    session: orm.Session,
    ids: list[str],
    region_name: str,
    generations: Generations,
) -> dict[str, Document]:
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
            *((types.SECURITY_GROUP, one) for one in closure),
        ],
        region_name,
    )
    ports = central_ports.read(session, ids)
    networks = {
        one.id: _network(one, region_name, ages[types.NETWORK, one.id])
        for one in central_networks.read(
            session, network_ids, region_name
        ).values()
    }
    groups = central_groups.read(session, closure)
    remotes = _remotes(groups)
    group_documents = {
        one.id: _group(one, region_name, ages[types.SECURITY_GROUP, one.id])
        for one in groups.values()
    }
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
                networks[port.network_id],
                *(
                    group_documents[one]
                    for one in sorted(
                        group_plan.closure(port.security_groups, remotes)
                    )
                    if one in group_documents
                ),
            ),
            omitted=omitted,
        )
    return made


Source = Callable[
    [orm.Session, list[str], str, Generations], dict[str, Document]
]
#: How documents of each type are made; those of shadow ports are added by
#: the module that makes them.
SOURCES: dict[str, Source] = {
    types.NETWORK: _networks,
    types.PORT: _ports,
    types.SECURITY_GROUP: _group_closures,
}


def documents(
    session: orm.Session,
    resource_type: str,
    ids: Iterable[str],
    region_name: str,
    generations: Generations,
) -> dict[str, Document]:
    """Return the documents of several resources of one type, by ID.

    :param generations: :func:`tricircle.journal.intent.generations`
    :returns: without the resources that central has not (any more)
    :raises MissingReservation: when a network lacks addresses
    """
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return SOURCES[resource_type](session, wanted, region_name, generations)


def document(
    session: orm.Session,
    resource_type: str,
    resource_id: str,
    region_name: str,
    generations: Generations,
) -> Document | None:
    """Return the document of a resource, None when central has it not.

    Run it in one transaction, so that everything in it is of one moment.

    :param resource_type: one of :data:`tricircle.replica.types.ALL`
    :param generations: :func:`tricircle.journal.intent.generations`
    :raises MissingReservation: when its network lacks addresses
    """
    return documents(
        session, resource_type, [resource_id], region_name, generations
    ).get(resource_id)
