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

Each router has at most one, of its own. The gateway addresses of its
subnets are the router's way out, and where the region's agent sends what
has no other route: a router on another's network would go out there. It
belongs to nobody, so that no tenant sees it or pays for it; in the regions
it is an external network, for the gateways of routers.
"""

from collections.abc import Collection, Iterable
import ipaddress
from typing import Any, Final

from neutron_lib import constants
from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.api.definitions import provider_net
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import l3 as l3_exc
from neutron_lib.plugins import directory
from neutron_lib.plugins import utils as plugin_utils
from oslo_config import cfg
from oslo_db import exception as db_exc
from oslo_log import log as logging
from oslo_utils import uuidutils
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.held import ownership
from tricircle.central.held import reservations
from tricircle.central.router import reservations as router_reservations
from tricircle.conf import fault_point
from tricircle.db import retries
from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.plan import bridge_subnets

LOG = logging.getLogger(__name__)

NAME: Final = 'bridge'


class OverlapsBridge(n_exc.BadRequest):
    """A subnet in the pool of bridge networks."""

    message = (
        'Subnet %(cidr)s overlaps %(pool)s, out of which the networks '
        'between the routers of regions are taken ([client] bridge_cidr and '
        'bridge_cidr_v6): choose another prefix.'
    )


def check_no_overlap(cidr: str) -> None:
    """Refuse a tenant's subnet that routers could not tell from a bridge.

    :raises OverlapsBridge: 400
    """
    if ownership.is_acting() or cidr == constants.PROVISIONAL_IPV6_PD_PREFIX:
        return
    pools = (cfg.CONF.client.bridge_cidr, cfg.CONF.client.bridge_cidr_v6)
    pool = bridge_subnets.overlap(cidr, pools)
    if pool is not None:
        raise OverlapsBridge(cidr=cidr, pool=pool)


@retries.bounded
def ensure(router_id: str, project_id: str, versions: Collection[int]) -> str:
    """Return the ID of a router's bridge network, after making it.

    It has an IPv4 subnet at least. In one transaction: of two that want the
    same at once one waits for the row of the other, so that neither a second
    network or subnet nor half of one is left. One that central lost, as when
    somebody deleted it by hand, is made anew.

    :param project_id: of the router
    :param versions: IP versions that it has to have subnets of
    :raises neutron_lib.exceptions.l3.RouterNotFound: it is no more
    :raises neutron_lib.exceptions.NeutronException: when Neutron does not
        make it, as when no segment is left
    """
    found = of_router(router_id)
    context = n_context.get_admin_context()
    context.GUARD_TRANSACTION = False
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        network_id = found
        if found is not None:
            router_reservations.lock(session, [found])
            if _find(session, router_id) != found:
                # Taken off the router meanwhile: it gets another one.
                raise db_exc.RetryRequest(n_exc.NetworkNotFound(net_id=found))
            if not _exists(session, found):
                LOG.warning(
                    'Bridge network %s of router %s is gone: it gets another',
                    found,
                    router_id,
                )
                _forget_lost(context, found)
                network_id = None
        if network_id is None:
            _hold_router(session, router_id)
            network_id = str(uuidutils.generate_uuid())
            session.add(
                central_models.BridgeNetwork(
                    network_id=network_id,
                    router_id=router_id,
                    project_id=project_id,
                )
            )
            session.flush()
            _make(context, network_id)
        with ownership.acting():
            _make_subnets(context, network_id, versions)
    fault_point.reach('central.bridge.made')
    return network_id


def _find(session: orm.Session, router_id: str) -> str | None:
    row = central_models.BridgeNetwork
    return session.scalar(
        sa.select(row.network_id).where(row.router_id == router_id)
    )


def of_router(router_id: str) -> str | None:
    """Return the ID of a router's bridge network, None when it has none.

    Whether central still has that network, or the router, is not asked.
    """
    # In a transaction of its own: in the one that waits for a lock nothing
    # is read before, to see what those wrote who had it.
    context = n_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        return _find(context.session, router_id)


def _exists(session: orm.Session, network_id: str) -> bool:
    table = tables.networks
    return (
        session.scalar(sa.select(table.c.id).where(table.c.id == network_id))
        is not None
    )


def _hold_router(session: orm.Session, router_id: str) -> None:
    """Have a deletion of a router wait, whose plan then sees the network.

    :raises neutron_lib.exceptions.l3.RouterNotFound: it is no more
    """
    table = tables.routers
    if (
        session.scalar(
            sa.select(table.c.id)
            .where(table.c.id == router_id)
            .with_for_update(read=True)
        )
        is None
    ):
        raise l3_exc.RouterNotFound(router_id=router_id)


def _forget_lost(context: Any, network_id: str) -> None:
    """Remove the notes on a network that is gone, and on legs that it had."""
    row, held = central_models.BridgeNetwork, central_models.ReservedPort
    session = context.session
    reservations.forget(
        context,
        list(
            session.scalars(
                sa.select(held.port_id).where(held.network_id == network_id)
            )
        ),
    )
    session.execute(sa.delete(row).where(row.network_id == network_id))


def _make(context: Any, network_id: str) -> None:
    plugin_utils.create_network(
        directory.get_plugin(),
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


def _subnets(session: orm.Session, network_id: str) -> dict[int, str]:
    """Return the ranges of a network's subnets by IP version."""
    table = tables.subnets
    rows = session.execute(
        sa.select(table.c.ip_version, table.c.cidr).where(
            table.c.network_id == network_id
        )
    )
    return {row.ip_version: row.cidr for row in rows}


