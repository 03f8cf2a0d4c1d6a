# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Default security groups: central's where central knows the project.

Creating anything of a project in a region also makes a default group there,
with an ID of its own (neutron29-rules, rule 8). What central's is called is
known from the documents of the project's networks; central is not asked.
"""

from collections.abc import Callable
import json
from typing import Any

from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tricircle.db.local_models import Replica
from tricircle.local import ledger
from tricircle.replica import types


def of_central(project_id: str) -> str | None:
    """Return the ID of a project's default group in central, if known."""
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        details = context.session.scalars(
            sa.select(Replica.detail).where(
                Replica.resource_type == types.NETWORK,
                Replica.project_id == project_id,
                Replica.state.in_(ledger.HELD)).limit(20)).all()
    for detail in details:
        group = json.loads(detail or '{}').get('default_security_group')
        if group:
            return str(group)
    return None


def ensure(plugin: Any, context: Any, project_id: str,
           stock: Callable[[], Any]) -> Any:
    """Return a project's default group, made with central's ID if need be.

    :param stock: Neutron's own way, for projects that central knows not
    """
    existing = plugin._get_default_sg_id(context, project_id)
    if existing:
        return existing
    group_id = of_central(project_id)
    if group_id is None:
        return stock()
    made = plugin.create_security_group(
        neutron_context.get_admin_context(), {'security_group': {
            'id': group_id, 'name': 'default', 'project_id': project_id,
            'tenant_id': project_id,
            'description': 'Default security group'}}, default_sg=True)
    if made['id'] == group_id:
        admin = neutron_context.get_admin_context()
        with db_api.CONTEXT_WRITER.using(admin):
            if ledger.get(admin.session, types.SECURITY_GROUP,
                          group_id) is None:
                ledger.mark(admin.session, types.SECURITY_GROUP, group_id,
                            project_id=project_id,
                            state=ledger.State.APPLYING,
                            detail={'default': True})
    return made['id']
