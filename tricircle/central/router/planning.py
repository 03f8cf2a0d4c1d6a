# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Laying a router out over the regions.

What every region must have of it follows from
:mod:`tricircle.plan.router`. Here central makes what that takes, the
network between the pieces, the presence of networks, the addresses, and
records intents for the regions where something is to change, after any change
that may concern a router (:mod:`tricircle.journal.router_plan`). Every step
can be repeated.
"""

import collections
from collections.abc import Iterable, Mapping
import dataclasses
from typing import Any, Final

from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import l3 as l3_exc
from oslo_log import log as logging

from tricircle.central.engine import regions
from tricircle.central.held import reservations
from tricircle.central.network import presence as network_presence
from tricircle.central.port import router_ports as router_port_locations
from tricircle.central.router import bridge_networks
from tricircle.central.router import pieces as router_pieces
from tricircle.central.router import reservations as router_reservations
from tricircle.conf import fault_point
from tricircle.db import retries
from tricircle.db.central import presence as presence_db
from tricircle.db.central.router import documents as router_documents
from tricircle.db.central.router import pieces as piece_rows
from tricircle.db.central.router import routers as central_routers
from tricircle.journal import intent
from tricircle.journal import router_plan as router_journal
from tricircle.plan import router as router_plan
from tricircle.replica import types
from tricircle.replica.document import Document

LOG = logging.getLogger(__name__)

#: How often what the pieces need may change meanwhile.
_ROUNDS: Final = 5


class NotPlanned(n_exc.Conflict):
    """A router that is not everywhere where it should be; tried again."""

    message = 'Router %(router_id)s is not laid out completely: %(reason)s.'


@dataclasses.dataclass(frozen=True)
class _Outcome:
    """What a plan came to.

    :ivar gone: nothing is left of the router
    :ivar overtaken: something came or went meanwhile, so that a piece lacks
        a network where it is: the look that begins a plan came too early
    :ivar failures: why something could not be had
    """

    gone: bool = False
    overtaken: bool = False
    failures: tuple[str, ...] = ()


def plan(router_id: str) -> bool:
    """Lay a router out; safe to repeat, and in several at once.

    Not to be called in a transaction.

    :returns: whether nothing is left of the router, in central or anywhere
    :raises NotPlanned: 409, when something could not be had, as an address
        on a full subnet; the rest is done all the same
    """
    failures: list[str] = []
    for _round in range(_ROUNDS):
        failures = []
        state = _read(router_id)
        if state is not None:
            state = _join(state, failures)
        outcome: _Outcome = _settle(router_id, _networks(router_id, state))
        fault_point.reach('central.router.planned')
        failures.extend(outcome.failures)
        if not outcome.overtaken or failures:
            break
    else:
        failures = ['what it takes goes on changing']
    bridge_networks.delete_left()
    if failures:
        raise NotPlanned(router_id=router_id, reason='; '.join(failures))
    return outcome.gone


@retries.bounded
def _read(router_id: str) -> router_plan.RouterState | None:
    context = n_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        found: router_plan.RouterState | None = central_routers.read(
            context.session, [router_id]
        ).get(router_id)
    return found


@retries.bounded
def _networks(
    router_id: str, state: router_plan.RouterState | None
) -> list[str]:
    """Return the networks whose addresses the pieces have, or had."""
    found = set()
    if state is not None:
        found = {one.id for one in state.networks}
    bridge = bridge_networks.of_router(router_id)
    if bridge is not None:
        found.add(bridge)
    context = n_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        found |= {
            one.network_id
            for one in router_pieces.held_for(context.session, router_id)
        }
    return sorted(found)


def _join(
    state: router_plan.RouterState, failures: list[str]
) -> router_plan.RouterState | None:
    """Have the networks of all pieces where they must be.

    :returns: the state after that
    """
    if router_plan.lacks_bridge(state):
        try:
            bridge_networks.ensure(
                state.router.id,
                state.router.project_id,
                router_plan.bridge_versions(state),
            )
        except l3_exc.RouterNotFound:
            return None
        again = _read(state.router.id)
        if again is None:
            return None
        state = again
    known = {one.id: one for one in state.networks}
    if state.bridge is not None:
        known[state.bridge.id] = state.bridge
    for piece in router_plan.pieces(state):
        for network_id in piece.networks:
            if piece.region in known[network_id].presences:
                continue
            try:
                network_presence.grant(network_id, piece.region)
            except (n_exc.NotFound, n_exc.IpAddressGenerationFailure) as exc:
                LOG.warning(
                    'Router %s: no network %s in %s: %s',
                    state.router.id,
                    network_id,
                    piece.region,
                    exc,
                )
                failures.append(f'{piece.region}: {exc}')
            fault_point.reach('central.router.joined')
    return state


@retries.bounded
def _settle(router_id: str, network_ids: list[str]) -> _Outcome:
    """Hold, grant and record, in one transaction.

    What else the pieces need was made before, or they have to wait for it.
    """
    context = n_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        router_reservations.lock(session, network_ids)
        there = router_pieces.of_router(session, router_id)
        pods = {one.region_name: one for one in presence_db.pods(session)}
        state = _read_in(session, router_id)
        if state is None:
            return _dissolve(context, router_id, there, pods, network_ids)
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
        changes = _changes(session, state, wanted)
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
        return _Outcome(
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
        one.network_id for one in surplus if one.kind == types.KIND_BRIDGE_LEG
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
    differ = router_journal.differing(
        session,
        region,
        {
            (part.type, part.id): part.digest
            for one in documents
            for part in one.flattened()
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
    pods: Mapping[str, presence_db.Pod],
    network_ids: Iterable[str],
) -> _Outcome:
    """Have the regions delete the pieces of a router that is no more."""
    session = context.session
    intent.record(
        session,
        [
            intent.Intent(types.ROUTER, piece_id, region)
            for piece_id, region in sorted(there)
        ],
    )
    router_journal.forget_removed(session, _piece_ids(router_id))
    router_port_locations.forget_unused(
        session, _piece_ids(router_id), {}, there
    )
    held = router_pieces.held_for(session, router_id)
    names = {one.pod_id: region for region, one in pods.items()}
    free = [
        one
        for one in held
        if (one.router_id, names.get(one.pod_id)) not in there
    ]
    reservations.release(context, [one.port_id for one in free])
    bridge_networks.leave_unused(session, network_ids)
    return _Outcome(gone=not there)


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
    if port_ids:
        reservations.release(context, port_ids)
    return port_ids
