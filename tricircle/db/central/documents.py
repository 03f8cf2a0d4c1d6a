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

from collections.abc import Iterable, Mapping
import dataclasses
from typing import Final

from sqlalchemy import orm

from tricircle.db.central import neutron_tables
from tricircle.db.central import qos_policies
from tricircle.db.central import rows
from tricircle.db.central import sources
from tricircle.db.central.group import address_groups
from tricircle.db.central.group import documents as group_documents
from tricircle.db.central.group import members as group_members
from tricircle.db.central.network import address_scopes
from tricircle.db.central.network import documents as network_documents
from tricircle.db.central.network import pools as subnet_pools
from tricircle.db.central.port import documents as port_documents
from tricircle.db.central.port import shadows
from tricircle.db.central.port import trunks
from tricircle.db.central.router import documents as router_documents
from tricircle.replica import types
from tricircle.replica.document import Document

#: By type, how central's database has them.
KINDS: Final[Mapping[str, sources.Kind]] = {
    types.NETWORK: sources.Kind(network_documents.documents),
    types.PORT: sources.Kind(port_documents.documents, along=trunks.along),
    types.TRUNK: sources.Kind(trunks.documents),
    types.ADDRESS_SCOPE: sources.Kind(
        address_scopes.SOURCE.documents, address_scopes.TABLE
    ),
    types.SUBNET_POOL: sources.Kind(
        subnet_pools.documents, subnet_pools.TABLE
    ),
    types.ADDRESS_GROUP: sources.Kind(
        address_groups.SOURCE.documents, address_groups.TABLE
    ),
    types.QOS_POLICY: sources.Kind(qos_policies.documents, qos_policies.TABLE),
    types.SECURITY_GROUP: sources.Kind(
        group_documents.documents, neutron_tables.groups
    ),
    types.GROUP_MEMBERS: sources.Kind(
        group_members.documents, neutron_tables.groups
    ),
    types.SHADOW_PORTS: sources.Kind(shadows.documents),
    types.ROUTER: sources.Kind(router_documents.documents),
}


def projects(
    session: orm.Session, resource_type: str, ids: Iterable[str]
) -> dict[str, str]:
    """Return the projects of what any region may have, by ID.

    :returns: without what central has not (any more), and nothing of a type
        of which more decides who may have it
    """
    kind = KINDS.get(resource_type)
    if kind is None or kind.anywhere is None:
        return {}
    return rows.projects(session, kind.anywhere, ids)


def documents(
    session: orm.Session,
    resource_type: str,
    ids: Iterable[str],
    region_name: str,
    generations: sources.Generations,
) -> dict[str, Document]:
    """Return the documents of several resources of one type, by ID.

    :param generations: :func:`tricircle.journal.intent.generations`
    :returns: without the resources that central has not (any more)
    :raises MissingReservation: when a network lacks addresses
    """
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return KINDS[resource_type].documents(
        session, wanted, region_name, generations
    )


def answers(
    session: orm.Session,
    resource_type: str,
    ids: Iterable[str],
    region_name: str,
    generations: sources.Generations,
) -> dict[str, Document]:
    """Return documents as a region gets them that asks, by ID.

    What hangs on them comes along, so that the region asks once.

    :raises MissingReservation: as :func:`documents`
    """
    found = documents(session, resource_type, ids, region_name, generations)
    along = KINDS[resource_type].along
    if along is None or not found:
        return found
    hanging = along(session, found, region_name, generations)
    return found | {
        key: dataclasses.replace(found[key], along=(one,))
        for key, one in hanging.items()
    }


def document(
    session: orm.Session,
    resource_type: str,
    resource_id: str,
    region_name: str,
    generations: sources.Generations,
) -> Document | None:
    """Return the document of a resource, None when central has it not.

    Run it in one transaction, so that everything in it is of one moment.

    :param resource_type: one of :data:`tricircle.replica.kinds.KINDS`
    :param generations: :func:`tricircle.journal.intent.generations`
    :raises MissingReservation: when its network lacks addresses
    """
    return documents(
        session, resource_type, [resource_id], region_name, generations
    ).get(resource_id)
