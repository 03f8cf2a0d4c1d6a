# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Networks, read from central's database as the planner wants them."""

import collections
from collections.abc import Iterable, Mapping
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import rows as central_rows
from tricircle.db.central.held import ports as held_ports
from tricircle.db.central.router import subnets as central_router_subnets
from tricircle.plan import state

_BRIDGES = cast(sa.Table, central_models.BridgeNetwork.__table__)
#: Attributes that regions do not get yet, by column label.
_UNSUPPORTED = {
    'vlan_transparent': 'vlan_transparent',
    'qinq': 'qinq',
    'pvlan': 'pvlan',
    'is_default': 'is_default',
}
_UNSUPPORTED_OF_SUBNETS = {'segment_id': 'segment_id'}


def _network_rows(session: orm.Session, ids: list[str]) -> list[Any]:
    net = tables.networks
    source = (
        net.join(
            tables.standard_attributes,
            tables.standard_attributes.c.id == net.c.standard_attr_id,
        )
        .outerjoin(
            tables.network_security,
            tables.network_security.c.network_id == net.c.id,
        )
        .outerjoin(
            tables.external_networks,
            tables.external_networks.c.network_id == net.c.id,
        )
        .outerjoin(
            tables.network_dns, tables.network_dns.c.network_id == net.c.id
        )
        .outerjoin(
            tables.network_qos, tables.network_qos.c.network_id == net.c.id
        )
        .outerjoin(
            tables.network_pvlan, tables.network_pvlan.c.network_id == net.c.id
        )
        .outerjoin(_BRIDGES, _BRIDGES.c.network_id == net.c.id)
        .outerjoin(
            tables.default_groups,
            tables.default_groups.c.project_id == net.c.project_id,
        )
    )
    return list(
        session.execute(
            sa.select(
                net.c.id,
                net.c.project_id,
                net.c.name,
                net.c.admin_state_up,
                net.c.mtu,
                net.c.vlan_transparent,
                net.c.qinq,
                net.c.standard_attr_id,
                tables.standard_attributes.c.description,
                tables.network_security.c.port_security_enabled,
                tables.external_networks.c.network_id.label('external_id'),
                tables.external_networks.c.is_default,
                tables.network_dns.c.dns_domain,
                tables.network_qos.c.policy_id,
                tables.network_pvlan.c.pvlan,
                tables.default_groups.c.security_group_id,
                _BRIDGES.c.network_id.label('bridge_id'),
            )
            .select_from(source)
            .where(net.c.id.in_(ids))
        ).all()
    )


def _segments(
    session: orm.Session, ids: list[str]
) -> Mapping[str, tuple[state.Segment, ...]]:
    table = tables.segments
    rows = session.execute(
        sa.select(
            table.c.network_id,
            table.c.network_type,
            table.c.physical_network,
            table.c.segmentation_id,
        )
        .where(table.c.network_id.in_(ids), table.c.is_dynamic == sa.false())
        .order_by(table.c.segment_index, table.c.id)
    )
    return central_rows.grouped(
        rows,
        'network_id',
        lambda row: state.Segment(
            network_type=row.network_type,
            physical_network=row.physical_network,
            segmentation_id=row.segmentation_id,
        ),
    )


def _subnet_rows(session: orm.Session, ids: list[str]) -> list[Any]:
    sub = tables.subnets
    source = sub.join(
        tables.standard_attributes,
        tables.standard_attributes.c.id == sub.c.standard_attr_id,
    ).outerjoin(tables.subnet_dns, tables.subnet_dns.c.subnet_id == sub.c.id)
    return list(
        session.execute(
            sa.select(
                sub.c.id,
                sub.c.network_id,
                sub.c.project_id,
                sub.c.name,
                sub.c.ip_version,
                sub.c.cidr,
                sub.c.gateway_ip,
                sub.c.enable_dhcp,
                sub.c.ipv6_ra_mode,
                sub.c.ipv6_address_mode,
                sub.c.subnetpool_id,
                sub.c.segment_id,
                sub.c.standard_attr_id,
                tables.standard_attributes.c.description,
                tables.subnet_dns.c.dns_publish_fixed_ip,
            )
            .select_from(source)
            .where(sub.c.network_id.in_(ids))
        ).all()
    )


