# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A network of a region becomes central's: all rows, in one transaction.

What is made is present in the region from the start, and its region is told
of it as of anything else.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from neutron.db.models import tag as tag_models
from neutron.objects import securitygroup as group_objects
from neutron.quota import QUOTAS
from neutron_lib import constants
from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.api import attributes
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
from neutron_lib.utils import net
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.engine import regions
from tricircle.central.group import presence as group_presence
from tricircle.central.held import reservations
from tricircle.central.held import taking_in
from tricircle.central.network import presence as network_presence
from tricircle.central.port import region_ports
from tricircle.conf import fault_point
from tricircle.db import retries
from tricircle.db.central import neutron_tables as tables
from tricircle.journal import intent
from tricircle.plan.adoption import networks as adoption
from tricircle.plan.adoption import rows as adoption_rows
from tricircle.replica import types


class AdoptionRefused(n_exc.Conflict):
    """Something keeps a network from becoming central's."""

    message = 'Network %(id)s cannot be adopted: %(reason)s.'


@retries.bounded
def make(
    region_name: str,
    found: adoption.Network,
    also: Callable[[orm.Session], None],
) -> None:
    """Make all that a region has of a network, or nothing.

    Not to be called in a transaction.

    :param found: as the region says
    :param also: called last in the transaction; nothing is made if it raises
    :raises PodNotFound: when there is no such region
    :raises AdoptionRefused: when central cannot have it as it is
    :raises neutron_lib.exceptions.OverQuota: when a quota has no room for it
    :raises neutron_lib.exceptions.Conflict: when its segment is taken
    """
    context = n_context.get_admin_context()
    plugin = directory.get_plugin()
    projects = adoption.projects(found)
    defaults = {one: _default_group(plugin, context, one) for one in projects}
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        pod = regions.receiving_pod(session, region_name)
        _check(context, found, defaults)
        rows = adoption_rows.rows(
            found, {key: one['id'] for key, one in defaults.items()}
        )
        _check_quotas(context, found)
        for group in rows.groups:
            _make_group(context, group)
        for group in rows.groups:
            _make_rules(context, group, rows.rules[group['id']])
        for group in rows.groups:
            group_presence.created(session, group['id'], group['project_id'])
        plugin._create_network_db(
            context, {'network': _filled('networks', rows.network)}
        )
        for subnet in rows.subnets:
            plugin._create_subnet_db(
                context, {'subnet': _filled('subnets', subnet)}
            )
        fault_point.reach('central.adoption.network')
        network_id = rows.network['id']
        taking_in.take_in(
            context, network_id, pod, rows.gateways, rows.dhcp_ports
        )
        network_presence.enter(
            session, network_id, rows.network['project_id'], [], pod, []
        )
        intent.ensure(
            session,
            [
                intent.Intent(
                    types.NETWORK,
                    network_id,
                    region_name,
                    rows.network['project_id'],
                    regions.grace(),
                )
            ],
        )
        with region_ports.placed_in(
            context, pod, [one['id'] for one in rows.ports]
        ):
            for port in rows.ports:
                plugin._create_port_db(
                    context, {'port': _filled('ports', port)}
                )
        # What addresses it gets is central's choice: after all others.
        reservations.reserve(context, network_id, pod)
        # Also those that no port has, and rules name.
        group_presence.follow(session, pod, [one['id'] for one in rows.groups])
        _tag(session, found)
        also(session)
    fault_point.reach('central.adoption.made')


def _default_group(
    plugin: Any, context: Any, project_id: str
) -> dict[str, Any]:
    group_id = plugin._ensure_default_security_group(context, project_id)
    found: dict[str, Any] = plugin.get_security_group(context, group_id)
    return found


def _check(
    context: Any,
    found: adoption.Network,
    defaults: Mapping[str, dict[str, Any]],
) -> None:
    known = {
        resource_type: set(
            context.session.scalars(
                sa.select(table.c.id).where(table.c.id.in_(wanted))
            )
        )
        for resource_type, wanted in adoption.ids(found).items()
        for table in (_TABLES[resource_type],)
    }
    for one in adoption.conflicts(
        found, adoption.Central(known=known, defaults=defaults, quotas={})
    ):
        raise AdoptionRefused(
            id=found.network['id'], reason=f'{one.type} {one.id}: {one.reason}'
        )


_TABLES: Mapping[str, Any] = {
    types.NETWORK: tables.networks,
    adoption.SUBNET: tables.subnets,
    types.PORT: tables.ports,
    types.SECURITY_GROUP: tables.groups,
    adoption.RULE: tables.rules,
}


def _check_quotas(context: Any, found: adoption.Network) -> None:
    for project_id, needed in adoption.needed(found).items():
        QUOTAS.quota_limit_check(context, project_id, **needed)


def _filled(collection: str, body: adoption.Body) -> dict[str, Any]:
    """Return what Neutron's API would make of a request."""
    filled = dict(body)
    filled['tenant_id'] = filled['project_id']
    info = attributes.AttributeInfo(attributes.RESOURCES[collection])
    info.fill_post_defaults(filled, check_allow_post=False)
    info.convert_values(filled)
    if collection == 'ports':
        filled['status'] = constants.PORT_STATUS_DOWN
    return filled


def _tag(session: orm.Session, found: adoption.Network) -> None:
    wanted = adoption.ids(found)
    for resource_type, bodies in (
        (types.NETWORK, (found.network,)),
        (adoption.SUBNET, found.subnets),
        (types.PORT, found.ports),
        (types.SECURITY_GROUP, found.groups),
    ):
        known = set(wanted[resource_type])
        tags = {
            one['id']: one['tags']
            for one in bodies
            if one['id'] in known and one.get('tags')
        }
        if not tags:
            continue
        table = _TABLES[resource_type]
        session.add_all(
            tag_models.Tag(standard_attr_id=row.standard_attr_id, tag=tag)
            for row in session.execute(
                sa.select(table.c.id, table.c.standard_attr_id).where(
                    table.c.id.in_(tags)
                )
            ).all()
            for tag in tags[row.id]
        )


def _make_group(context: Any, group: adoption.Body) -> None:
    """Make a group without the rules of Neutron's template."""
    group_objects.SecurityGroup(context, **group, is_default=False).create()


def _make_rules(
    context: Any, group: adoption.Body, rules: Iterable[adoption.Body]
) -> None:
    for rule in rules:
        prefix = rule['remote_ip_prefix']
        group_objects.SecurityGroupRule(
            context,
            **{
                **rule,
                'remote_ip_prefix': prefix and net.AuthenticIPNetwork(prefix),
                'project_id': group['project_id'],
                'security_group_id': group['id'],
            },
        ).create()