def _taken(session: orm.Session) -> list[str]:
    """Return the IPv4 ranges of all bridge networks."""
    table, row = tables.subnets, central_models.BridgeNetwork
    return list(
        session.scalars(
            sa.select(table.c.cidr)
            .join(row, row.network_id == table.c.network_id)
            .where(table.c.ip_version == constants.IP_VERSION_4)
        )
    )


def _make_subnets(
    context: Any, network_id: str, versions: Collection[int]
) -> None:
    """Make the subnets that a bridge network lacks."""
    pool, pool_v6 = cfg.CONF.client.bridge_cidr, cfg.CONF.client.bridge_cidr_v6
    have = _subnets(context.session, network_id)
    four = have.get(constants.IP_VERSION_4)
    if four is None:
        four = bridge_subnets.choose(pool, _taken(context.session))
        _make_subnet(context, network_id, four)
    if constants.IP_VERSION_6 in set(versions).difference(have):
        _make_subnet(
            context,
            network_id,
            bridge_subnets.counterpart(pool, pool_v6, four),
        )


def _make_subnet(context: Any, network_id: str, cidr: str) -> None:
    prefix = ipaddress.ip_network(cidr)
    plugin_utils.create_subnet(
        directory.get_plugin(),
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


def leave_unused(session: orm.Session, network_ids: Iterable[str]) -> None:
    """Take those of some networks off their routers that no piece is on.

    Their routers may then get others, and nobody puts a leg on these:
    :func:`delete_left` can delete them. In a transaction that has locked
    them (:func:`router_reservations.lock`).

    :param network_ids: also of other networks, which stay as they are
    """
    row = central_models.BridgeNetwork
    ids = sorted(set(network_ids))
    if ids:
        session.execute(
            sa.update(row)
            .where(
                row.network_id.in_(ids),
                row.network_id.not_in(router_reservations.on(session, ids)),
            )
            .values(router_id=None),
            execution_options={'synchronize_session': False},
        )


def _left() -> list[str]:
    context = n_context.get_admin_context()
    row = central_models.BridgeNetwork
    with db_api.CONTEXT_READER.using(context):
        return list(
            context.session.scalars(
                sa.select(row.network_id).where(row.router_id.is_(None))
            )
        )


def delete_left() -> None:
    """Delete what no router has any more, whoever took it off.

    Safe to repeat, and to interrupt. Not in a transaction. One that cannot
    be deleted is none of the router's that is being planned; it is left for
    the next plan of any.
    """
    for one in _left():
        fault_point.reach('central.bridge.left')
        try:
            with ownership.acting():
                directory.get_plugin().delete_network(
                    n_context.get_admin_context(), one
                )
        except n_exc.NetworkNotFound:
            LOG.info('Bridge network %s was deleted already', one)
        except n_exc.NeutronException as exc:
            LOG.warning('Bridge network %s stays for now: %s', one, exc)
            continue
        _forget(one)


@retries.bounded
def _forget(network_id: str) -> None:
    context = n_context.get_admin_context()
    row = central_models.BridgeNetwork
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(
            sa.delete(row).where(row.network_id == network_id)
        )
