# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What this region has, or has had, of what a request names by ID."""

from collections.abc import Iterable

from neutron.db import models_v2
from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
from oslo_utils import uuidutils
import sqlalchemy as sa

from tricircle.db.local.models import Replica
from tricircle.db.local.models import State
from tricircle.local.engine import kinds
from tricircle.local.engine import ledger
from tricircle.local.engine.owner import shadows
from tricircle.replica import types


def was_given_up(port_id: str) -> bool:
    """Tell whether central had a port removed from this region.

    It comes back when it is used here, not when it is looked at: another
    region may just be getting it.
    """
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        row = ledger.get(context.session, types.PORT, port_id)
        return (
            row is not None
            and row.state == State.DELETED
            and not ledger.detail(row).get('by_region')
        )


def is_shadow(port_id: str) -> bool:
    """Tell whether what is here is the shadow of a port elsewhere."""
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        return bool(shadows.among(context.session, [port_id]))


def unknown(resource_type: str, ids: Iterable[str]) -> list[str]:
    """Return those IDs that central may know and this region does not.

    What is here but hidden from the caller is known. So is what the region
    itself deleted: central is about to hear. A network that somebody is just
    making here is not: who asks for it waits until it is whole.
    """
    wanted = [one for one in dict.fromkeys(ids) if uuidutils.is_uuid_like(one)]
    if not wanted:
        return []
    model = (
        # In the documents of networks.
        models_v2.Subnet
        if resource_type == ledger.SUBNET
        else kinds.model(resource_type)
    )
    here = sa.select(model.id).where(model.id.in_(wanted))
    if resource_type == types.PORT:
        # A shadow is of a port that may come here itself.
        here = here.where(~shadows.is_shadow(model.id))
    if resource_type == types.NETWORK:
        here = here.where(~ledger.half_made(model.id))
    deleted = sa.select(Replica.resource_id, Replica.detail).where(
        Replica.resource_type == resource_type,
        Replica.resource_id.in_(wanted),
        Replica.state == State.DELETED,
    )
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        known = set(context.session.scalars(here))
        if resource_type == types.PORT and known != set(wanted):
            known.update(
                row.resource_id
                for row in context.session.execute(deleted)
                if ledger.detail(row).get('by_region')
            )
    return [one for one in wanted if one not in known]
