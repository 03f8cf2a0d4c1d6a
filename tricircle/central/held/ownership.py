# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What of Neutron's in central is Tricircle's own, and kept from harm.

The ports that are reserved for regions (``reserved_ports``), and the bridge
networks between the pieces of routers (``bridge_networks``) with all that is
on them. They are known by these tables alone: no attribute of a port or
network tells, since callers can change those. Whoever asks, also an
administrator, is refused what would break them. What Neutron does by itself
when a user's network goes, and what central does, is not.
"""

from collections.abc import Iterator, Mapping
import contextlib
import contextvars
from typing import Any, Final

from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central.held import ports as held_ports
from tricircle.plan import state
from tricircle.replica import held_ports as replica_held_ports

#: What an administrator may change of what is Tricircle's: it means nothing
#: to anybody but people. Tags have an API of their own, and are free too.
FREE: Final = frozenset(['name', 'description'])

_acting: contextvars.ContextVar[bool] = contextvars.ContextVar(
    'tricircle_acting_on_its_own', default=False
)


class ReservedForRegion(n_exc.Conflict):
    """A port that central holds for a region."""

    message = (
        'Port %(port_id)s cannot be %(change)s: it is %(purpose)s of region '
        '%(region)s. It is given back when its subnet or network is deleted, '
        'its router is changed, or the region leaves; only its name, '
        'description and tags can be changed.'
    )


class BridgeNetworkProtected(n_exc.Conflict):
    """A network over which the pieces of routers meet."""

    message = (
        'Network %(network_id)s is a bridge network, over which the pieces '
        'of routers in several regions meet: %(change)s. It is deleted when '
        'the last router is off it; only name, description and tags can be '
        'changed.'
    )


@contextlib.contextmanager
def acting() -> Iterator[None]:
    """Say that what is done in here central, or Neutron, does by itself."""
    token = _acting.set(True)
    try:
        yield
    finally:
        _acting.reset(token)


def is_acting() -> bool:
    """Tell whether central, or Neutron, does by itself what is being done."""
    return _acting.get()


def held(session: orm.Session, port_id: str) -> state.Held | None:
    """Return what a port is held for; None of anybody else's port."""
    found = held_ports.noted(
        session, central_models.ReservedPort.port_id == port_id
    )
    return found[0] if found else None


def is_reserved(session: orm.Session, port_id: str) -> bool:
    """Tell whether central holds a port for a region."""
    return held(session, port_id) is not None


def is_bridge(session: orm.Session, network_id: str) -> bool:
    """Tell whether a network is one between the pieces of routers."""
    row = central_models.BridgeNetwork
    return (
        session.scalar(
            sa.select(row.network_id).where(row.network_id == network_id)
        )
        is not None
    )


def bridge_of_subnet(session: orm.Session, subnet_id: str) -> str | None:
    """Return the bridge network that a subnet is on; None of any other."""
    row, subnet = central_models.BridgeNetwork, tables.subnets
    return session.scalar(
        sa.select(row.network_id)
        .join(subnet, subnet.c.network_id == row.network_id)
        .where(subnet.c.id == subnet_id)
    )


def changed(body: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """Return what a request would change of what is not free."""
    return sorted(
        name
        for name, value in body.items()
        if name not in FREE and current.get(name) != value
    )


def check_port(context: Any, port_id: str, change: str) -> None:
    """Refuse to do something with a port that central holds.

    :param change: as in 'cannot be ...'
    :raises ReservedForRegion: 409
    """
    if _acting.get():
        return
    with db_api.CONTEXT_READER.using(context):
        check_port_in(context.session, port_id, change)


def check_port_in(session: orm.Session, port_id: str, change: str) -> None:
    """Do the same in the caller's transaction."""
    found = None if _acting.get() else held(session, port_id)
    if found is not None:
        raise ReservedForRegion(
            port_id=port_id,
            change=change,
            purpose=replica_held_ports.RULES[found.kind].purpose,
            region=found.region_name,
        )


def check_network(context: Any, network_id: str, change: str) -> None:
    """Refuse to do something with a bridge network.

    :param change: what cannot be, as a clause
    :raises BridgeNetworkProtected: 409
    """
    if _acting.get():
        return
    with db_api.CONTEXT_READER.using(context):
        found = is_bridge(context.session, network_id)
    if found:
        raise BridgeNetworkProtected(network_id=network_id, change=change)


def check_subnet(context: Any, subnet_id: str, change: str) -> None:
    """Refuse to do something with a subnet of a bridge network.

    :param change: what cannot be, as a clause
    :raises BridgeNetworkProtected: 409
    """
    if _acting.get():
        return
    with db_api.CONTEXT_READER.using(context):
        network_id = bridge_of_subnet(context.session, subnet_id)
    if network_id is not None:
        raise BridgeNetworkProtected(network_id=network_id, change=change)
