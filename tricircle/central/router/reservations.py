# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Addresses that central holds for the pieces of routers.

A piece has a leg on the bridge network of its router, and an address on
each subnet that it is on and not the gateway of.
"""

from collections.abc import Iterable, Mapping
import ipaddress
from typing import Any

from neutron.ipam import exceptions as ipam_exc
from neutron_lib import exceptions as n_exc
from oslo_db import exception as db_exc
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.held import holding
from tricircle.central.held import reservations
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence as presence_db
from tricircle.db.central.held import ports as held_ports
from tricircle.db.central.network import reads as central_networks
from tricircle.plan import state
from tricircle.plan.router import planner as router_plan
from tricircle.replica.held_ports import HeldPort


def lock(session: orm.Session, network_ids: Iterable[str]) -> None:
    """Let one router after the other be planned on some networks.

    The first statement of a transaction, so that all others see what those
    wrote who had the lock before.
    """
    ids = sorted(set(network_ids))
    if ids:
        session.execute(
            sa.select(tables.networks.c.id)
            .where(tables.networks.c.id.in_(ids))
            .order_by(tables.networks.c.id)
            .with_for_update()
        ).all()


def hold(
    context: Any,
    needs: Iterable[router_plan.Need],
    pods: Mapping[str, presence_db.Pod],
) -> list[str]:
    """Hold what pieces need and lack; safe to repeat.

    :param context: an admin context, in a transaction
    :param pods: by the name of their region
    :returns: why something could not be had, as on a full subnet, or while
        another region has not given up the address of a way out
    """
    failures: list[str] = []
    # What has to have a certain address may have to wait for it, alone.
    wanted: dict[tuple[str, str, bool], list[router_plan.Need]] = {}
    for need in needs:
        if need.network_id is not None and need.region in pods:
            key = need.network_id, need.region, bool(need.addresses)
            wanted.setdefault(key, []).append(need)
    for (network_id, region_name, _), parts in sorted(wanted.items()):
        try:
            with context.session.begin_nested():
                _hold_on(context, network_id, pods[region_name], parts)
        except (
            n_exc.IpAddressGenerationFailure,
            ipam_exc.IpAddressAlreadyAllocated,
        ) as exc:
            failures.append(f'{region_name}: {exc}')
    return failures


def _hold_on(
    context: Any,
    network_id: str,
    pod: presence_db.Pod,
    needs: list[router_plan.Need],
) -> None:
    if any(one.kind == HeldPort.GATEWAY for one in needs):
        reservations.reserve(context, network_id, pod)
    network = central_networks.read(
        context.session, [network_id], pod.region_name
    ).get(network_id)
    if network is None:
        # Deleted since it was read: look again.
        raise db_exc.RetryRequest(n_exc.NetworkNotFound(net_id=network_id))
    holder = holding.Holder(context, network, pod)
    for need in sorted(needs, key=lambda one: one.key):
        _hold(holder, network, need)


def _hold(
    holder: holding.Holder,
    network: state.Network,
    need: router_plan.Need,
) -> None:
    if need.kind == HeldPort.GATEWAY:
        # It came with the network.
        return
    holder.hold(
        holding.Purpose(
            need.kind, subnet_id=need.subnet_id, router_id=need.router_id
        ),
        frozenset(
            [need.subnet_id]
            if need.subnet_id is not None
            else [
                one.id
                for one in network.subnets
                if one.ip_version in need.versions
            ]
        ),
        _by_subnet(network, need.addresses),
    )


def _by_subnet(
    network: state.Network, addresses: Iterable[str]
) -> dict[str, str]:
    return {
        subnet.id: address
        for address in addresses
        for subnet in network.subnets
        if ipaddress.ip_address(address)
        in ipaddress.ip_network(subnet.cidr, strict=False)
    }


def on(session: orm.Session, network_ids: Iterable[str]) -> set[str]:
    """Return which of some bridge networks a leg is held on."""
    note = central_models.ReservedPort
    return {
        one.network_id
        for one in held_ports.noted(
            session,
            note.network_id.in_(sorted(set(network_ids))),
            note.kind == HeldPort.BRIDGE_LEG,
        )
    }
