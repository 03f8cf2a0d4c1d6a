# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Floating IPs of routers, and the ports that they forward."""

from collections.abc import Iterable, Mapping
import dataclasses
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import rows as central_rows
from tricircle.plan.router import state as router_state

_UNSUPPORTED: Final = {'dns_name': 'dns_name', 'dns_domain': 'dns_domain'}


@dataclasses.dataclass(frozen=True)
class FloatingIPs:
    """Those of some routers, by router."""

    associated: Mapping[str, tuple[router_state.FloatingIP, ...]]
    forwarding: Mapping[str, tuple[router_state.ForwardingIP, ...]]


def read(
    session: orm.Session, router_ids: list[str], names: Mapping[str, str]
) -> FloatingIPs:
    """Return the floating IPs that are on routers.

    :param names: name of each region, by the ID of its pod
    """
    rows = _rows(session, router_ids)
    tags = (
        central_rows.tags(session, [row.standard_attr_id for row in rows])
        if rows
        else {}
    )
    unassociated = [row.id for row in rows if row.fixed_port_id is None]
    forwardings = _forwardings(session, unassociated, names)

    def common(row: Any) -> dict[str, Any]:
        return {
            'id': row.id,
            'project_id': row.project_id or '',
            'floating_network_id': row.floating_network_id,
            'floating_ip_address': row.floating_ip_address,
            'description': row.description or '',
            'tags': tags[row.standard_attr_id],
            'unsupported': central_rows.names_of(row, _UNSUPPORTED),
            'qos_policy_id': row.policy_id,
        }

    return FloatingIPs(
        associated=central_rows.grouped(
            (row for row in rows if row.network_id is not None),
            'router_id',
            lambda row: router_state.FloatingIP(
                **common(row),
                fixed_port_id=row.fixed_port_id,
                fixed_ip_address=row.fixed_ip_address,
                fixed_network_id=row.network_id,
                fixed_region=names.get(row.pod_id),
            ),
        ),
        forwarding=central_rows.grouped(
            (row for row in rows if forwardings.get(row.id)),
            'router_id',
            lambda row: router_state.ForwardingIP(
                **common(row), forwardings=forwardings[row.id]
            ),
        ),
    )


def _rows(session: orm.Session, router_ids: list[str]) -> list[Any]:
    floating, location = tables.floating_ips, central_models.PortLocation
    dns, attribute = tables.floating_ip_dns, tables.standard_attributes
    policy = tables.floating_ip_qos
    return list(
        session.execute(
            sa.select(
                floating.c.id,
                floating.c.router_id,
                floating.c.project_id,
                floating.c.floating_network_id,
                floating.c.floating_ip_address,
                floating.c.fixed_port_id,
                floating.c.fixed_ip_address,
                floating.c.standard_attr_id,
                attribute.c.description,
                tables.ports.c.network_id,
                location.pod_id,
                dns.c.dns_name,
                dns.c.dns_domain,
                policy.c.policy_id,
            )
            .select_from(
                floating.join(
                    attribute, attribute.c.id == floating.c.standard_attr_id
                )
                .outerjoin(
                    tables.ports, tables.ports.c.id == floating.c.fixed_port_id
                )
                .outerjoin(
                    location, location.port_id == floating.c.fixed_port_id
                )
                .outerjoin(dns, dns.c.floatingip_id == floating.c.id)
                .outerjoin(policy, policy.c.fip_id == floating.c.id)
            )
            .where(floating.c.router_id.in_(router_ids))
        )
    )


def _forwardings(
    session: orm.Session, ids: Iterable[str], names: Mapping[str, str]
) -> Mapping[str, tuple[router_state.PortForwarding, ...]]:
    """Return what floating IPs forward, by their ID."""
    wanted = sorted(ids)
    if not wanted:
        return {}
    row, location = tables.port_forwardings, central_models.PortLocation
    attribute, port = tables.standard_attributes, tables.ports
    found = session.execute(
        sa.select(row, attribute.c.description, port.c.network_id)
        .add_columns(location.pod_id)
        .select_from(
            row.join(attribute, attribute.c.id == row.c.standard_attr_id)
            .join(port, port.c.id == row.c.internal_neutron_port_id)
            .outerjoin(location, location.port_id == port.c.id)
        )
        .where(row.c.floatingip_id.in_(wanted))
    )
    return central_rows.grouped(
        found,
        'floatingip_id',
        lambda row: router_state.PortForwarding(
            id=row.id,
            protocol=row.protocol,
            fixed_port_id=row.internal_neutron_port_id,
            fixed_ip_address=row.internal_ip_address,
            fixed_network_id=row.network_id,
            fixed_region=names.get(row.pod_id),
            internal=f'{row.internal_port_start}:{row.internal_port_end}',
            external=f'{row.external_port_start}:{row.external_port_end}',
            description=row.description or '',
        ),
    )
