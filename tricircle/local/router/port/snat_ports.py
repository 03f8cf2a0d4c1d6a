# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports of a distributed router from which the host with its SNAT is reached.

One on each IPv4 subnet that is on it, and one for the IPv6 subnets of a
network, with central's IDs. Neutron removes them by itself with what they
are for.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from neutron_lib import constants

from tricircle.conf import fault_point
from tricircle.local.engine import held_ports
from tricircle.local.router.port import interfaces as router_interfaces
from tricircle.local.router.port import ports as router_ports
from tricircle.replica.body import canonical

_OWNER = constants.DEVICE_OWNER_ROUTER_SNAT


def observe(context: Any, router_id: str) -> list[dict[str, Any]]:
    """Read a router's ports for SNAT back in document form."""
    return canonical.ordered(_here(context, router_id).values())


def remove(
    context: Any, router_id: str, wanted: Iterable[Mapping[str, Any]]
) -> None:
    """Delete those that are not wanted, or are others than wanted."""
    ours = router_ports.ours(context, router_id, router_ports.SNAT)
    if not ours:
        # As with most routers.
        return
    by_id = {one['port_id']: one for one in wanted}
    here = _here(context, router_id)
    for port_id in ours:
        if port_id not in by_id or here.get(port_id) != by_id[port_id]:
            router_ports.delete(context, port_id)


def apply(
    context: Any, router_id: str, wanted: Collection[dict[str, Any]]
) -> None:
    """Make those that lack; no others are there (:func:`remove`)."""
    if not wanted:
        return
    here = _here(context, router_id)
    for one in wanted:
        if one['port_id'] not in here:
            _create(context, router_id, one)


def _here(context: Any, router_id: str) -> dict[str, dict[str, Any]]:
    return router_ports.attached(context, router_id, (_OWNER,))


def _create(context: Any, router_id: str, wanted: dict[str, Any]) -> None:
    port_id = wanted['port_id']
    found = router_ports.claim(context, router_id, router_ports.SNAT, wanted)
    if found is not None:
        # Begun before, or taken over from another router.
        router_ports.delete(context, port_id)
        router_ports.claim(context, router_id, router_ports.SNAT, wanted)
    held_ports.create(
        context,
        {
            'id': port_id,
            'mac_address': wanted['mac_address'],
            'fixed_ips': [dict(one) for one in wanted['fixed_ips']],
        },
        wanted['network_id'],
        _OWNER,
        device_id=router_id,
    )
    fault_point.reach('local.router.snat_port')
    router_interfaces.attach(context, port_id, router_id, _OWNER)
