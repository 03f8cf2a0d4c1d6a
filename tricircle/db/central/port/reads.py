# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ports, read from central's database as the planner wants them."""

from collections.abc import Iterable
from typing import Any, cast, Final

from oslo_serialization import jsonutils
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import neutron_tables as tables
from tricircle.db.central import rows as central_rows
from tricircle.plan import state
from tricircle.replica.fields import QOS_POLICY
from tricircle.replica.kinds.port import PORT

_LOCATIONS = cast(sa.Table, central_models.PortLocation.__table__)
_PODS = cast(sa.Table, central_models.Pod.__table__)
_TOLD: Final = (
    _LOCATIONS.c.revision,
    _LOCATIONS.c.host,
    _LOCATIONS.c.device_id,
)
ACTIVE_BINDING = 'ACTIVE'
#: Profiles of bindings that say nothing.
_EMPTY_PROFILES = frozenset(['', '{}'])
#: Attributes that regions do not get yet, by column label.
_UNSUPPORTED = {'pvlan_type': 'pvlan_type'}
#: What regions get of extensions, by column label, with what says nothing.
_OPTIONAL: Final = {
    name: unset
    for name, unset in PORT.sparse.items()
    if name != QOS_POLICY.name
}


def _rows(session: orm.Session, ids: list[str]) -> list[Any]:
    port = tables.ports
    source = port.join(
        tables.standard_attributes,
        tables.standard_attributes.c.id == port.c.standard_attr_id,
    ).outerjoin(
        tables.port_bindings,
        sa.and_(
            tables.port_bindings.c.port_id == port.c.id,
            tables.port_bindings.c.status == ACTIVE_BINDING,
        ),
    )
    for table in (
        tables.port_security,
        tables.port_qos,
        tables.port_dns,
        tables.port_device_profiles,
        tables.port_offload,
        tables.port_hints,
        tables.port_numa,
        tables.port_trusted,
        tables.port_pvlan,
        tables.port_uplink,
    ):
        source = source.outerjoin(table, table.c.port_id == port.c.id)
    source = (
        source.outerjoin(_LOCATIONS, _LOCATIONS.c.port_id == port.c.id)
        .outerjoin(_PODS, _PODS.c.pod_id == _LOCATIONS.c.pod_id)
        .outerjoin(tables.trunks, tables.trunks.c.port_id == port.c.id)
    )
    return list(
        session.execute(
            sa.select(
                port.c.id,
                port.c.network_id,
                port.c.project_id,
                port.c.name,
                port.c.admin_state_up,
                port.c.mac_address,
                port.c.device_id,
                port.c.device_owner,
                port.c.standard_attr_id,
                tables.standard_attributes.c.description,
                tables.port_bindings.c.vnic_type,
                tables.port_bindings.c.profile,
                tables.port_security.c.port_security_enabled,
                tables.port_qos.c.policy_id,
                tables.port_dns.c.dns_name,
                tables.port_dns.c.dns_domain,
                tables.port_device_profiles.c.device_profile,
                tables.port_offload.c.hardware_offload_type,
                tables.port_hints.c.hints,
                tables.port_numa.c.numa_affinity_policy,
                tables.port_trusted.c.trusted,
                tables.port_pvlan.c.pvlan_type,
                tables.port_uplink.c.propagate_uplink_status,
                tables.trunks.c.id.label('trunk_id'),
                _PODS.c.region_name,
                *(one.label(f'told_{one.name}') for one in _TOLD),
            )
            .select_from(source)
            .where(port.c.id.in_(ids))
        ).all()
    )


def _unsupported(row: Any) -> tuple[str, ...]:
    names = central_rows.names_of(row, _UNSUPPORTED)
    if _says_more(row):
        names += ('binding:profile',)
    return names


def _says_more(row: Any) -> bool:
    """Tell whether somebody else than Neutron wrote a binding's profile.

    A type of hardware offload is in it as well.
    """
    if (row.profile or '') in _EMPTY_PROFILES:
        return False
    derived = {'capabilities': [row.hardware_offload_type]}
    return bool(row.profile != jsonutils.dumps(derived))


def _told(row: Any) -> state.Told | None:
    if row.region_name is None:
        return None
    return state.Told(
        row.region_name,
        **{one.name: getattr(row, f'told_{one.name}') for one in _TOLD},
    )


def _optional(row: Any) -> dict[str, Any]:
    """Return what a port has of extensions, without what says nothing."""
    found = {name: getattr(row, name) for name in _OPTIONAL}
    if found['hints']:
        found['hints'] = jsonutils.loads(found['hints'])
    return {
        name: value
        for name, value in found.items()
        if value not in (None, _OPTIONAL[name])
    }


def read(
    session: orm.Session, port_ids: Iterable[str]
) -> dict[str, state.Port]:
    """Return ports by ID, without those that central has not."""
    ids = sorted(set(port_ids))
    if not ids:
        return {}
    rows = _rows(session, ids)
    if not rows:
        return {}
    addresses = central_rows.fixed_ips(session, ids)
    table = tables.port_groups
    groups = central_rows.of(
        session,
        table.c.port_id,
        ids,
        lambda row: str(row.security_group_id),
    )
    table = tables.address_pairs
    pairs = central_rows.of(
        session,
        table.c.port_id,
        ids,
        lambda row: state.AddressPair(
            mac_address=row.mac_address, ip_address=row.ip_address
        ),
    )
    table = tables.dhcp_options
    options = central_rows.of(
        session,
        table.c.port_id,
        ids,
        lambda row: state.DhcpOption(
            opt_name=row.opt_name,
            opt_value=row.opt_value,
            ip_version=row.ip_version,
        ),
    )
    tags = central_rows.tags(session, [row.standard_attr_id for row in rows])
    return {
        row.id: state.Port(
            id=row.id,
            network_id=row.network_id,
            project_id=row.project_id or '',
            name=row.name or '',
            description=row.description or '',
            admin_state_up=bool(row.admin_state_up),
            mac_address=row.mac_address,
            port_security_enabled=row.port_security_enabled is not False,
            vnic_type=row.vnic_type or 'normal',
            fixed_ips=addresses[row.id],
            security_groups=groups[row.id],
            address_pairs=pairs[row.id],
            dhcp_options=options[row.id],
            tags=tags[row.standard_attr_id],
            unsupported=_unsupported(row),
            device_id=row.device_id or '',
            device_owner=row.device_owner or '',
            qos_policy_id=row.policy_id,
            optional=_optional(row),
            told=_told(row),
            trunk_id=row.trunk_id,
        )
        for row in rows
    }
