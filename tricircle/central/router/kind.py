# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routers, as the engine must know them."""

from typing import Any, Final

from neutron.db.models import conntrack_helper as helper_models
from neutron.db.models import l3 as l3_models
from neutron.db.models import metering as metering_models
from neutron.db.models import ndp_proxy as ndp_models
from neutron.db.models import port_forwarding as forwarding_models
from neutron.db.qos import models as qos_models
from neutron_lib import exceptions as n_exc
from neutron_lib.exceptions import l3 as l3_exc
from neutron_lib.plugins import constants as plugin_constants
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.engine import kinds
from tricircle.central.router import api
from tricircle.central.router import port_forwardings
from tricircle.db.central import neutron_tables as tables
from tricircle.journal import router_intents
from tricircle.replica import types


def _not_found(router_id: str) -> n_exc.NotFound:
    return l3_exc.RouterNotFound(router_id=router_id)


def _changed(session: orm.Session, router_id: str) -> None:
    router_intents.record(session, [router_id])


def _metered(session: orm.Session, label: Any) -> list[str]:
    """Return the routers that a metering label is for."""
    table = tables.routers
    query = sa.select(table.c.id)
    if not label.shared:
        query = query.where(table.c.project_id == label.project_id)
    return list(session.scalars(query))


KIND: Final = kinds.Kind(
    type=types.ROUTER,
    not_found=_not_found,
    changed=_changed,
    tagged={
        'routers': l3_models.Router.__table__.c.id,
        'floatingips': l3_models.FloatingIP.__table__.c.router_id,
    },
    rows={
        **port_forwardings.ROWS,
        helper_models.ConntrackHelper: 'router_id',
        metering_models.MeteringLabel: _metered,
        ndp_models.NDPProxy: 'router_id',
        ndp_models.RouterNDPProxyState: 'router_id',
        # Neutron puts one on a gateway in a transaction of its own.
        qos_models.QosRouterGatewayIPPolicyBinding: 'router_id',
    },
    described={
        forwarding_models.PortForwarding.__tablename__: (
            port_forwardings.router_described
        )
    },
    plugin=plugin_constants.L3,
    controller=api.RouterReplicaController,
)
