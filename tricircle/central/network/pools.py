# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Subnet pools in regions: they follow the networks of their subnets."""

from collections.abc import Iterable

from neutron.db import models_v2
from sqlalchemy import orm

from tricircle.central.engine import intents
from tricircle.central.engine import presence
from tricircle.db.central import documents as central_state
from tricircle.db.central import presence as presence_db
from tricircle.db.central.network import pools as subnet_pools
from tricircle.plan import network as network_plan
from tricircle.replica import types


def follow(
    session: orm.Session, pod: presence_db.Pod, pool_ids: Iterable[str]
) -> None:
    """Give a region pools, and their address scopes.

    In the transaction of the caller, without a statement where there are no
    pools. Pools that the region has already are left alone: whatever gave
    them to it gave their scopes, and :func:`changed` what they got since.
    """
    wanted = set(pool_ids)
    if not wanted:
        return
    absent = wanted - presence_db.present_in(
        session, types.SUBNET_POOL, wanted, pod.pod_id
    )
    if not absent:
        return
    scopes = subnet_pools.scopes(session, absent)
    for resource_type, ids in (
        (types.ADDRESS_SCOPE, {one for one in scopes.values() if one}),
        (types.SUBNET_POOL, absent),
    ):
        presence.give(
            session,
            pod,
            resource_type,
            central_state.projects(session, resource_type, ids),
        )


def follow_subnets(
    session: orm.Session, network_id: str, pool_id: str | None
) -> None:
    """Give the regions of a network the pool of subnets on it.

    In the transaction that makes the subnets, or puts them into the pool.
    """
    if pool_id in (None, network_plan.DELEGATED):
        return
    for pod in presence_db.pods_to_tell(session, types.NETWORK, network_id):
        follow(session, pod, [str(pool_id)])


def onboarded(
    session: orm.Session, network_ids: Iterable[str], pool_id: str
) -> None:
    """Record that the subnets of networks are in a pool from now on."""
    for network_id in sorted(set(network_ids)):
        if intents.changed(session, types.NETWORK, network_id):
            follow_subnets(session, network_id, pool_id)


def changed(session: orm.Session, pool_id: str) -> None:
    """Record a change of a pool; its regions get its scope, too.

    In the transaction of the change, before it is written.
    """
    if not intents.changed(session, types.SUBNET_POOL, pool_id):
        return
    pool = session.get(models_v2.SubnetPool, pool_id)
    if pool is None or pool.address_scope_id is None:
        return
    scope = central_state.projects(
        session, types.ADDRESS_SCOPE, [pool.address_scope_id]
    )
    for pod in presence_db.pods_to_tell(session, types.SUBNET_POOL, pool_id):
        presence.give(session, pod, types.ADDRESS_SCOPE, scope)
