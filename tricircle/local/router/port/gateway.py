# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The gateway of a router replica: a port with central's ID."""

import contextlib
from typing import Any

from neutron_lib.api.definitions import l3 as l3_def

from tricircle.conf import fault_point
from tricircle.local.engine import fixed_ips
from tricircle.local.router import policies
from tricircle.local.router import reads as router_reads
from tricircle.local.router import step
from tricircle.local.router.port import ports as router_ports


def being_set(network_id: str) -> dict[str, Any] | None:
    """Return the gateway of the document that is being applied.

    For the router plugin, which makes the port.
    """
    wanted = step.current().gateway
    if wanted is None or wanted['network_id'] != network_id:
        return None
    return wanted


def _setting(
    wanted: dict[str, Any],
) -> contextlib.AbstractContextManager[None]:
    return step.at(gateway=wanted)


def observe(context: Any, router: dict[str, Any]) -> dict[str, Any] | None:
    """Read a router's gateway back in document form.

    :param router: as :func:`tricircle.local.router.reads.router` has it
    """
    port_id = router['gw_port_id']
    port = router_ports.find(context, port_id) if port_id else None
    if port is None:
        return None
    gateway = {
        **router_ports.project(port),
        'enable_snat': router['enable_snat'],
    }
    if router['gateway_qos_policy_id'] is not None:
        gateway[policies.ATTRIBUTE] = router['gateway_qos_policy_id']
    return gateway


def must_go(
    here: dict[str, Any] | None, wanted: dict[str, Any] | None
) -> bool:
    """Tell whether the gateway there is another port than is wanted."""
    return here is not None and (
        wanted is None
        or any(
            here[key] != wanted[key]
            for key in ('port_id', 'network_id', 'mac_address')
        )
    )


def clear(context: Any, plugin: Any, router_id: str) -> None:
    """Take the gateway off a router; nothing may use it any more."""
    plugin.update_router(
        context, router_id, {'router': {l3_def.EXTERNAL_GW_INFO: None}}
    )
    fault_point.reach('local.router.gateway_cleared')


def remove_strays(context: Any, router_id: str, current: str | None) -> None:
    """Delete what interrupted changes of the gateway left behind.

    :param current: ID of the port that is the gateway
    """
    for port_id in router_ports.ours(context, router_id, router_ports.GATEWAY):
        if port_id != current:
            router_ports.delete(context, port_id)


def apply(
    context: Any,
    plugin: Any,
    document: dict[str, Any],
    wanted: dict[str, Any] | None,
) -> None:
    """Give a router its gateway, which is none or the wanted port now.

    :param document: what is wanted of the router itself
    """
    if wanted is None:
        return
    router_id = document['id']
    router = router_reads.router(context, router_id)
    here = observe(context, router) if router is not None else None
    if here == wanted:
        return
    if here is None:
        router_ports.claim(context, router_id, router_ports.GATEWAY, wanted)
        if not document['distributed']:
            plugin.make_gateway(context, router_id, wanted)
            if policies.ATTRIBUTE not in wanted:
                return
            here = wanted
    info: dict[str, Any] = {
        'network_id': wanted['network_id'],
        'enable_snat': wanted['enable_snat'],
        **policies.change(plugin, wanted),
    }
    if here is None:
        info['external_fixed_ips'] = fixed_ips.to_create(
            context, wanted['fixed_ips']
        )
    elif here['fixed_ips'] != wanted['fixed_ips']:
        info['external_fixed_ips'] = [dict(one) for one in wanted['fixed_ips']]
    with _setting(wanted):
        plugin.update_router(
            context, router_id, {'router': {l3_def.EXTERNAL_GW_INFO: info}}
        )
