# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Trunks, as the engine must know them.

A trunk is in the region that has its parent port, and no region asks for
one: it comes with that port. What is written of one later is seen as
SQLAlchemy writes it, see :mod:`tricircle.central.engine.session_events`.
"""

from collections.abc import Iterable
from typing import Any, Final

from neutron.services.trunk import exceptions as errors
from neutron.services.trunk import models
from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.engine import api
from tricircle.central.engine import intents
from tricircle.central.engine import kinds
from tricircle.central.engine import schemas
from tricircle.central.held import ownership
from tricircle.central.port import presence as port_presence
from tricircle.db import retries
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import presence as presence_db
from tricircle.db.central.port import trunks
from tricircle.replica import types


def _not_found(trunk_id: str) -> n_exc.NotFound:
    return errors.TrunkNotFound(trunk_id=trunk_id)


def subscribe() -> None:
    """Hear of trunks that are made on a port which a region has."""
    registry.subscribe(_created, resources.TRUNK, events.PRECOMMIT_CREATE)
    registry.subscribe(_carries, resources.SUBPORTS, events.PRECOMMIT_CREATE)


def _check(session: orm.Session, port_ids: Iterable[str]) -> None:
    """Refuse what central holds: it is for no instance.

    :raises ReservedForRegion: 409
    """
    for port_id in port_ids:
        ownership.check_port_in(session, port_id, 'put on a trunk')


def _carries(resource: str, event: str, trigger: Any, payload: Any) -> None:
    _check(
        payload.context.session,
        [one.port_id for one in payload.metadata['subports']],
    )


def _created(resource: str, event: str, trigger: Any, payload: Any) -> None:
    trunk = payload.desired_state
    session = payload.context.session
    _check(session, [trunk.port_id, *(one.port_id for one in trunk.sub_ports)])
    _follow_parent(session, trunk.id, trunk.port_id, trunk.project_id)
    intents.changed(session, types.TRUNK, trunk.id, trunk.project_id)


def _changed(session: orm.Session, trunk_id: str) -> None:
    trunk = trunks.get(session, trunk_id)
    if trunk is not None:
        # It may be one of before regions had trunks.
        _follow_parent(session, trunk_id, trunk.parent_id, trunk.project_id)
    intents.changed(session, types.TRUNK, trunk_id)


def _follow_parent(
    session: orm.Session, trunk_id: str, parent_id: str, project_id: str
) -> None:
    """Make a trunk present in the region that has its parent, if one has."""
    location = central_models.PortLocation
    # As it is now: whoever gives the port to a region just then waits for
    # this, by the row of the port, or this has waited for that.
    pod_id = session.scalar(
        sa.select(location.pod_id)
        .where(location.port_id == parent_id, location.piece_id.is_(None))
        .with_for_update(read=True)
    )
    if pod_id is not None:
        presence_db.insert_absent(
            session, pod_id, types.TRUNK, {trunk_id: project_id}
        )


def _grant(trunk_id: str, region_name: str, wanted: kinds.Wanted) -> None:
    """Bring what a trunk carries to the region that has its parent.

    :raises TrunkNotFound: when the region has it not
    """
    context = n_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        trunk = trunks.get(context.session, trunk_id)
        is_there = trunk is not None and trunks.ports_in(
            context.session, [trunk.parent_id], region_name
        )
    if trunk is None or not is_there:
        raise _not_found(trunk_id)
    port_presence.grant(trunk.parent_id, region_name)


class TrunkReplicaController(api.ReplicaController):
    """``/v2.0/trunks/{id}/replicas``."""

    def __init__(self) -> None:
        super().__init__(types.TRUNK)

    def update(
        self, request: Any, id: str, body: Any = None, **identifiers: str
    ) -> dict[str, Any]:
        """Take what a region says: its report, or what all regions say."""
        resource_id = self._id(identifiers)
        self._enforce(request, 'update', {})
        report = schemas.read_of_trunk(body)
        if report is None:
            return super().update(request, id, body, **identifiers)
        self._authorize(request, id)
        _show(resource_id, id, report['status'])
        return {'replica': api.taken(None)}


@retries.bounded
def _show(trunk_id: str, region_name: str, status: str) -> None:
    """Make central's trunk show the status that its region reported.

    Row by row, as with ports: it is no change of central's.

    :raises TrunkNotFound: when the region is not where the trunk is
    """
    context = n_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        if not presence_db.present_in_region(
            context.session, types.TRUNK, [trunk_id], region_name
        ):
            raise _not_found(trunk_id)
        context.session.execute(
            sa.update(tables.trunks)
            .where(tables.trunks.c.id == trunk_id)
            .values(status=status)
        )


KIND: Final = kinds.Kind(
    type=types.TRUNK,
    not_found=_not_found,
    changed=_changed,
    model=models.Trunk,
    grant=_grant,
    tagged={'trunks': models.Trunk.__table__.c.id},
    rows={models.Trunk: 'id', models.SubPort: 'trunk_id'},
    plugin='trunk',
    controller=TrunkReplicaController,
)
