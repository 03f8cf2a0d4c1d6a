# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports that a region is to give up, so that another may take them."""

from collections.abc import Iterable
from typing import cast, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import presence
from tricircle.replica import types

_LOCATIONS = cast(sa.Table, central_models.PortLocation.__table__)
#: Of Neutron.
_PORTS: Final = sa.table('ports', sa.column('id'), sa.column('status'))
_DOWN: Final = 'DOWN'


def is_wanted(session: orm.Session, port_id: str, region_name: str) -> bool:
    """Tell whether a region is to give up a port that central keeps.

    XJob then sends ``DELETE /v2.0/replicas/port/{id}?release=true`` in
    place of the port's document, and reports with :func:`finish`.
    """
    return (
        session.scalar(
            sa.select(_LOCATIONS.c.release).where(
                _LOCATIONS.c.port_id == port_id,
                _LOCATIONS.c.pod_id == presence.pod_id(region_name),
            )
        )
        is True
    )


def wanted(
    session: orm.Session, port_ids: Iterable[str], region_name: str
) -> set[str]:
    """Return those of some ports that a region is to give up."""
    return set(
        session.scalars(
            sa.select(_LOCATIONS.c.port_id).where(
                _LOCATIONS.c.port_id.in_(sorted(port_ids)),
                _LOCATIONS.c.pod_id == presence.pod_id(region_name),
                _LOCATIONS.c.release,
            )
        )
    )


def finish(session: orm.Session, port_id: str, region_name: str) -> bool:
    """Free a port that a region gave up, so that another may take it.

    It is down from then on, whatever the region said last: an agent may have
    been late, and said that it had set up what was just unbound.

    :returns: False when the region took it up again meanwhile; the port
        stays there, and another intent has been recorded for it
    """
    # As reports do: the port first, and what is known of its place then.
    status = session.scalar(
        sa.select(_PORTS.c.status)
        .where(_PORTS.c.id == port_id)
        .with_for_update()
    )
    wanted = session.scalar(
        sa.select(_LOCATIONS.c.release)
        .where(
            _LOCATIONS.c.port_id == port_id,
            _LOCATIONS.c.pod_id == presence.pod_id(region_name),
        )
        .with_for_update()
    )
    if not wanted:
        return False
    presence.revoke(session, types.PORT, port_id, region_name)
    if status not in (None, _DOWN):
        session.execute(
            sa.update(_PORTS)
            .where(_PORTS.c.id == port_id)
            .values(status=_DOWN)
        )
    return True
