# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Subnets of a network replica."""

from typing import Any, Final

from neutron.db import models_v2
from neutron_lib import exceptions
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
import sqlalchemy as sa

from tricircle.local.engine import attributes
from tricircle.local.engine import ledger
from tricircle.local.engine import parts
from tricircle.local.engine import refusals
from tricircle.replica.body import canonical
from tricircle.replica.kinds.network import SUBNET

_POOL: Final = 'subnetpool_id'


def _project(
    found: dict[str, Any], wanted: dict[str, Any] | None, omitted: list[str]
) -> dict[str, Any]:
    body, missing = attributes.project(
        found, SUBNET.names, wanted, 'subnet', SUBNET.sparse
    )
    omitted.extend(missing)
    body['allocation_pools'] = canonical.ordered(body['allocation_pools'])
    body['host_routes'] = canonical.ordered(
        {
            'destination': str(route['destination']),
            'nexthop': str(route['nexthop']),
        }
        for route in body['host_routes']
    )
    body['dns_nameservers'] = [str(one) for one in body['dns_nameservers']]
    body['service_types'] = sorted(body.get('service_types', []))
    if body[_POOL] is None:
        del body[_POOL]
    return body


def _of_network(context: Any, network_id: str) -> list[dict[str, Any]]:
    return list(
        directory.get_plugin().get_subnets(
            context, filters={'network_id': [network_id]}
        )
    )


def observe(
    context: Any,
    network_id: str,
    omitted: list[str],
    desired: list[dict[str, Any]] | None,
) -> list[dict[str, Any]]:
    """Read back the subnets of a network in document form."""
    by_id = {one['id']: one for one in desired or []}
    return [
        _project(found, by_id.get(found['id']), omitted)
        for found in sorted(
            _of_network(context, network_id), key=lambda one: str(one['id'])
        )
    ]


def apply(
    context: Any,
    network_id: str,
    wanted: list[dict[str, Any]],
    doing: parts.Parts,
) -> None:
    """Create, change and delete subnets until they are as wanted."""
    here = {one['id']: one for one in _of_network(context, network_id)}
    with db_api.CONTEXT_READER.using(context):
        ours = {
            row.resource_id
            for row in ledger.children(
                context.session, ledger.SUBNET, network_id
            )
        }
    for subnet_id in sorted(ours - {one['id'] for one in wanted}):
        with doing.part(f'removed subnet {subnet_id}'):
            if subnet_id in here:
                _delete(context, network_id, subnet_id)
            with db_api.CONTEXT_WRITER.using(context):
                ledger.unmark(context.session, ledger.SUBNET, [subnet_id])
    for one in wanted:
        with doing.part(f'subnet {one["id"]}'):
            found = here.get(one['id']) or _create(context, network_id, one)
            here[one['id']] = found
            _put_into_pool(context, found, one.get(_POOL))
            sparse = {key: found[key] for key in SUBNET.sparse if key in found}
            changed = attributes.changes(
                sparse | _project(found, one, []),
                one,
                SUBNET.mutable,
                SUBNET.sparse,
            )
            # Of extensions that this region has not.
            changed = {key: changed[key] for key in changed if key in found}
            if changed:
                directory.get_plugin().update_subnet(
                    context, one['id'], {'subnet': changed}
                )
    for one in wanted:
        if one['id'] in here:
            with doing.part(f'tags of subnet {one["id"]}'):
                attributes.set_tags(context, 'subnets', here[one['id']], one)


def _create(
    context: Any, network_id: str, wanted: dict[str, Any]
) -> dict[str, Any]:
    with db_api.CONTEXT_WRITER.using(context):
        ledger.mark(
            context.session,
            ledger.SUBNET,
            wanted['id'],
            parent_id=network_id,
            project_id=wanted['project_id'],
        )
    subnet = {
        key: wanted[key]
        for key in SUBNET.names
        if key not in ('tags', _POOL, *SUBNET.sparse)
    }
    subnet['tenant_id'] = wanted['project_id']
    subnet['network_id'] = network_id
    # To be taken out of the pool is for central's.
    subnet[_POOL] = None
    subnet['use_default_subnetpool'] = False
    subnet['segment_id'] = attributes.NOT_SPECIFIED
    for key in ('ipv6_ra_mode', 'ipv6_address_mode'):
        if subnet[key] is None:
            subnet[key] = attributes.NOT_SPECIFIED
    made: dict[str, Any] = directory.get_plugin().create_subnet(
        context, {'subnet': subnet}
    )
    return made


def _put_into_pool(
    context: Any, found: dict[str, Any], pool_id: str | None
) -> None:
    """Have a subnet be of a pool, or of none.

    Straight in its row: no call of Neutron's changes that, but one that puts
    all subnets of a network into a pool, and looks whether they may.
    """
    if found[_POOL] == pool_id:
        return
    with db_api.CONTEXT_WRITER.using(context):
        context.session.execute(
            sa.update(models_v2.Subnet)
            .where(models_v2.Subnet.id == found['id'])
            .values(subnetpool_id=pool_id)
            .execution_options(synchronize_session=False)
        )
    if pool_id is not None:
        # L3 agents go by address scopes.
        registry.publish(
            resources.SUBNETPOOL_ADDRESS_SCOPE,
            events.AFTER_UPDATE,
            directory.get_plugin(),
            payload=events.DBEventPayload(context, resource_id=pool_id),
        )


def _delete(context: Any, network_id: str, subnet_id: str) -> None:
    try:
        directory.get_plugin().delete_subnet(context, subnet_id)
    except exceptions.SubnetNotFound:
        return
    except exceptions.InUse as exc:
        raise refusals.ReplicaInUse(
            type='network', id=network_id, reason=exc
        ) from exc
