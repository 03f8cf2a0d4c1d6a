# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Documents of networks, made from central's database."""

from collections.abc import Collection

from sqlalchemy import orm

from tricircle.db.central import qos_policies
from tricircle.db.central import sources
from tricircle.db.central.network import pools as subnet_pools
from tricircle.db.central.network import reads as networks
from tricircle.plan import network as network_plan
from tricircle.plan import state
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import Generation


def network(
    network: state.Network,
    region_name: str,
    generation: Generation,
    requires: tuple[Document, ...] = (),
) -> Document:
    """Return the document of a network.

    :param requires: of the pools of its subnets, and of its QoS policy

    :raises MissingReservation: when it lacks addresses in the region
    """
    if not network_plan.is_complete(network):
        raise sources.MissingReservation(network.id, region_name)
    body, omitted = network_plan.body(network)
    return Document(
        type=types.NETWORK,
        id=network.id,
        region=region_name,
        generation=generation,
        body=dict(body),
        requires=requires,
        omitted=omitted,
    )


def with_required(
    session: orm.Session,
    found: Collection[state.Network],
    region_name: str,
    ages: sources.Ages,
    generations: sources.Generations,
) -> dict[str, Document]:
    """Return the documents of networks, with those that they require.

    Of the pools of their subnets, and of their QoS policies; without a
    statement where there are none.

    :param ages: generations of the networks, read before
    :raises MissingReservation: when one lacks addresses in the region
    """
    pools = {one.id: network_plan.subnet_pools(one) for one in found}
    documents_of = subnet_pools.documents(
        session, frozenset().union(*pools.values()), region_name, generations
    )
    documents_of |= qos_policies.documents(
        session,
        (one.qos_policy_id for one in found),
        region_name,
        generations,
    )
    return {
        one.id: network(
            one,
            region_name,
            ages[types.NETWORK, one.id],
            sources.flat(
                documents_of[key]
                for key in (*sorted(pools[one.id]), one.qos_policy_id)
                if key in documents_of
            ),
        )
        for one in found
    }


def documents(
    session: orm.Session,
    ids: list[str],
    region_name: str,
    generations: sources.Generations,
) -> dict[str, Document]:
    """Return documents of networks."""
    ages = generations(
        session, [(types.NETWORK, one) for one in ids], region_name
    )
    found = networks.read(session, ids, region_name)
    return with_required(
        session, found.values(), region_name, ages, generations
    )
