# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Address scopes of what is on routers, as L3 agents are told of them.

An agent keeps packets in the address scope of the port they came in by, and
gives those no other source address that stay in it. It knows one scope of
each port. Over a bridge network goes what is of all scopes, to other regions
and to the one that has the gateway: an agent there would drop whatever is of
one. What a router lets through is not to depend on the region that a network
is in, either. So a router over several regions has no scopes, on no port of
it; any other has those that it would have in a plain Neutron.
"""

from collections.abc import Iterable
from typing import Any, Final

from neutron.db import models_v2
from neutron.db.models import l3 as l3_models
from neutron_lib import constants
from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tricircle.db.local.models import Replica
from tricircle.local.engine import ledger
from tricircle.local.process import core_plugin
from tricircle.replica import types

_VERSIONS: Final = (constants.IP_VERSION_4, constants.IP_VERSION_6)


class AddressScopesMixin(core_plugin.CorePlugin):
    """In front of what the stock router plugin reads for L3 agents."""

    def _populate_mtu_and_subnets_for_ports(
        self, context: Any, ports: Any
    ) -> Any:
        """Say what agents have to know of ports, beside their addresses."""
        super()._populate_mtu_and_subnets_for_ports(context, ports)
        scoped = [
            one
            for one in ports or ()
            if any(one.get('address_scopes', {}).values())
        ]
        spread = _over_regions(context, (one['device_id'] for one in scoped))
        for one in scoped:
            if one['device_id'] in spread:
                one['address_scopes'] = dict.fromkeys(_VERSIONS)

    def _get_sync_floating_ips(
        self, context: Any, router_ids: Any, host: Any = None
    ) -> Any:
        """Return floating IPs, with the scopes of what they are for."""
        found = super()._get_sync_floating_ips(context, router_ids, host)
        scoped = [one for one in found if one['fixed_ip_address_scope']]
        spread = _over_regions(context, (one['router_id'] for one in scoped))
        for one in scoped:
            if one['router_id'] in spread:
                one['fixed_ip_address_scope'] = None
        return found


def _over_regions(context: Any, router_ids: Iterable[str]) -> set[str]:
    """Return which routers have a leg on a bridge network, in one query.

    Those are the networks of central's that are nobody's. Without a
    statement where there are no routers.
    """
    wanted = sorted(set(router_ids))
    if not wanted:
        return set()
    leg, port = l3_models.RouterPort, models_v2.Port
    query = (
        sa.select(leg.router_id)
        .join(port, port.id == leg.port_id)
        .join(Replica, Replica.resource_id == port.network_id)
        .where(
            leg.router_id.in_(wanted),
            Replica.resource_type == types.NETWORK,
            Replica.project_id == '',
            Replica.state.in_(ledger.HELD),
        )
        .distinct()
    )
    with db_api.CONTEXT_READER.using(context):
        return set(context.session.scalars(query))
