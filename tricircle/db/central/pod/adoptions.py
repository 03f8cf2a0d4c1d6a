# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks of regions that become central's: what was asked, how far it is.

An operator asks for it; XJob asks the region, and central's own processes
make the rows. Neutron's tables are read by name: the Admin API does not load
Neutron.
"""

from collections.abc import Sequence
import dataclasses
from typing import Any, cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db.central import models as central_models
from tricircle.db.central import refusals
from tricircle.db.central.job import entries
from tricircle.db.central.models import PodState
from tricircle.db.central.models.adoptions import Adoption
from tricircle.db.central.models.adoptions import AdoptionState
from tricircle.replica import types

_TABLE = cast(sa.Table, Adoption.__table__)
_PODS = cast(sa.Table, central_models.Pod.__table__)
_JOURNAL = entries.JOURNAL
_NETWORKS: Final = sa.table('networks', sa.column('id'))
#: Nothing is left to be done.
OVER: Final = (AdoptionState.DONE.value, AdoptionState.REFUSED.value)
_CANCELLED: Final = 'it was cancelled'
_JOBS: Final = (types.ADOPTION, types.ADOPTION_ROWS)


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far an adoption is.

    :ivar failure: why the last attempt at the next step failed, if it did;
        it is made again
    """

    row: Adoption
    failure: str | None


def ask(
    session: orm.Session,
    region_name: str,
    network_id: str,
    user_id: str | None,
) -> Progress:
    """Have a network of a region become central's; safe to repeat.

    One that was refused is begun again.

    :raises Invalid: when there is no such region
    :raises Conflict: when it leaves, or central has the network already, or
        is adopting it from another region
    """
    _check_pod(session, region_name)
    row = session.get(Adoption, network_id, with_for_update=True)
    if row is not None and row.state not in OVER:
        if row.region_name != region_name:
            raise refusals.Conflict(
                f'Network {network_id} is being adopted from {row.region_name}'
            )
    elif row is not None and _is_adopted(session, row, region_name):
        return Progress(row, None)
    else:
        known = session.scalar(
            sa.select(_NETWORKS.c.id).where(_NETWORKS.c.id == network_id)
        )
        if known is not None:
            raise refusals.Conflict(
                f"Network {network_id} is central's already"
            )
        if row is None:
            row = Adoption(network_id=network_id)
            session.add(row)
        row.region_name = region_name
        row.state = AdoptionState.LOOKING.value
        row.user_id, row.reason, row.word, row.changes = user_id, None, None, 0
        session.flush()
    entry = entries.row(types.ADOPTION, network_id, region_name, None)
    entries.want(session, [entry])
    return get(session, network_id)


def cancel(session: orm.Session, network_id: str) -> Progress:
    """Leave a network to its region; safe to repeat.

    Central keeps nothing. A region that may have given it is asked to take
    it back, when it answers.

    :raises NotFound: when nobody asked for its adoption
    :raises Conflict: when central has it by now
    """
    row = session.get(Adoption, network_id, with_for_update=True)
    if row is None:
        return get(session, network_id)
    if row.state in (AdoptionState.REPORTING, AdoptionState.DONE):
        raise refusals.Conflict(
            f"Network {network_id} is central's by now: only what is under "
            'way can be cancelled'
        )
    if row.state in (AdoptionState.LOOKING, AdoptionState.CHECKING):
        row.state, row.word = AdoptionState.REFUSED.value, None
        row.reason = _CANCELLED
    elif row.state in (AdoptionState.TAKING_OVER, AdoptionState.MAKING):
        row.state, row.reason = AdoptionState.GIVING_BACK.value, _CANCELLED
        entry = entries.row(types.ADOPTION, network_id, row.region_name, None)
        entries.want(session, [entry])
    session.flush()
    return get(session, network_id)


