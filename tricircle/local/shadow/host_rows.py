# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Rows of the ledger on hosts of other regions, and on who needs them.

A host's agent is needed by the shadow ports on it, and by a document that is
being carried out and names it: its ports are yet to be made. Whoever makes
an agent or takes it away locks its row first; a document has begun, for all
to see, before it asks for its agents.
"""

from collections.abc import Mapping
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.local.models import Replica
from tricircle.db.local.models import State
from tricircle.local.engine import ledger
from tricircle.replica import types

#: Region, and what that region calls the host.
Host = tuple[str, str]


def host_of(detail: Mapping[str, Any]) -> Host:
    """Return the host of a shadow port or agent of a document or a row."""
    return str(detail.get('region', '')), str(detail.get('host', ''))


def agents(session: orm.Session) -> dict[str, dict[str, Any]]:
    """Return the shadow agents as documents have them, by host here."""
    return {
        row.resource_id: ledger.detail(row)
        for row in session.scalars(
            sa.select(Replica).where(
                Replica.resource_type == ledger.SHADOW_AGENT
            )
        )
    }


def by_host(known: Mapping[str, Mapping[str, Any]]) -> dict[Host, str]:
    """Return what the hosts of some agents are called here.

    :param known: see :func:`agents`
    """
    return {host_of(agent): name for name, agent in known.items()}


def names(session: orm.Session) -> dict[Host, str]:
    """Return what the hosts are called here."""
    return by_host(agents(session))


def locked(session: orm.Session, name: str) -> Replica | None:
    """Return a host's row as it is and stays while this transaction lasts.

    To be called before anything else is read in it: what that sees is then
    no older.
    """
    return ledger.locked(session, ledger.SHADOW_AGENT, name)


def is_needed(session: orm.Session, host: Host, but_by: str) -> bool:
    """Tell whether a host's agent has to stay.

    :param but_by: the document that knows by itself what it needs
    """
    region, name = host
    # As the ledger writes it.
    wanted = json.dumps({'host': name, 'region': region}, sort_keys=True)[1:-1]
    return (
        session.scalar(
            sa.select(Replica.resource_id)
            .where(
                sa.or_(
                    Replica.resource_type == ledger.SHADOW_PORT,
                    sa.and_(
                        Replica.resource_type == types.SHADOW_PORTS,
                        Replica.state == State.APPLYING,
                        Replica.resource_id != but_by,
                    ),
                ),
                Replica.detail.contains(wanted, autoescape=True),
            )
            .limit(1)
        )
        is not None
    )
