# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Trunks that users of the region make and change: not of central's ports.

What is made here of a port of central's would hold it here, whatever central
does with it. Neutron's trunk plugin tells of all it does in its transactions.
"""

from collections.abc import Iterable
from typing import Any, Final

from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from sqlalchemy import orm

from tricircle.local.engine import held_ports
from tricircle.local.engine import ledger
from tricircle.local.engine import refusals
from tricircle.local.engine.owner import actor
from tricircle.replica import types

#: What Neutron changes by itself.
_BY_ITSELF: Final = frozenset(['status'])


def subscribe() -> None:
    """Hear of what the trunk plugin does, if there is one."""
    for callback, resource, event in (
        (_created, resources.TRUNK, events.PRECOMMIT_CREATE),
        (_updated, resources.TRUNK, events.PRECOMMIT_UPDATE),
        (_deleted, resources.TRUNK, events.PRECOMMIT_DELETE),
        (_added, resources.SUBPORTS, events.PRECOMMIT_CREATE),
        (_removed, resources.SUBPORTS, events.PRECOMMIT_DELETE),
    ):
        registry.subscribe(callback, resource, event)


def _refuse_ports(
    session: orm.Session, port_ids: Iterable[str], what: str
) -> None:
    """Refuse what is to be done with ports of central's.

    :raises BelongsToCentral: when one is, unless central itself does it
    """
    if actor.is_applying():
        return
    marks = held_ports.OF_CENTRAL
    rows = ledger.rows(
        session, [(kind, one) for one in port_ids for kind in marks]
    )
    owned = [
        row.resource_id for row in rows.values() if row.state in ledger.HELD
    ]
    if owned:
        raise refusals.BelongsToCentral(type='Port', id=min(owned), what=what)


def _refuse(payload: Any, what: str) -> None:
    """Refuse what is to be done with a trunk of central's.

    :raises BelongsToCentral: if so, unless central itself does it
    """
    if actor.is_applying():
        return
    trunk_id = payload.resource_id
    if ledger.held(payload.context.session, types.TRUNK, [trunk_id]):
        raise refusals.BelongsToCentral(type='Trunk', id=trunk_id, what=what)


def _created(resource: str, event: str, trigger: Any, payload: Any) -> None:
    trunk = payload.desired_state
    _refuse_ports(
        payload.context.session,
        [trunk.port_id, *(one.port_id for one in trunk.sub_ports)],
        'make the trunk',
    )


def _updated(resource: str, event: str, trigger: Any, payload: Any) -> None:
    if not _BY_ITSELF.issuperset(payload.request_body or ()):
        _refuse(payload, 'change it')


def _deleted(resource: str, event: str, trigger: Any, payload: Any) -> None:
    _refuse(payload, 'delete it')


def _added(resource: str, event: str, trigger: Any, payload: Any) -> None:
    _refuse(payload, 'add the subports')
    _refuse_ports(
        payload.context.session,
        [one.port_id for one in payload.metadata['subports']],
        'make a trunk with it',
    )


def _removed(resource: str, event: str, trigger: Any, payload: Any) -> None:
    _refuse(payload, 'remove the subports')
