# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks, as the engine must know them. Subnets are part of them."""

from typing import Final

from neutron.db import models_v2
from neutron.db import rbac_db_models
from neutron_lib import exceptions as n_exc
from sqlalchemy import orm

from tricircle.central.engine import kinds
from tricircle.central.network import presence
from tricircle.db.central import central_only
from tricircle.db.central.network import reads as central_networks
from tricircle.plan import network as network_plan
from tricircle.replica import types


def _not_found(network_id: str) -> n_exc.NotFound:
    return n_exc.NetworkNotFound(net_id=network_id)


def _omitted(session: orm.Session, network_id: str) -> tuple[str, ...]:
    found = central_networks.read(session, [network_id], '').get(network_id)
    if found is None:
        return ()
    return (
        *network_plan.omitted(found),
        *central_only.of_network(session, network_id),
    )


def _grant(network_id: str, region_name: str, wanted: kinds.Wanted) -> None:
    presence.grant(
        network_id, region_name, wanted.dhcp_agents, wanted.agent_gateways
    )


KIND: Final = kinds.Kind(
    type=types.NETWORK,
    not_found=_not_found,
    omitted=_omitted,
    model=models_v2.Network,
    grant=_grant,
    tagged={
        'networks': models_v2.Network.__table__.c.id,
        'subnets': models_v2.Subnet.__table__.c.network_id,
    },
    rows={rbac_db_models.NetworkRBAC: 'object_id'},
)
