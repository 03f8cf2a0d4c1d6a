# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Presence: the one place where a region is given a resource.

Whatever way a request comes, by pull, by a port that a region makes, by a
push to a region that never asked, it comes through here, and here is
checked who asks, whether the region is in the resource's scope, and whether
another region has what only one may have. What is granted is committed in
one piece: the row of ``resource_routings``, the region's own addresses, the
project's security groups, the entries of the journal.
"""

from collections.abc import Collection
import dataclasses
from typing import Any

from neutron.db import models_v2
from neutron.db.models import securitygroup as group_models
from neutron.extensions import securitygroup as group_ext
from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
from neutron_lib.db import model_query
from neutron_lib.exceptions import l3 as l3_exc

from tricircle.central.group import presence as group_presence
from tricircle.central.network import presence as network_presence
from tricircle.central.port import presence as port_presence
from tricircle.conf import fault_point
from tricircle.replica import messages
from tricircle.replica import types


@dataclasses.dataclass(frozen=True)
class Caller:
    """On whose behalf a region asks.

    :ivar project_id: the project of the user in the region
    :ivar is_admin: the user may see everything
    """

    project_id: str
    is_admin: bool

    @classmethod
    def of(cls, context: Any) -> 'Caller':
        """Return who made a request to central itself."""
        return cls(context.project_id or '', bool(context.is_admin))


_MODELS = {
    types.NETWORK: models_v2.Network,
    types.PORT: models_v2.Port,
    types.SECURITY_GROUP: group_models.SecurityGroup,
}


def check_visible(
    caller: Caller, resource_type: str, resource_id: str
) -> None:
    """Refuse what the caller's project may not see.

    Neutron decides: its own resource, one shared with it, an external
    network, a port on its own network.

    :raises neutron_lib.exceptions.NotFound: the type's own
    """
    if caller.is_admin:
        return
    model = _MODELS[resource_type]
    if caller.project_id:
        context = n_context.Context(
            project_id=caller.project_id,
            roles=['member', 'reader'],
            is_admin=False,
            is_service_role=False,
            overwrite=False,
        )
        with db_api.CONTEXT_READER.using(context):
            if (
                model_query.query_with_hooks(context, model, field='id')
                .filter(model.id == resource_id)
                .first()
                is not None
            ):
                return
    raise not_found(resource_type, resource_id)


def not_found(resource_type: str, resource_id: str) -> n_exc.NotFound:
    """Return Neutron's own error for a resource that is not there."""
    match resource_type:
        case types.NETWORK:
            return n_exc.NetworkNotFound(net_id=resource_id)
        case types.PORT:
            return n_exc.PortNotFound(port_id=resource_id)
        case types.ROUTER:
            return l3_exc.RouterNotFound(router_id=resource_id)
        case _:
            return group_ext.SecurityGroupNotFound(id=resource_id)


def grant(
    resource_type: str,
    resource_id: str,
    region_name: str,
    caller: Caller,
    dhcp_agents: int = 1,
    agent_gateways: Collection[str] | None = None,
    purpose: str = messages.USE,
) -> None:
    """Give a region a resource; safe to repeat, and in several at once.

    For ports this includes the port's network, for all their security
    groups. Not to be called in a transaction: it has its own.

    :param resource_type: network, port or security-group
    :param caller: who must be able to see the resource
    :param dhcp_agents: how many DHCP ports the region needs on a network
    :param agent_gateways: IDs of the ports that its L3 agents need on an
        external network, all of them; None when it does not say
    :param purpose: see messages.PullBody; of a port
    :raises PodNotFound: when there is no such region
    :raises neutron_lib.exceptions.NotFound: the type's own, when the caller
        may not see it, or the region is not in its scope
    :raises PortInUse: when another region has the port
    :raises neutron_lib.exceptions.IpAddressGenerationFailure: when a subnet
        has no address left for the region
    """
    check_visible(caller, resource_type, resource_id)
    match resource_type:
        case types.NETWORK:
            network_presence.grant(
                resource_id, region_name, dhcp_agents, agent_gateways
            )
        case types.PORT:
            port_presence.grant(resource_id, region_name, purpose)
        case _:
            group_presence.grant(resource_id, region_name)
    fault_point.reach('central.presence.granted')