def _check_pod(session: orm.Session, region_name: str) -> None:
    pod = session.execute(
        sa.select(_PODS.c.az_name, _PODS.c.state).where(
            _PODS.c.region_name == region_name
        )
    ).one_or_none()
    if pod is None or not pod.az_name:
        raise refusals.Invalid(
            'region_name names no pod that has networks of its own'
        )
    if pod.state != PodState.ACTIVE:
        raise refusals.Conflict(
            f'{region_name} is {pod.state}, and gets no networks'
        )


def _is_adopted(session: orm.Session, row: Adoption, region_name: str) -> bool:
    return (
        row.state == AdoptionState.DONE
        and row.region_name == region_name
        and session.scalar(
            sa.select(_NETWORKS.c.id).where(_NETWORKS.c.id == row.network_id)
        )
        is not None
    )


def get(session: orm.Session, network_id: str) -> Progress:
    """Return how far the adoption of a network is.

    :raises NotFound: when nobody asked for it
    """
    row = session.get(Adoption, network_id)
    if row is None:
        raise refusals.NotFound(
            'No adoption of a network with this ID could be found'
        )
    return _progress(session, [row])[0]


def find(
    session: orm.Session,
    filters: dict[str, Any],
    marker: str | None,
    limit: int,
) -> list[Progress]:
    """Return adoptions by the ID of the network.

    :param filters: values of columns
    :param marker: ID of the network after which to begin
    """
    query = sa.select(Adoption).where(
        *(_TABLE.c[name] == value for name, value in filters.items())
    )
    if marker is not None:
        query = query.where(Adoption.network_id > marker)
    return _progress(
        session,
        session.scalars(
            query.order_by(Adoption.network_id)
            .limit(limit)
            .options(orm.defer(Adoption.word))
        ).all(),
    )


def _progress(
    session: orm.Session, rows: Sequence[Adoption]
) -> list[Progress]:
    failures = {
        one.resource_id: one.reason
        for one in session.execute(
            sa.select(_JOURNAL.c.resource_id, _JOURNAL.c.reason).where(
                _JOURNAL.c.resource_id.in_(
                    [row.network_id for row in rows if row.state not in OVER]
                ),
                _JOURNAL.c.resource_type.in_(_JOBS),
                _JOURNAL.c.reason.is_not(None),
            )
        )
    }
    return [Progress(row, failures.get(row.network_id)) for row in rows]


def change(
    session: orm.Session,
    network_id: str,
    expected: AdoptionState,
    state: AdoptionState,
    **values: Any,
) -> bool:
    """Note that a step was taken.

    :param expected: what was the next step until now
    :param values: other columns to set
    :returns: whether it was that; else nothing is changed
    """
    result = session.execute(
        sa.update(_TABLE)
        .where(
            _TABLE.c.network_id == network_id,
            _TABLE.c.state == expected.value,
        )
        .values(state=state.value, updated_at=clock.Now(), **values)
    )
    return bool(cast(sa.CursorResult[Any], result).rowcount)


def under_way(
    session: orm.Session, region_name: str, not_in: Sequence[str] = OVER
) -> bool:
    """Tell whether any network of a region is on its way to central.

    :param not_in: states that do not count
    """
    return (
        session.scalar(
            sa.select(_TABLE.c.network_id)
            .where(
                _TABLE.c.region_name == region_name,
                _TABLE.c.state.not_in(not_in),
            )
            .limit(1)
        )
        is not None
    )


def is_taken_over(session: orm.Session, region_name: str) -> bool:
    """Tell whether a region may have given what central is yet to make."""
    return under_way(
        session,
        region_name,
        (*OVER, AdoptionState.LOOKING.value, AdoptionState.CHECKING.value),
    )


def give_up(session: orm.Session, region_name: str) -> None:
    """Adopt nothing of a region that is lost."""
    session.execute(
        sa.update(_TABLE)
        .where(
            _TABLE.c.region_name == region_name,
            _TABLE.c.state.not_in(OVER),
        )
        .values(
            state=AdoptionState.REFUSED.value,
            reason='the region was given up as lost',
            word=None,
            updated_at=clock.Now(),
        )
    )
