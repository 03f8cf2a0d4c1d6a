# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""The network over which the pieces of a project's routers meet.

Each project has at most one. It belongs to nobody, so that no tenant sees
it or pays for it; in the regions it is an external network, for the
gateways of routers.
"""

from collections.abc import Iterator
import contextlib
import contextvars
import ipaddress
from typing import Any, Final

from neutron_lib import constants
from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.api.definitions import provider_net
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
from neutron_lib.plugins import utils as plugin_utils
from oslo_config import cfg
from oslo_log import log as logging
from oslo_utils import uuidutils
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central import router_reservations
from tricircle.conf import fault_point
from tricircle.db import central_models
from tricircle.db import neutron_tables as tables
from tricircle.plan import bridge_subnets

LOG = logging.getLogger(__name__)

NAME: Final = 'bridge'
#: In place of the project, of one that is being deleted.
_LEFT: Final = 'left:'

_making: contextvars.ContextVar[bool] = contextvars.ContextVar(
    'tricircle_making_bridge_network', default=False
)


class OverlapsBridge(n_exc.BadRequest):
    """A subnet in the pool of bridge networks."""

    message = (
        'Subnet %(cidr)s overlaps %(pool)s, out of which the networks '
        'between the routers of regions are taken ([client] bridge_cidr and '
        'bridge_cidr_v6): choose another prefix.'
    )


@contextlib.contextmanager
def being_made() -> Iterator[None]:
    """Say that subnets made in here are those of a bridge network."""
    token = _making.set(True)
    try:
        yield
    finally:
        _making.reset(token)


def check_no_overlap(cidr: str) -> None:
    """Refuse a tenant's subnet that routers could not tell from a bridge.

    :raises OverlapsBridge: 400
    """
    if _making.get() or cidr == constants.PROVISIONAL_IPV6_PD_PREFIX:
        return
    pools = (cfg.CONF.client.bridge_cidr, cfg.CONF.client.bridge_cidr_v6)
    pool = bridge_subnets.overlap(cidr, pools)
    if pool is not None:
        raise OverlapsBridge(cidr=cidr, pool=pool)


@db_api.retry_db_errors
def ensure(project_id: str) -> str:
    """Return the ID of a project's bridge network, after making it.

    In one transaction: of two that want it at once one waits for the row
    of the other, so that neither a second network nor half of one is left.

    :raises neutron_lib.exceptions.NeutronException: when Neutron does not
        make it, as when no segment is left
    """
    context = n_context.get_admin_context()
    context.GUARD_TRANSACTION = False
    row = central_models.BridgeNetwork
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        found: str | None = session.scalar(
            sa.select(row.network_id).where(row.project_id == project_id)
        )
        if found is not None:
            return found
        network_id = str(uuidutils.generate_uuid())
        session.add(row(project_id=project_id, network_id=network_id))
        session.flush()
        with being_made():
            _make(context, network_id)
    fault_point.reach('central.bridge.made')
    return network_id


def _make(context: Any, network_id: str) -> None:
    plugin = directory.get_plugin()
    plugin_utils.create_network(
        plugin,
        context,
        {
            'network': {
                'id': network_id,
                'project_id': '',
                'tenant_id': '',
                'name': NAME,
                'description': 'between routers of regions',
                provider_net.NETWORK_TYPE: (
                    cfg.CONF.tricircle.bridge_network_type
                ),
            }
        },
        check_allow_post=False,
    )
    taken = context.session.scalars(
        sa.select(tables.subnets.c.cidr)
        .join(
            central_models.BridgeNetwork,
            central_models.BridgeNetwork.network_id
            == tables.subnets.c.network_id,
        )
        .where(tables.subnets.c.ip_version == constants.IP_VERSION_4)
    )
    for cidr in bridge_subnets.choose(
        cfg.CONF.client.bridge_cidr, cfg.CONF.client.bridge_cidr_v6, taken
    ):
        prefix = ipaddress.ip_network(cidr)
        plugin_utils.create_subnet(
            plugin,
            context,
            {
                'subnet': {
                    'network_id': network_id,
                    'project_id': '',
                    'tenant_id': '',
                    'name': NAME,
                    'cidr': cidr,
                    'ip_version': prefix.version,
                    'gateway_ip': str(prefix[1]),
                    'enable_dhcp': False,
                }
            },
        )


def leave_unused(session: orm.Session, network_id: str) -> None:
    """Take a network off its project if no piece is on it any more.

    Its project may then get another one, and nobody puts a leg on this one:
    :func:`delete_left` can delete it. In a transaction that has locked it
    (:func:`router_reservations.lock`).
    """
    row = central_models.BridgeNetwork
    if not router_reservations.legs(session, network_id):
        session.execute(
            sa.update(row)
            .where(row.network_id == network_id)
            .values(project_id=_LEFT + network_id)
        )


def _left() -> list[str]:
    context = n_context.get_admin_context()
    row = central_models.BridgeNetwork
    with db_api.CONTEXT_READER.using(context):
        return list(
            context.session.scalars(
                sa.select(row.network_id).where(
                    row.project_id.startswith(_LEFT)
                )
            )
        )


def delete_left() -> None:
    """Delete what no project has any more, whoever took it off.

    Safe to repeat, and to interrupt. Not in a transaction.
    """
    for one in _left():
        fault_point.reach('central.bridge.left')
        try:
            directory.get_plugin().delete_network(
                n_context.get_admin_context(), one
            )
        except n_exc.NetworkNotFound:
            LOG.info('Bridge network %s was deleted already', one)
        _forget(one)


@db_api.retry_db_errors
def _forget(network_id: str) -> None:
    context = n_context.get_admin_context()
    row = central_models.BridgeNetwork
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(
            sa.delete(row).where(row.network_id == network_id)
        )
