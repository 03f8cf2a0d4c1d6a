# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Giving up a port, so that another region may have it.

Whether something uses the port is looked at in the transaction that deletes
it, under the row's lock: an instance that is just being bound to it is
either seen, or does not find the port any more.
"""

from collections.abc import Iterator
import contextlib
from typing import Any, Final

from neutron.db import models_v2
from neutron.plugins.ml2 import models as ml2_models
from neutron_lib import constants
from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.conf import durations
from tricircle.db import aside
from tricircle.db import clock
from tricircle.db import retries
from tricircle.db.local.models import Replica
from tricircle.local.engine import ledger
from tricircle.local.engine import refusals
from tricircle.local.port import detail as port_detail
from tricircle.local.telling import outbox
from tricircle.replica import types

#: The port whose deletion is a release.
_releasing: Final = aside.Aside[str]('releasing')


def of(context: Any, port_id: str) -> contextlib.AbstractContextManager[None]:
    """Mark the deletion of a port inside as a release."""
    return _releasing.said(context, port_id)


def check(context: Any, port_id: str) -> None:
    """Refuse if a release would take a port from somebody.

    In the transaction of the deletion; nothing unless that is a release.

    :raises ReplicaInUse: when it is bound, or was asked for a moment ago
    """
    if _releasing.of(context) == port_id:
        check_unused(context.session, port_id)


def check_unused(session: orm.Session, port_id: str) -> None:
    """Refuse if somebody uses a port, or is about to; lock its row.

    :raises ReplicaInUse: when it is bound, or was asked for a moment ago
    """
    port, binding = models_v2.Port, ml2_models.PortBinding
    device_id = session.execute(
        sa.select(port.device_id).where(port.id == port_id).with_for_update()
    ).scalar()
    host = session.execute(
        sa.select(binding.host).where(
            binding.port_id == port_id, binding.status == constants.ACTIVE
        )
    ).scalar()
    if device_id or host:
        raise refusals.ReplicaInUse(
            type=types.PORT,
            id=port_id,
            reason='it is bound to {} for device {}'.format(
                host or 'no host', device_id or 'none'
            ),
        )
    row = ledger.get(session, types.PORT, port_id)
    if row is not None and port_detail.is_kept(row.detail, clock.now(session)):
        raise refusals.ReplicaInUse(
            type=types.PORT,
            id=port_id,
            reason='it was asked for here a moment ago',
        )


def begin(session: orm.Session, port_id: str) -> None:
    """Begin to give a port up, if nobody uses it.

    For what has to go before the port does, such as its trunk: whoever uses
    the port from now on gets it anew, with all of that.

    :raises ReplicaInUse: as :func:`check_unused`
    """
    check_unused(session, port_id)
    row = ledger.locked(session, types.PORT, port_id)
    if row is not None:
        row.detail = port_detail.leaving(row.detail)


def check_stays(row: Replica) -> None:
    """Refuse to use a port that is being given up.

    :param row: the port's in the ledger, locked
    :raises PortLeaving: if so
    """
    if port_detail.is_leaving(row.detail):
        raise refusals.PortLeaving(port_id=row.resource_id)


@contextlib.contextmanager
def kept(port_id: str) -> Iterator[None]:
    """Keep a port for who asked for it, while it comes; tell central then.

    From before anything of it is made here: what was given up before that
    comes anew, and nothing is given up after.

    :param port_id: of a port whose row in the ledger this thread has leased
    """
    _keep(port_id)
    yield
    _tell(port_id)


@retries.bounded
def _keep(port_id: str) -> None:
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        row = ledger.locked(context.session, types.PORT, port_id)
        if row is not None:
            row.detail = port_detail.brought(
                row.detail, clock.now(context.session)
            )


@retries.bounded
def _tell(port_id: str) -> None:
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        if ledger.owned(context.session, types.PORT, port_id) is not None:
            outbox.enqueue(
                context.session, types.PORT, [port_id], durations.USE_AWAITED
            )
