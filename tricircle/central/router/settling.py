# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Settling a plan of a router: hold, grant and record, in one transaction.

The networks that its pieces need are in their regions by then, or the pieces
have to wait for them (:mod:`tricircle.central.router.planning`).
"""

import collections
from collections.abc import Iterable, Mapping
import dataclasses
from typing import Any

from neutron_lib import context as n_context
from neutron_lib.db import api as db_api
from oslo_log import log as logging

from tricircle.central.engine import regions
from tricircle.central.held import reservations
from tricircle.central.port import router_ports as router_port_locations
from tricircle.central.qos import presence as qos_presence
from tricircle.central.router import bridge_networks
from tricircle.central.router import reservations as router_reservations
from tricircle.db import retries
from tricircle.db.central import presence as presence_db
from tricircle.db.central.router import documents as router_documents
from tricircle.db.central.router import pieces as piece_rows
from tricircle.db.central.router import routers as central_routers
from tricircle.journal import intent
from tricircle.journal import router_intents
from tricircle.plan.router import planner as router_plan
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.held_ports import HeldPort

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a plan came to.

    :ivar gone: nothing is left of the router
    :ivar overtaken: something came or went meanwhile, so that a piece lacks
        a network where it is: the look that begins a plan came too early
    :ivar failures: why something could not be had
    """

    gone: bool = False
    overtaken: bool = False
    failures: tuple[str, ...] = ()


@retries.bounded
def settle(router_id: str, network_ids: list[str]) -> Outcome:
    """Hold, grant and record, in one transaction.

    What else the pieces need was made before, or they have to wait for it.
    """
    context = n_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        router_reservations.lock(session, network_ids)
        there = piece_rows.of_router(session, router_id)
        pods = {one.region_name: one for one in presence_db.pods(session)}
        state = _read_in(session, router_id)
        if state is None:
            return _dissolve(context, router_id, there, network_ids)
        state = _release_left(context, state, there)
        state, failures = _hold(context, state, pods)
        wanted = router_plan.pieces(state)
        stale = there - {(one.id, one.region) for one in wanted}
        piece_rows.insert_absent(
            session,
            [
                piece_rows.Placed(
                    one.id,
                    pods[one.region].pod_id,
                    router_id,
                    state.router.project_id,
                )
                for one in wanted
            ],
        )
        changes = _changes(session, state, wanted, pods)
        intent.record(
            session,
            [
                *changes,
                *(
                    intent.Intent(
                        types.ROUTER,
                        piece_id,
                        region,
                        state.router.project_id,
                    )
                    for piece_id, region in sorted(stale)
                ),
            ],
        )
        busy = {
            (one.resource_id, one.region_name)
            for one in changes
            if one.resource_type == types.ROUTER
        } | stale
        surplus = router_plan.surplus(state)
        _release(context, surplus, busy)
        router_port_locations.forget_unused(
            session,
            _piece_ids(router_id),
            {
                (one.id, one.region): router_plan.port_ids(state, one)
                for one in wanted
            },
            busy,
        )
        bridge_networks.leave_unused(
            session, {*network_ids} & _bridges_to_leave(state, surplus)
        )
        return Outcome(
            overtaken=router_plan.lacks_bridge(state)
            or _lacks_network(state, wanted),
            failures=tuple(failures),
        )


def _bridges_to_leave(
    state: router_plan.RouterState, surplus: Iterable[router_plan.Held]
) -> set[str]:
    """Return the bridge networks that a router is to be on no more.

    Also one that it shared with others of its project, before each router
    had one of its own.
    """
    found = {
        one.network_id for one in surplus if one.kind == HeldPort.BRIDGE_LEG
    }
    if state.bridge is not None:
        if router_plan.needs_bridge(state):
            found.discard(state.bridge.id)
        else:
            found.add(state.bridge.id)
    return found


def _lacks_network(
    state: router_plan.RouterState, wanted: Iterable[router_plan.Piece]
) -> bool:
    """Tell whether a piece is to be where a network of it is not yet.

    As of an instance whose request was under way when the plan began, and
    did not see the router.
    """
    present = _presences(state)
    return any(
        piece.region not in present.get(network_id, frozenset())
        for piece in wanted
        for network_id in piece.networks
    )


