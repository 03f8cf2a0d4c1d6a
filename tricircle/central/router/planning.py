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
:mod:`tricircle.plan.router.planner`. Here central makes what that takes, the
network between the pieces, the presence of networks, the addresses, and
records intents for the regions where something is to change, after any change
that may concern a router (:mod:`tricircle.journal.router_intents`). Every step
can be repeated.
"""

from typing import Final

from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import l3 as l3_exc
from oslo_log import log as logging

from tricircle.central.network import presence as network_presence
from tricircle.central.router import bridge_networks
from tricircle.central.router import settling
from tricircle.conf import fault_point
from tricircle.db import retries
from tricircle.db.central.router import pieces as piece_rows
from tricircle.db.central.router import routers as central_routers
from tricircle.plan.router import planner as router_plan

LOG = logging.getLogger(__name__)

#: How often what the pieces need may change meanwhile.
_ROUNDS: Final = 5


class NotPlanned(n_exc.Conflict):
    """A router that is not everywhere where it should be; tried again."""

    message = 'Router %(router_id)s is not laid out completely: %(reason)s.'


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
        outcome: settling.Outcome = settling.settle(
            router_id, _networks(router_id, state)
        )
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
            for one in piece_rows.held_for(context.session, router_id)
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
