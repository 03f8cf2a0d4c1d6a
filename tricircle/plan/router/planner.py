# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The plan of a router: its pieces, and the document of each.

All of this is a function of :class:`tricircle.plan.router.state.RouterState`
alone; the order in which that lists things does not matter.

The way to use it, for whoever plans a router in central:

1. read the state; :func:`pieces` says which routers are to be in which
   regions, and which networks have to be present there with them;
2. if :func:`lacks_bridge`, make the bridge network with subnets of the
   :func:`bridge_versions`; grant the presences; read again;
3. reserve what :func:`missing` names; read again;
4. :func:`bodies` are the documents. What is held and :func:`surplus` can be
   released when the region has followed.
"""

from collections.abc import Mapping
from typing import Any
import uuid

from tricircle.plan import state as network_state
from tricircle.plan.router import body as router_body
from tricircle.plan.router import layout as router_layout
from tricircle.plan.router import pieces as router_pieces
from tricircle.plan.router import routes as router_routes
from tricircle.plan.router.pieces import Need
from tricircle.plan.router.pieces import north_south_id
from tricircle.plan.router.pieces import Piece
from tricircle.plan.router.pieces import Role
from tricircle.plan.router.state import RouterState
from tricircle.plan.state import Held
from tricircle.replica.body import router_bodies
from tricircle.replica.held_ports import HeldPort

__all__ = [
    'Body',
    'Held',
    'Need',
    'Piece',
    'Role',
    'RouterState',
    'beside',
    'bodies',
    'body',
    'body_of',
    'bridge_versions',
    'host_routes',
    'is_complete',
    'lacks_bridge',
    'missing',
    'needs_bridge',
    'north_south_id',
    'pieces',
    'port_ids',
    'possible_ids',
    'qos_policies',
    'region_gateways',
    'surplus',
]

#: A document's body, and the names of what central has and it lacks.
Body = tuple[router_bodies.RouterBody, tuple[str, ...]]


def possible_ids(piece_id: str) -> tuple[str, ...]:
    """Return the central routers that a piece with some ID may be of.

    At most one of them exists: the router of that ID, or the one whose
    north-south piece has it.

    :param piece_id: anything; what is no UUID is the ID of no piece
    """
    try:
        uuid.UUID(piece_id)
    except ValueError:
        return ()
    return piece_id, north_south_id(piece_id)


def pieces(state: RouterState) -> tuple[Piece, ...]:
    """Return the pieces that a router is to have, by region.

    The north-south piece comes last. This needs nothing to be present or
    reserved; each piece says what it needs.
    """
    return router_layout.Layout(state).pieces


def needs_bridge(state: RouterState) -> bool:
    """Tell whether a router needs a bridge network."""
    return any(one.bridged for one in router_layout.Layout(state).pieces)


def lacks_bridge(state: RouterState) -> bool:
    """Tell whether a router needs more of its bridge network than there is.

    That is the network itself, or a subnet of an IP version that the router
    did not route before.
    """
    return router_layout.Layout(state).lacks_bridge


def bridge_versions(state: RouterState) -> tuple[int, ...]:
    """Return the IP versions that its bridge network has to have, sorted."""
    return router_layout.Layout(state).versions


def missing(
    state: RouterState, piece: Piece | None = None
) -> tuple[Need, ...]:
    """Return what central does not hold yet for the pieces.

    :param piece: one piece, as :func:`pieces` gave it for this very state;
        None for all of them
    :returns: also what is held in part, as a leg that lacks the address on
        a new subnet of the bridge network
    """
    layout = router_layout.Layout(state)
    return tuple(
        need
        for one in (layout.pieces if piece is None else (piece,))
        for need in one.needs
        if layout.held(need) is None
    )


def is_complete(state: RouterState, piece: Piece | None = None) -> bool:
    """Tell whether the body of a piece, or of all, has everything in it."""
    return not missing(state, piece)


def port_ids(state: RouterState, piece: Piece) -> frozenset[str]:
    """Return the IDs of the ports that a piece has, as far as they are held.

    :param piece: as :func:`pieces` gave it for this very state
    """
    layout = router_layout.Layout(state)
    found = [layout.held(need) for need in piece.needs]
    own = [one.port_id for one in (*state.interfaces, *state.snat_ports)]
    if state.gateway is not None:
        own.append(state.gateway.port_id)
    return frozenset(own).union(one.port_id for one in found if one)


def surplus(state: RouterState) -> tuple[Held, ...]:
    """Return the legs and interface addresses that no piece needs.

    To be released once the region no longer has the piece, or has its
    latest document.
    """
    layout = router_layout.Layout(state)
    needed = {
        (need.key, need.network_id)
        for one in layout.pieces
        for need in one.needs
    }
    return tuple(
        held
        for held in sorted(state.held_ports, key=lambda one: one.port_id)
        if held.kind != HeldPort.GATEWAY
        and (router_pieces.key_of(held), held.network_id) not in needed
    )


def body(state: RouterState, piece_id: str, region: str) -> Body | None:
    """Return the body of a piece's document, and what is not in it.

    Interfaces and legs for which nothing is held are left out; see
    :func:`is_complete`.

    :param piece_id: ID of the router, or of its north-south piece
    :param region: name of the region
    :returns: None when the region is to have no such piece
    """
    layout = router_layout.Layout(state)
    piece = layout.piece(piece_id, region)
    return router_body.make(layout, piece) if piece else None


def body_of(state: RouterState, piece: Piece) -> Body:
    """Return the body of a piece that :func:`pieces` gave for this state."""
    return router_body.make(router_layout.Layout(state), piece)


def qos_policies(body: Mapping[str, Any]) -> frozenset[str]:
    """Return the IDs of the QoS policies that the body of a piece names."""
    named = (
        body['gateway'],
        *body['floating_ips'],
        *body.get('forwarding_ips', ()),
    )
    return frozenset(
        one['qos_policy_id']
        for one in named
        if one is not None and 'qos_policy_id' in one
    )


def bodies(state: RouterState) -> dict[tuple[str, str], Body]:
    """Return the bodies of all pieces, by ID and region."""
    layout = router_layout.Layout(state)
    return {
        (piece.id, piece.region): router_body.make(layout, piece)
        for piece in layout.pieces
    }


def region_gateways(state: RouterState, region: str) -> Mapping[str, str]:
    """Return by subnet the gateway that a local router is in its region.

    Attaching a subnet to a local router makes that router the default
    gateway of the subnet in the router's region, with whatever address it
    has. Empty for other routers, and for other regions.
    """
    return router_routes.region_gateways(router_layout.Layout(state), region)


def host_routes(
    state: RouterState, region: str
) -> Mapping[str, tuple[network_state.Route, ...]]:
    """Return by subnet the host routes that lead to a router in a region.

    A router that is on a subnet and not its gateway has to be made known
    to the instances: what is not on the region's own piece, they reach
    through that piece's address. They are part of the region's document of
    the subnet's network.

    They are there before the piece, if its address is known then: instances
    learn of them with their first lease, and the first one makes the piece.
    """
    return router_routes.host_routes(router_layout.Layout(state), region)


def beside(state: RouterState) -> Mapping[str, tuple[str, ...]]:
    """Return by region the networks that have host routes and no piece yet.

    Or may have: a router that is not local is on them without being the
    gateway, and they are in a region in which none has an instance. With
    the documents of pieces alone they would not be looked at.
    """
    return router_routes.beside(router_layout.Layout(state))