def _presences(
    state: router_plan.RouterState,
) -> dict[str, frozenset[str]]:
    """Return where the networks of a router are, by ID."""
    present = {one.id: one.presences for one in state.networks}
    if state.bridge is not None:
        present[state.bridge.id] = state.bridge.presences
    return present


def _read_in(session: Any, router_id: str) -> router_plan.RouterState | None:
    return central_routers.read(session, [router_id]).get(router_id)


def _release_left(
    context: Any,
    state: router_plan.RouterState,
    there: set[tuple[str, str]],
) -> router_plan.RouterState:
    """Give back what pieces had that no region has any more.

    Before anything is held: the way out has one address wherever it is.

    :param there: (piece, region) that are there, or on their way
    """
    if not _release(context, router_plan.surplus(state), there):
        return state
    again = _read_in(context.session, state.router.id)
    return again if again is not None else state


def _hold(
    context: Any,
    state: router_plan.RouterState,
    pods: Mapping[str, presence_db.Pod],
) -> tuple[router_plan.RouterState, list[str]]:
    """Hold what the pieces lack, of networks that are where they must be."""
    session = context.session
    present = _presences(state)
    needs = [
        one
        for one in router_plan.missing(state)
        if one.region in present.get(one.network_id or '', frozenset())
    ]
    if not needs:
        return state, []
    failures = router_reservations.hold(context, needs, pods)
    again = _read_in(session, state.router.id)
    # This transaction saw it, and goes on seeing it.
    return again if again is not None else state, failures


def _changes(
    session: Any,
    state: router_plan.RouterState,
    wanted: Iterable[router_plan.Piece],
    pods: Mapping[str, presence_db.Pod],
) -> list[intent.Intent]:
    """Return intents for what regions have not, or have otherwise.

    A piece that cannot be had in full yet waits for what it lacks.
    """
    documents, missing = router_documents.of_state(session, state, wanted)
    for exc in missing:
        LOG.info('Router %s waits: %s', state.router.id, exc)
    by_region = collections.defaultdict(list)
    for one in documents:
        by_region[one.region].append(one)
        if one.type == types.ROUTER:
            qos_presence.follow(
                session, pods[one.region], router_plan.qos_policies(one.body)
            )
    return [
        found
        for region in sorted(by_region)
        for found in _differing(
            session, region, by_region[region], state.router.project_id
        )
    ]


def _differing(
    session: Any, region: str, documents: list[Document], project_id: str
) -> list[intent.Intent]:
    """Return intents for what a region has not, of documents and their own."""
    differ = router_intents.differing(
        session,
        region,
        {
            (part.type, part.id): part.digest
            for one in documents
            for part in one.flattened()
        },
        {
            (one.type, one.id): one.omitted
            for one in documents
            if one.type == types.ROUTER
        },
    )
    # They come along with a router; XJob looks whether they did.
    along = {
        (part.type, part.id)
        for one in documents
        if one.type == types.ROUTER and (one.type, one.id) in differ
        for part in one.requires
    }
    return [
        intent.Intent(
            kind,
            resource_id,
            region,
            project_id,
            delay=regions.grace() if (kind, resource_id) in along else 0.0,
        )
        for kind, resource_id in sorted(differ)
    ]


def _piece_ids(router_id: str) -> tuple[str, str]:
    return router_id, router_plan.north_south_id(router_id)


def _dissolve(
    context: Any,
    router_id: str,
    there: set[tuple[str, str]],
    network_ids: Iterable[str],
) -> Outcome:
    """Have the regions delete the pieces of a router that is no more."""
    session = context.session
    intent.record(
        session,
        [
            intent.Intent(types.ROUTER, piece_id, region)
            for piece_id, region in sorted(there)
        ],
    )
    router_intents.forget_removed(session, _piece_ids(router_id))
    router_port_locations.forget_unused(
        session, _piece_ids(router_id), {}, there
    )
    _release(context, piece_rows.held_for(session, router_id), there)
    bridge_networks.leave_unused(session, network_ids)
    return Outcome(gone=not there)


def _release(
    context: Any,
    surplus: Iterable[router_plan.Held],
    busy: set[tuple[str, str]],
) -> list[str]:
    """Give back what no region uses any more; return what that was.

    :param busy: (piece, region) that have not followed yet
    """
    port_ids = [
        held.port_id
        for held in surplus
        if (held.router_id, held.region_name) not in busy
    ]
    reservations.release(context, port_ids)
    return port_ids
