# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What one piece of a router translates: floating IPs, ports, helpers.

The piece that does it is a local router's, or the way out of any other.
"""

import dataclasses
import ipaddress

from tricircle.plan.router import routes as router_routes
from tricircle.plan.router import state as router_state
from tricircle.plan.router.layout import Layout
from tricircle.plan.router.pieces import Piece
from tricircle.plan.router.pieces import Role
from tricircle.replica.body import router_bodies


@dataclasses.dataclass
class Translations:
    """What is in the document of a piece, and the names of what is not."""

    floating_ips: list[router_bodies.FloatingIP] = dataclasses.field(
        default_factory=list
    )
    forwarding_ips: list[router_bodies.ForwardingIP] = dataclasses.field(
        default_factory=list
    )
    conntrack_helpers: list[router_bodies.ConntrackHelper] = dataclasses.field(
        default_factory=list
    )
    omitted: list[str] = dataclasses.field(default_factory=list)


def of(layout: Layout, piece: Piece) -> Translations:
    """Return what a piece translates."""
    made = Translations()
    if piece.role is Role.REGULAR:
        return made
    state = layout.state
    for one in sorted(state.floating_ips, key=lambda each: each.id):
        _add_floating_ip(made, layout, piece, one)
    for forwarding_ip in sorted(
        state.forwarding_ips, key=lambda each: each.id
    ):
        _add_forwarding_ip(made, layout, piece, forwarding_ip)
    made.conntrack_helpers = [
        router_bodies.ConntrackHelper(
            id=one.id,
            protocol=one.protocol,
            port=one.port,
            helper=one.helper,
        )
        for one in sorted(state.conntrack_helpers, key=lambda each: each.id)
    ]
    return made


def left_out(layout: Layout, piece: Piece) -> set[str]:
    """Name what a router has and no piece of it does."""
    if piece.role is not Role.REGULAR or layout.north_south_region:
        return set()
    # Without a way out nothing is translated.
    return {
        f'conntrack_helper.{one.id}' for one in layout.state.conntrack_helpers
    }


def _target(
    layout: Layout,
    piece: Piece,
    to: router_state.FloatingIP | router_state.PortForwarding,
) -> str | None:
    """Return the port that a translation is for, as the region knows it."""
    if piece.role is Role.LOCAL:
        return to.fixed_port_id if to.fixed_region == piece.region else None
    leg = layout.leg(piece)
    if leg is None:
        return None
    for one in layout.attachments:
        if one.network.id == to.fixed_network_id and ipaddress.ip_address(
            to.fixed_ip_address
        ) in router_routes.destination(one.subnet.cidr):
            way = router_routes.way_to(layout, piece, one)
            return leg.port_id if way is not None else None
    return None


def _unsupported(
    one: router_state.FloatingIP | router_state.ForwardingIP,
) -> list[str]:
    return [f'floating_ip.{one.id}.{name}' for name in one.unsupported]


def _add_optional(
    body: router_bodies.FloatingIP | router_bodies.ForwardingIP,
    one: router_state.FloatingIP | router_state.ForwardingIP,
) -> None:
    """Add what is left out of a body where there is none."""
    if one.tags:
        body['tags'] = sorted(one.tags)
    if one.qos_policy_id is not None:
        body['qos_policy_id'] = one.qos_policy_id


def _add_floating_ip(
    made: Translations,
    layout: Layout,
    piece: Piece,
    one: router_state.FloatingIP,
) -> None:
    target = None
    if one.floating_network_id in piece.networks:
        target = _target(layout, piece, one)
    if target is None:
        made.omitted.append(f'floating_ip.{one.id}')
        return
    body = router_bodies.FloatingIP(
        id=one.id,
        project_id=one.project_id,
        floating_network_id=one.floating_network_id,
        floating_ip_address=one.floating_ip_address,
        port_id=target,
        fixed_ip_address=one.fixed_ip_address,
        description=one.description,
    )
    _add_optional(body, one)
    made.floating_ips.append(body)
    made.omitted += _unsupported(one)


def _add_forwarding_ip(
    made: Translations,
    layout: Layout,
    piece: Piece,
    one: router_state.ForwardingIP,
) -> None:
    forwardings = []
    for each in sorted(one.forwardings, key=lambda found: found.id):
        target = None
        if one.floating_network_id in piece.networks:
            target = _target(layout, piece, each)
        if target is None:
            made.omitted.append(f'port_forwarding.{each.id}')
            continue
        forwardings.append(
            router_bodies.PortForwarding(
                id=each.id,
                protocol=each.protocol,
                internal_port_id=target,
                internal_ip_address=each.fixed_ip_address,
                internal_port_range=each.internal,
                external_port_range=each.external,
                description=each.description,
            )
        )
    if not forwardings:
        return
    body = router_bodies.ForwardingIP(
        id=one.id,
        project_id=one.project_id,
        floating_network_id=one.floating_network_id,
        floating_ip_address=one.floating_ip_address,
        description=one.description,
        port_forwardings=forwardings,
    )
    _add_optional(body, one)
    made.forwarding_ips.append(body)
    made.omitted += _unsupported(one)