class _SubnetDetails:
    """What belongs to subnets, a statement for each kind."""

    def __init__(self, session: orm.Session, ids: list[str]) -> None:
        self.pools = central_rows.of(
            session,
            tables.pools.c.subnet_id,
            ids,
            lambda row: state.Range(start=row.first_ip, end=row.last_ip),
        )
        self.name_servers = central_rows.of(
            session,
            tables.name_servers.c.subnet_id,
            ids,
            lambda row: str(row.address),
            tables.name_servers.c.order,
        )
        self.routes = central_rows.of(
            session, tables.subnet_routes.c.subnet_id, ids, central_rows.route
        )
        self.service_types = central_rows.of(
            session,
            tables.service_types.c.subnet_id,
            ids,
            lambda row: str(row.service_type),
        )


def _subnets(
    rows: list[Any],
    details: _SubnetDetails | None,
    tags: Mapping[int, tuple[str, ...]],
    shares: Mapping[str, central_router_subnets.Share],
) -> Mapping[str, tuple[state.Subnet, ...]]:
    if details is None:
        return collections.defaultdict(tuple)
    none = central_router_subnets.Share()
    return central_rows.grouped(
        rows,
        'network_id',
        lambda row: state.Subnet(
            id=row.id,
            project_id=row.project_id or '',
            name=row.name or '',
            description=row.description or '',
            ip_version=row.ip_version,
            cidr=row.cidr,
            gateway_ip=row.gateway_ip or None,
            pools=details.pools[row.id],
            enable_dhcp=bool(row.enable_dhcp),
            dns_nameservers=details.name_servers[row.id],
            host_routes=details.routes[row.id],
            ipv6_ra_mode=row.ipv6_ra_mode,
            ipv6_address_mode=row.ipv6_address_mode,
            service_types=details.service_types[row.id],
            subnetpool_id=row.subnetpool_id,
            dns_publish_fixed_ip=bool(row.dns_publish_fixed_ip),
            tags=tags[row.standard_attr_id],
            unsupported=central_rows.names_of(row, _UNSUPPORTED_OF_SUBNETS),
            router_gateway=shares.get(row.id, none).gateway,
            router_routes=shares.get(row.id, none).routes,
        ),
    )


def read(
    session: orm.Session, network_ids: Iterable[str], region_name: str
) -> dict[str, state.Network]:
    """Return networks by ID, with what `region_name` holds of them.

    :returns: without those that central has not
    """
    return read_for(session, network_ids, [region_name])[region_name]


def read_for(
    session: orm.Session,
    network_ids: Iterable[str],
    region_names: Iterable[str],
) -> dict[str, dict[str, state.Network]]:
    """Return by region networks by ID, with what the region holds of them.

    What is the same for all regions is read once.

    :returns: without those that central has not
    """
    ids = sorted(set(network_ids))
    names = list(dict.fromkeys(region_names))
    rows = _network_rows(session, ids) if ids else []
    if not rows:
        return {name: {} for name in names}
    segments = _segments(session, ids)
    rbac = central_rows.rbac(session, tables.network_rbac, ids)
    subnet_rows = _subnet_rows(session, ids)
    tags = central_rows.tags(
        session, [row.standard_attr_id for row in (*rows, *subnet_rows)]
    )
    details = (
        _SubnetDetails(session, [row.id for row in subnet_rows])
        if subnet_rows
        else None
    )

    def seen_from(region_name: str) -> dict[str, state.Network]:
        held = central_rows.grouped(
            held_ports.read(
                session,
                central_models.ReservedPort.network_id.in_(ids),
                central_models.Pod.region_name == region_name,
            ),
            'network_id',
            lambda one: one,
        )
        shares = central_router_subnets.read(session, ids, region_name)
        subnets = _subnets(subnet_rows, details, tags, shares)
        return {
            row.id: state.Network(
                id=row.id,
                project_id=row.project_id or '',
                name=row.name or '',
                description=row.description or '',
                admin_state_up=bool(row.admin_state_up),
                mtu=row.mtu,
                # None when the extension driver is not there: nothing is
                # enforced then, and Neutron's API says true by default.
                port_security_enabled=row.port_security_enabled is not False,
                external=row.external_id is not None,
                segments=segments[row.id],
                subnets=subnets[row.id],
                rbac=rbac[row.id],
                held_ports=held[row.id],
                default_security_group=row.security_group_id,
                tags=tags[row.standard_attr_id],
                unsupported=central_rows.names_of(row, _UNSUPPORTED),
                bridge=row.bridge_id is not None,
                qos_policy_id=row.policy_id,
                dns_domain=row.dns_domain or '',
            )
            for row in rows
        }

    return {name: seen_from(name) for name in names}
