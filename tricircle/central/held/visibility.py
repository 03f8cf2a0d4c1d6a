# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What tenants of central do not see: ports held for regions.

They would otherwise show to the owner of the network, whose ports they are
on. Only Neutron's administrators, and services, see them.
"""

from typing import Any

from neutron.db import models_v2
from neutron_lib.db import model_query
from neutron_lib.db import utils as db_utils
import sqlalchemy as sa

from tricircle.db.central import models as central_models

_HOOK = 'tricircle_reserved_ports'


def _only_ports_of_users(context: Any, model: Any, conditions: Any) -> Any:
    """Narrow a query of ports; called by Neutron for each one."""
    if not db_utils.model_query_scope_is_project(context, model):
        return conditions
    held = central_models.ReservedPort
    return sa.and_(
        sa.true() if conditions is None else conditions,
        ~sa.exists().where(held.port_id == model.id).correlate(model),
    )


def register() -> None:
    """Hide reserved ports in lists, counts and by ID; safe to repeat.

    To be called after the core plugin registered its own hooks, which widen
    what a query finds: each hook is applied to what those before it left.
    """
    model_query.register_hook(
        models_v2.Port,
        _HOOK,
        query_hook=None,
        filter_hook=_only_ports_of_users,
    )
