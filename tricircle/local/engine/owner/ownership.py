# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whose things are, and what of central's a region refuses to write."""

from collections.abc import Iterable, Mapping
import contextlib
import enum
import time
from typing import Any, Final

from neutron.db import models_v2
from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.conf import durations
from tricircle.db import aside
from tricircle.db.local.models import Replica
from tricircle.local.engine import ledger
from tricircle.local.engine import refusals
from tricircle.local.engine.owner import actor
from tricircle.local.process import region
from tricircle.replica import types

#: Networks known to be the region's own, with the moment of the process's
#: clock until which they are for sure.
_own: Final = aside.Aside[Mapping[str, float]]('own_networks')


class Owner(enum.Enum):
    """Whose a network is."""

    CENTRAL = 'central'
    REGION = 'region'
    #: The region's, and central is about to take it over.
    ANNOUNCED = 'announced'
    UNKNOWN = 'unknown'


def owners(context: Any, network_ids: Iterable[str]) -> dict[str, Owner]:
    """Tell whose networks are, in one query on primary keys."""
    wanted = set(network_ids)
    network = models_v2.Network
    central, announced = orm.aliased(Replica), orm.aliased(Replica)
    query = (
        sa.select(
            network.id,
            central.state.label('state'),
            announced.state.label('announced'),
        )
        .outerjoin(
            central,
            sa.and_(
                central.resource_type == types.NETWORK,
                central.resource_id == network.id,
            ),
        )
        .outerjoin(
            announced,
            sa.and_(
                announced.resource_type == ledger.ADOPTION,
                announced.resource_id == network.id,
            ),
        )
        .where(network.id.in_(wanted))
    )
    with db_api.CONTEXT_READER.using(context):
        found = {row.id: row for row in context.session.execute(query)}
    return {one: _owner(found.get(one)) for one in wanted}


def _owner(row: Any) -> Owner:
    if row is None:
        return Owner.UNKNOWN
    if row.state in ledger.HELD:
        return Owner.CENTRAL
    return Owner.REGION if row.announced is None else Owner.ANNOUNCED


def found_by_now(context: Any) -> float:
    """Return until when what is found of owners from now on is for sure.

    To be asked before the look. One in a transaction may see what was.

    :param context: of the look
    :returns: a moment of the process's clock
    """
    if region.in_transaction(context):
        return 0.0
    return time.monotonic() + durations.OWN_NETWORK_SURE


def own_networks(
    context: Any, found: Mapping[str, Owner], until: float
) -> contextlib.AbstractContextManager[None]:
    """Spare further looks at the networks that are the region's own.

    :param found: whose networks are
    :param until: see :func:`found_by_now`
    """
    return _own.said(
        context,
        {
            one: until if owner is Owner.REGION else 0.0
            for one, owner in found.items()
            if owner in (Owner.REGION, Owner.ANNOUNCED)
        },
    )


def is_known_own(context: Any, network_id: str) -> bool:
    """Tell whether a network was found to be the region's own."""
    return network_id in (_own.of(context) or ())


def is_surely_own(context: Any, network_id: str) -> bool:
    """Tell whether central cannot have taken it over since."""
    until = (_own.of(context) or {}).get(network_id, 0.0)
    return time.monotonic() < until


def is_held(
    resource_type: str, ids: list[str]
) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions on the ledger's rows of what belongs to central.

    :param resource_type: as the ledger has it
    :param ids: as a request names them
    """
    belongs: Any = Replica.resource_id.in_(ids)
    if resource_type in (types.SECURITY_GROUP, ledger.FLOATING_IP):
        # A project's default group and floating IPs may have an ID of the
        # region's own.
        belongs = sa.or_(belongs, Replica.local_id.in_(ids))
    return (
        Replica.resource_type == resource_type,
        belongs,
        Replica.state.in_(ledger.HELD),
    )


def _central_ids(resource_type: str, ids: list[str]) -> set[str]:
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        rows = context.session.execute(
            sa.select(Replica.resource_id, Replica.local_id).where(
                *is_held(resource_type, ids)
            )
        )
        return {one for row in rows for one in row if one in ids}


def is_central(resource_type: str, resource_id: str) -> bool:
    """Tell whether a resource belongs to central; one query.

    :param resource_type: as the ledger has it
    """
    return bool(_central_ids(resource_type, [resource_id]))


def refuse(
    resource_type: str, ids: Iterable[Any], noun: str, what: str
) -> None:
    """Refuse when one of these belongs to central; one query.

    :param noun: the resource as the message names it
    :param what: what is to be done in central instead
    :raises BelongsToCentral: if so, unless central itself does it
    """
    wanted = [one for one in ids if isinstance(one, str)]
    if actor.is_applying() or not wanted:
        return
    owned = _central_ids(resource_type, wanted)
    if owned:
        raise refusals.BelongsToCentral(type=noun, id=min(owned), what=what)


def on_own_networks(
    context: Any, network_ids: Iterable[Any], what: str
) -> contextlib.AbstractContextManager[None]:
    """Have something made on networks that must not be central's; one query.

    :param what: what is to be done in central instead
    :returns: in which to make it, see :func:`own_networks`
    :raises BelongsToCentral: if one is, unless central itself does it
    """
    wanted = [one for one in network_ids if isinstance(one, str)]
    if actor.is_applying() or not wanted:
        return contextlib.nullcontext()
    looks = neutron_context.get_admin_context()
    until = found_by_now(looks)
    found = owners(looks, wanted)
    theirs = [one for one in found if found[one] is Owner.CENTRAL]
    if theirs:
        raise refusals.BelongsToCentral(
            type='Network', id=min(theirs), what=what
        )
    return own_networks(context, found, until)
