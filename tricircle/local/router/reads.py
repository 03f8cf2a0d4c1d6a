# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What a region has of a router, read row by row.

Loading a router or a port as Neutron's API does takes two dozen statements,
and a document is compared with what is there again and again.
"""

from collections.abc import Collection
from typing import Any

from neutron.db import models_v2
from neutron.db.models import l3 as l3_models
from neutron.db.models import l3_attrs
from neutron.db.models import tag as tag_models
from neutron.db.qos import models as qos_models
from neutron_lib.db import api as db_api
from neutron_lib.db import standard_attr
from neutron_lib.plugins import directory
import sqlalchemy as sa


def router(context: Any, router_id: str) -> dict[str, Any] | None:
    """Return a router, None when there is none.

    :returns: ``id``, ``project_id``, ``name``, ``description``,
        ``admin_state_up``, ``distributed``, ``ha``, ``gw_port_id``,
        ``enable_snat``, ``gateway_qos_policy_id``, ``routes``, and ``tags``
        where the region has tags
    """
    model, attribute = l3_models.Router, standard_attr.StandardAttribute
    extra = l3_attrs.RouterExtraAttributes
    policy = qos_models.QosRouterGatewayIPPolicyBinding
    with db_api.CONTEXT_READER.using(context):
        session = context.session
        row = session.execute(
            sa.select(
                model.id,
                model.project_id,
                model.name,
                model.admin_state_up,
                model.gw_port_id,
                model.enable_snat,
                model.standard_attr_id,
                attribute.description,
                extra.distributed,
                extra.ha,
                policy.policy_id,
            )
            .join(attribute, attribute.id == model.standard_attr_id)
            .outerjoin(extra, extra.router_id == model.id)
            .outerjoin(policy, policy.router_id == model.id)
            .where(model.id == router_id)
        ).one_or_none()
        if row is None:
            return None
        found = {
            'id': row.id,
            'project_id': row.project_id,
            'name': row.name or '',
            'description': row.description or '',
            'admin_state_up': bool(row.admin_state_up),
            'distributed': bool(row.distributed),
            'ha': bool(row.ha),
            'gw_port_id': row.gw_port_id,
            'enable_snat': row.enable_snat is not False,
            'gateway_qos_policy_id': row.policy_id,
            'routes': [
                {'destination': one.destination, 'nexthop': one.nexthop}
                for one in session.execute(
                    sa.select(
                        l3_models.RouterRoute.destination,
                        l3_models.RouterRoute.nexthop,
                    ).where(l3_models.RouterRoute.router_id == router_id)
                )
            ],
        }
        if directory.get_plugin('TAG') is not None:
            key = row.standard_attr_id
            found['tags'] = _tags(session, [key]).get(key, [])
    return found


def ports(context: Any, *where: sa.ColumnElement[bool]) -> list[Any]:
    """Return ports as Neutron shows them, with what a router's has.

    :param where: conditions on ``ports``
    :returns: ``id``, ``device_id``, ``network_id``, ``mac_address`` and
        ``fixed_ips`` of each
    """
    port, given = models_v2.Port, models_v2.IPAllocation
    with db_api.CONTEXT_READER.using(context):
        rows = context.session.execute(
            sa.select(
                port.id,
                port.device_id,
                port.network_id,
                port.mac_address,
                given.subnet_id,
                given.ip_address,
            )
            .select_from(port)
            .outerjoin(given, given.port_id == port.id)
            .where(*where)
            .order_by(port.id)
        ).all()
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault(
            row.id,
            {
                'id': row.id,
                'device_id': row.device_id,
                'network_id': row.network_id,
                'mac_address': str(row.mac_address),
                'fixed_ips': [],
            },
        )
        if row.subnet_id is not None:
            one['fixed_ips'].append(
                {'subnet_id': row.subnet_id, 'ip_address': row.ip_address}
            )
    return list(found.values())


def connected(context: Any, router_id: str) -> list[tuple[str, str]]:
    """Return address and CIDR of all that a router is connected to."""
    port, given, subnet = (
        models_v2.Port,
        models_v2.IPAllocation,
        models_v2.Subnet,
    )
    with db_api.CONTEXT_READER.using(context):
        return [
            (str(row.ip_address), str(row.cidr))
            for row in context.session.execute(
                sa.select(given.ip_address, subnet.cidr)
                .select_from(given)
                .join(port, port.id == given.port_id)
                .join(subnet, subnet.id == given.subnet_id)
                .where(port.device_id == router_id)
            )
        ]


def floating_ips(
    context: Any, local_ids: Collection[str]
) -> list[dict[str, Any]]:
    """Return floating IPs as Neutron shows them, by the region's IDs."""
    model, attribute = l3_models.FloatingIP, standard_attr.StandardAttribute
    policy = qos_models.QosFIPPolicyBinding
    with db_api.CONTEXT_READER.using(context):
        rows = context.session.execute(
            sa.select(
                model.id,
                model.project_id,
                model.floating_network_id,
                model.floating_ip_address,
                model.fixed_port_id,
                model.fixed_ip_address,
                model.router_id,
                model.standard_attr_id,
                attribute.description,
                policy.policy_id,
            )
            .join(attribute, attribute.id == model.standard_attr_id)
            .outerjoin(policy, policy.fip_id == model.id)
            .where(model.id.in_(sorted(local_ids)))
        ).all()
        tags = _tags(context.session, [row.standard_attr_id for row in rows])
        return [
            {
                'id': row.id,
                'project_id': row.project_id,
                'floating_network_id': row.floating_network_id,
                'floating_ip_address': row.floating_ip_address,
                'port_id': row.fixed_port_id,
                'fixed_ip_address': row.fixed_ip_address,
                'router_id': row.router_id,
                'description': row.description or '',
                'qos_policy_id': row.policy_id,
                'tags': tags.get(row.standard_attr_id, []),
            }
            for row in rows
        ]


def _tags(session: Any, attribute_ids: list[int]) -> dict[int, list[str]]:
    """Return tags by the ID of the standard attributes."""
    tag = tag_models.Tag
    found: dict[int, list[str]] = {}
    if attribute_ids:
        for row in session.execute(
            sa.select(tag.standard_attr_id, tag.tag).where(
                tag.standard_attr_id.in_(attribute_ids)
            )
        ):
            found.setdefault(row.standard_attr_id, []).append(row.tag)
    return found
