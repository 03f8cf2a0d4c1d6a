# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports of gateways and floating IPs that nothing refers to.

Neutron makes and deletes such a port in another transaction than the row of
the router or floating IP that it belongs to. A process that dies between
the two leaves a port that nobody may delete, and that keeps its external
network from being deleted. Neutron's own janitor knows those of floating
IPs alone, and runs beside agents, which central has none of.
"""

from collections.abc import Mapping
from typing import Any

from neutron_lib import constants
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
from oslo_log import log as logging
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.conf import durations
from tricircle.db import clock
from tricircle.db.central import neutron_tables as tables

LOG = logging.getLogger(__name__)


def made(session: orm.Session, port: Mapping[str, Any]) -> None:
    """Note when a floating IP's port was made, in its transaction.

    By the clock of the database: how old it is another host may judge.
    """
    if port['device_owner'] != constants.DEVICE_OWNER_FLOATINGIP:
        return
    attributes, ports = tables.standard_attributes, tables.ports.c
    session.execute(
        sa.update(attributes)
        .where(
            attributes.c.id
            == sa.select(ports.standard_attr_id)
            .where(ports.id == port['id'])
            .scalar_subquery()
        )
        .values(created_at=clock.Now())
    )


def delete_on(context: Any, network_id: str) -> None:
    """Delete those on a network, which somebody is about to delete.

    Not to be called in a transaction.
    """
    _delete(context, tables.ports.c.network_id == network_id)


def delete_gateways_of(context: Any, router_id: str) -> None:
    """Delete those of a router, which is about to get another gateway.

    Neutron takes them for the router's own, whose prefixes no other may
    have. Not to be called in a transaction.
    """
    ports = tables.ports.c
    _delete(
        context,
        sa.and_(
            ports.device_id == router_id,
            ports.device_owner == constants.DEVICE_OWNER_ROUTER_GW,
        ),
    )


def _delete(context: Any, which: sa.ColumnElement[bool]) -> None:
    admin = context.elevated()
    with db_api.CONTEXT_READER.using(admin):
        abandoned = admin.session.scalars(_abandoned(which)).all()
    for port_id in abandoned:
        LOG.warning(
            'Port %s belongs to no router and no floating IP: what made or '
            'deleted it was interrupted. It is deleted.',
            port_id,
        )
        directory.get_plugin().delete_port(admin, port_id, l3_port_check=False)


def _abandoned(which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    ports = tables.ports.c
    attributes = tables.standard_attributes.c
    return (
        sa.select(ports.id)
        .join(
            tables.standard_attributes,
            attributes.id == ports.standard_attr_id,
        )
        .outerjoin(tables.routers, tables.routers.c.gw_port_id == ports.id)
        .outerjoin(
            tables.floating_ips,
            tables.floating_ips.c.floating_port_id == ports.id,
        )
        .where(
            which,
            tables.routers.c.id.is_(None),
            tables.floating_ips.c.id.is_(None),
            sa.or_(
                ports.device_owner == constants.DEVICE_OWNER_ROUTER_GW,
                sa.and_(
                    ports.device_owner == constants.DEVICE_OWNER_FLOATINGIP,
                    attributes.created_at
                    < clock.Now(-durations.FLOATING_IP_AWAITED),
                ),
            ),
        )
    )
