# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Security groups, as the engine must know them."""

from typing import Final

from neutron.db.models import securitygroup as group_models
from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
from oslo_config import cfg

from tricircle.client import central
from tricircle.db.local.models import State
from tricircle.local.asking import pull
from tricircle.local.engine import kinds
from tricircle.local.engine import ledger
from tricircle.local.group import applier
from tricircle.replica import messages
from tricircle.replica import types


def _senders(
    conf: cfg.ConfigOpts, client: central.CentralClient
) -> dict[str, kinds.Sender]:
    def refresh(group_id: str) -> None:
        """Get the rules of a group that was made here by its ID only."""
        context = neutron_context.get_admin_context()
        with db_api.CONTEXT_READER.using(context):
            row = ledger.owned(context.session, types.SECURITY_GROUP, group_id)
            if row is None or row.state == State.PRESENT:
                # They came with something else.
                return
        body = messages.PullBody(project_id='', is_admin=True, dhcp_agents=0)
        pull.again(client, conf, types.SECURITY_GROUP, group_id, body)

    return {types.SECURITY_GROUP: refresh}


KIND: Final = kinds.Kind(
    type=types.SECURITY_GROUP,
    applier=applier.SecurityGroupApplier(),
    senders=_senders,
    shared_as=('security_group', 'Security group'),
    model=group_models.SecurityGroup,
)
