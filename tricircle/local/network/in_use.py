# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks that instances are on: not to be taken on an opinion.

Central asks for a release, and not a removal, of what it knows nothing of
and did not delete: it may have been restored from a backup.
"""

from collections.abc import Collection
from typing import Any

from neutron.db import models_v2
from neutron_lib import constants
from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tricircle.local.engine import refusals
from tricircle.replica import types


def check(
    context: Any,
    network_ids: Collection[str],
    resource_type: str,
    resource_id: str,
) -> None:
    """Refuse to give something up if instances are on its networks.

    :param resource_type: what is to be given up, with its ID
    :raises ReplicaInUse: if so, naming a port
    """
    port = models_v2.Port
    with db_api.CONTEXT_READER.using(context):
        used = context.session.scalar(
            sa.select(port.id)
            .where(
                port.network_id.in_(sorted(set(network_ids))),
                port.device_id != '',
                port.device_owner != types.SHADOW_DEVICE_OWNER,
                port.device_owner.not_like(
                    f'{constants.DEVICE_OWNER_NETWORK_PREFIX}%'
                ),
            )
            .limit(1)
        )
    if used is not None:
        raise refusals.ReplicaInUse(
            type=resource_type,
            id=resource_id,
            reason=f'port {used} is used, and central knows nothing of it',
        )


def check_router(context: Any, router_id: str) -> None:
    """Refuse to give up a router that instances may need.

    :raises ReplicaInUse: if there are any on its networks
    """
    port = models_v2.Port
    with db_api.CONTEXT_READER.using(context):
        networks = context.session.scalars(
            sa.select(port.network_id).where(
                port.device_id == router_id,
                port.device_owner.in_(constants.ROUTER_INTERFACE_OWNERS),
            )
        ).all()
    check(context, networks, types.ROUTER, router_id)
