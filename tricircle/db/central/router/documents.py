# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Documents of routers, made from central's database."""

from collections.abc import Iterable
import dataclasses
from typing import Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import qos_policies
from tricircle.db.central import sources
from tricircle.db.central.network import documents as network_documents
from tricircle.db.central.network import reads as network_rows
from tricircle.db.central.router import routers as central_routers
from tricircle.plan.router import planner as router_plan
from tricircle.plan.router import state as router_state
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import Generation
from tricircle.replica.held_ports import HeldPort

#: Of a document that goes to no region.
_NONE: Final = Generation(0, 0)


class MissingLeg(Exception):
    """A piece of a router has no address yet that central has to reserve.

    Central reserves it when it plans the router.

    :ivar router_id: the central router
    :ivar region_name: region of the piece
    """

    def __init__(self, router_id: str, region_name: str, what: str) -> None:
        super().__init__(
            f'router {router_id} has no {what} reserved for {region_name}'
        )
        self.router_id = router_id
        self.region_name = region_name


def _check(router: router_state.RouterState, piece: router_plan.Piece) -> None:
    """Raise unless everything the piece needs is there.

    :raises MissingReservation: when a network has not been granted yet
    :raises MissingLeg: when an address has not been reserved
    """
    known = {one.id: one for one in router.networks}
    if router.bridge is not None:
        known[router.bridge.id] = router.bridge
    for network_id in piece.networks:
        if piece.region not in known[network_id].presences:
            raise sources.MissingReservation(network_id, piece.region)
    for need in router_plan.missing(router, piece):
        if need.kind == HeldPort.GATEWAY and need.network_id is not None:
            raise sources.MissingReservation(need.network_id, piece.region)
        raise MissingLeg(piece.router_id, piece.region, need.kind)


def _wanted(
    session: orm.Session, ids: Iterable[str], region_name: str
) -> dict[str, tuple[router_state.RouterState, router_plan.Piece]]:
    """Return the pieces that a region is to have, with their routers."""
    names = list(ids)
    routers = central_routers.read(
        session,
        [router for one in names for router in router_plan.possible_ids(one)],
    )
    wanted = {}
    for router in routers.values():
        for piece in router_plan.pieces(router):
            if piece.id in names and piece.region == region_name:
                wanted[piece.id] = (router, piece)
    return wanted


def documents(
    session: orm.Session,
    ids: list[str],
    region_name: str,
    generations: sources.Generations,
) -> dict[str, Document]:
    """Return documents of pieces, with their networks and QoS policies."""
    # Before the state they are the generations of.
    ages = generations(
        session, [(types.ROUTER, one) for one in ids], region_name
    )
    wanted = _wanted(session, ids, region_name)
    for router, piece in wanted.values():
        _check(router, piece)
    network_ids = {
        one for _, piece in wanted.values() for one in piece.networks
    }
    networks = (
        network_documents.documents(
            session, sorted(network_ids), region_name, generations
        )
        if network_ids
        else {}
    )
    made = {
        piece_id: _document(
            router,
            piece,
            ages[types.ROUTER, piece_id],
            sources.flat(
                networks[one] for one in piece.networks if one in networks
            ),
        )
        for piece_id, (router, piece) in wanted.items()
    }
    named = {
        piece_id: router_plan.qos_policies(one.body)
        for piece_id, one in made.items()
    }
    policies = qos_policies.documents(
        session,
        frozenset().union(*named.values()),
        region_name,
        generations,
    )
    return {
        piece_id: dataclasses.replace(
            one,
            requires=sources.flat(
                (
                    *one.requires,
                    *(
                        policies[key]
                        for key in sorted(named[piece_id])
                        if key in policies
                    ),
                )
            ),
        )
        for piece_id, one in made.items()
    }


def of_state(
    session: orm.Session,
    router: router_state.RouterState,
    pieces: Iterable[router_plan.Piece],
) -> tuple[list[Document], list[sources.MissingReservation | MissingLeg]]:
    """Return what regions are to have of a router that has been read.

    In the transaction that it was read in: nothing of it is read again, and
    each network once, whatever it is for. It is to compare with, and has no
    generation.

    :param pieces: that regions are to have
    :returns: documents of pieces, and of networks beside them, and what the
        others lack
    """
    wanted = list(pieces)
    beside = router_plan.beside(router)
    networks = network_rows.read_for(
        session,
        {one for piece in wanted for one in piece.networks}.union(
            *beside.values()
        ),
        sorted({*(piece.region for piece in wanted), *beside}),
    )
    made: list[Document] = []
    missing: list[sources.MissingReservation | MissingLeg] = []
    for piece in wanted:
        there = networks[piece.region]
        try:
            _check(router, piece)
            requires = tuple(
                network_documents.network(there[one], piece.region, _NONE)
                for one in piece.networks
                if one in there
            )
        except (sources.MissingReservation, MissingLeg) as exc:
            missing.append(exc)
        else:
            made.append(_document(router, piece, _NONE, requires))
    for region, ids in beside.items():
        for one in ids:
            if one not in networks[region]:
                continue
            try:
                made.append(
                    network_documents.network(
                        networks[region][one], region, _NONE
                    )
                )
            except sources.MissingReservation as exc:
                missing.append(exc)
    return made, missing


def _document(
    router: router_state.RouterState,
    piece: router_plan.Piece,
    generation: Generation,
    requires: tuple[Document, ...],
) -> Document:
    body, omitted = router_plan.body_of(router, piece)
    return Document(
        type=types.ROUTER,
        id=piece.id,
        region=piece.region,
        generation=generation,
        body=dict(body),
        requires=requires,
        omitted=omitted,
    )


def exists(session: orm.Session, piece_id: str) -> bool:
    """Tell whether central has the router that a piece is of."""
    return bool(routers_of(session, [piece_id]))


def routers_of(
    session: orm.Session, piece_ids: Iterable[str]
) -> dict[str, tuple[str, str]]:
    """Return ID and project of the router that each piece is of.

    :returns: by ID of the piece; without those whose router is gone
    """
    possible = {one: router_plan.possible_ids(one) for one in piece_ids}
    routers = tables.routers
    found = {
        row.id: (str(row.id), row.project_id or '')
        for row in session.execute(
            sa.select(routers.c.id, routers.c.project_id).where(
                routers.c.id.in_(
                    sorted({one for ids in possible.values() for one in ids})
                )
            )
        )
    }
    return {
        piece_id: found[one]
        for piece_id, ids in possible.items()
        for one in ids
        if one in found
    }
