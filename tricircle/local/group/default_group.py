# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""The default security group of a project that central knows.

Creating anything of a project in a region also makes a default group there,
with an ID of its own (neutron29-rules, rule 8). What central's is called is
known from the documents of the project's networks; central is not asked.
"""

import json
from typing import Any

from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tricircle.conf import durations
from tricircle.db.local.models import Replica
from tricircle.db.local.models import State
from tricircle.local.engine import ledger
from tricircle.local.telling import outbox
from tricircle.replica import types

#: Networks of a project looked at; each knows the same group.
_ENOUGH = 20


def of_central(project_id: str) -> str | None:
    """Return the ID of a project's default group in central, if known."""
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        details = context.session.scalars(
            sa.select(Replica.detail)
            .where(
                Replica.resource_type == types.NETWORK,
                Replica.project_id == project_id,
                Replica.state.in_(ledger.HELD),
            )
            .limit(_ENOUGH)
        ).all()
    for detail in details:
        group = json.loads(detail or '{}').get('default_security_group')
        if group:
            return str(group)
    return None


def with_central_id(security_group: dict[str, Any]) -> dict[str, Any]:
    """Return what to create a project's default group from.

    With central's ID where that is known, and marked as central's before it
    is made, so that a crash leaves nothing that nobody knows of. Its rules
    are the region's template until central's arrive through the outbox.
    Also while a network of the project is being applied, which makes the
    group too.
    """
    group = security_group['security_group']
    group_id = None if group.get('id') else of_central(group['project_id'])
    if group_id is None:
        return security_group
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        row = ledger.get(context.session, types.SECURITY_GROUP, group_id)
        if row is not None and row.state == State.DELETED:
            # Central has removed it: nothing brings it back but central.
            return security_group
        if row is None:
            ledger.mark(
                context.session,
                types.SECURITY_GROUP,
                group_id,
                project_id=group['project_id'],
                state=State.APPLYING,
                detail={'default': True},
            )
        outbox.enqueue(
            context.session,
            types.SECURITY_GROUP,
            [group_id],
            durations.DEFAULT_GROUP_AWAITED,
        )
    return {'security_group': {**group, 'id': group_id}}
