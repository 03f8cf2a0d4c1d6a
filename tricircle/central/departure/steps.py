# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region leaves, step by step; or it is lost, and is not asked.

The pod says what is wanted. Every step looks at what is left and has some of
it done, so that it does not matter who dies in between, or that somebody
stops it. What a region has is taken away by XJob, which plans nothing for a
region that leaves; what central holds for it is given back here.
"""

from typing import Any, Final

from neutron_lib import context as n_context
from neutron_lib.db import api as db_api
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.departure import used_ports
from tricircle.central.held import reservations
from tricircle.central.shadow import chunks as shadow_chunks
from tricircle.conf import fault_point
from tricircle.db import retries
from tricircle.db.central import models as central_models
from tricircle.db.central.models import PodState
from tricircle.db.central.pod import adoptions
from tricircle.db.central.pod import departures
from tricircle.db.central.pod import pods
from tricircle.journal import departures as journal
from tricircle.journal import router_intents
from tricircle.replica import kinds
from tricircle.replica import types

_Pod = central_models.Pod
_Location = central_models.PortLocation
_Piece = central_models.RouterPiece
_Reserved = central_models.ReservedPort
_Routing = central_models.ResourceRouting
#: What uses others goes before them.
_ORDER: Final = tuple(kind.type for kind in reversed(kinds.KINDS))
#: Jobs that a step wants at once, and held ports that it gives back.
_AT_ONCE: Final = 500
_HELD_AT_ONCE: Final = 50


@retries.bounded
def look() -> None:
    """Have regions that leave looked after."""
    context = n_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        found = departures.to_carry_out(context.session)
    if found:
        with db_api.CONTEXT_WRITER.using(context):
            journal.want(context.session, found)


def depart(pod_id: str) -> bool:
    """Take the next step; safe to repeat.

    Not to be called in a transaction.

    :returns: whether there is nothing to be done for the pod (any more)
    """
    for step in (_ports, _present, _held, _end):
        if _run(step, pod_id):
            return True
        fault_point.reach('central.departure.step')
    return False


@retries.bounded
def _run(step: Any, pod_id: str) -> bool:
    context = n_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        # Whoever stops it waits, or has this step see it.
        pod = context.session.get(_Pod, pod_id, with_for_update={'read': True})
        if pod is None or pod.state == PodState.ACTIVE:
            return True
        return bool(step(context, pod))


def _ports(context: Any, pod: Any) -> bool:
    session = context.session
    if pod.state == PodState.LOST:
        used_ports.take_back(session, pod)
        return False
    if pod.forced:
        used_ports.unbind(session, pod)
    # XJob asks the region for it, which refuses what it uses; if forced, it
    # is not asked.
    session.execute(
        sa.update(_Location)
        .where(
            _Location.pod_id == pod.pod_id,
            _Location.piece_id.is_(None),
            _Location.release.is_(pod.forced),
        )
        .values(release=not pod.forced)
    )
    return False


def _present(context: Any, pod: Any) -> bool:
    session = context.session
    if pod.state == PodState.LOST:
        _forget(session, pod)
        return False
    for resource_type in _ORDER:
        if journal.take_away(
            session, pod.pod_id, pod.region_name, resource_type, _AT_ONCE
        ):
            break
    return False


def _forget(session: orm.Session, pod: Any) -> None:
    """Forget what a region has that is lost, but for its ports."""
    router_intents.record(
        session,
        session.scalars(
            sa.select(_Piece.router_id)
            .where(_Piece.pod_id == pod.pod_id)
            .distinct()
        ),
    )
    session.execute(sa.delete(_Piece).where(_Piece.pod_id == pod.pod_id))
    session.execute(
        sa.delete(_Routing).where(
            _Routing.pod_id == pod.pod_id,
            _Routing.resource_type != types.PORT,
        )
    )
    # Of ports that central deleted, and the region did not.
    session.execute(
        sa.delete(_Routing).where(
            _Routing.pod_id == pod.pod_id,
            _Routing.top_id.not_in(
                sa.select(_Location.port_id).where(
                    _Location.pod_id == pod.pod_id
                )
            ),
        )
    )
    journal.forget(session, pod.region_name)
    adoptions.give_up(session, pod.region_name)


def _held(context: Any, pod: Any) -> bool:
    """Give back what central held for what the region has no more."""
    session = context.session
    there = (
        sa.select(sa.literal(1))
        .where(
            _Routing.pod_id == _Reserved.pod_id,
            _Routing.top_id
            == sa.func.coalesce(_Reserved.router_id, _Reserved.network_id),
        )
        .exists()
    )
    reservations.release(
        context,
        list(
            session.scalars(
                sa.select(_Reserved.port_id)
                .where(_Reserved.pod_id == pod.pod_id, ~there)
                .order_by(_Reserved.port_id)
                .limit(_HELD_AT_ONCE)
            )
        ),
        given_up=True,
    )
    has_piece = (
        sa.select(sa.literal(1))
        .where(
            _Routing.pod_id == _Location.pod_id,
            _Routing.top_id == _Location.piece_id,
        )
        .exists()
    )
    shadow_chunks.forget(
        session,
        session.scalars(
            sa.select(_Location.port_id).where(
                _Location.pod_id == pod.pod_id,
                _Location.piece_id.is_not(None),
                ~has_piece,
            )
        ),
    )
    return False


def _end(context: Any, pod: Any) -> bool:
    session = context.session
    if departures.has_something(session, pod.pod_id) or (
        pod.state == PodState.DRAINING
        and (
            journal.is_busy(session, pod.region_name)
            # The region has made a network central's, or is about to: it is
            # given back.
            or adoptions.under_way(session, pod.region_name)
        )
    ):
        return False
    if journal.forget(session, pod.region_name):
        return False
    if pod.ends:
        pods.end(session, pod)
    return True
