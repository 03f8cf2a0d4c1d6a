# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Port forwardings on floating IPs of central's, with central's IDs.

Neutron's plugin asks what central has answered, and where a port is reached
over a leg of its router the answer would be another: documents go past it, to
the object. L3 agents read what there is with their router, and are told of
what is gone; until that has been said, the ledger keeps it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from neutron.api.rpc.callbacks import events as rpc_events
from neutron.db import models_v2
from neutron.db.models import l3 as l3_models
from neutron.db.models import port_forwarding as models
from neutron.objects import port_forwarding as objects
from neutron.objects import router as router_objects
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from neutron_lib.db import standard_attr
from neutron_lib.plugins import constants
from neutron_lib.plugins import directory
import sqlalchemy as sa

from tricircle.conf import fault_point
from tricircle.local.engine import ledger
from tricircle.local.engine import parts
from tricircle.local.engine import refusals
from tricircle.local.router import floating_ips
from tricircle.replica.kinds.router import FORWARDING_IP
from tricircle.replica.kinds.router import PORT_FORWARDING

IPs = Iterable[Mapping[str, Any]]
#: What one is made anew for.
_FIXED: Final = tuple(
    one.name for one in PORT_FORWARDING.fields if not one.mutable
)


def is_supported() -> bool:
    """Tell whether this region forwards ports."""
    return directory.get_plugin(constants.PORTFORWARDING) is not None


def of_body(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the floating IPs of a document that forward ports here."""
    return list(body.get('forwarding_ips', ())) if is_supported() else []


def _floating_ip(each: Mapping[str, Any]) -> dict[str, Any]:
    """Return what there is of a floating IP beside what it is for."""
    return {
        one.name: each[one.name] for one in FORWARDING_IP if one.name in each
    }


def bare(forwarding_ips: IPs) -> list[dict[str, Any]]:
    """Return floating IPs that forward ports as those that are for none."""
    return [
        {
            **_floating_ip(each),
            'port_id': None,
            'fixed_ip_address': None,
        }
        for each in forwarding_ips
    ]


def _read(
    context: Any, local_ids: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Return what floating IPs of some region's IDs forward, by ID.

    In document form, with the region's ID of the floating IP, and its router.
    """
    if not local_ids:
        return {}
    model, attribute = models.PortForwarding, standard_attr.StandardAttribute
    floating_ip = l3_models.FloatingIP
    with db_api.CONTEXT_READER.using(context):
        rows = context.session.execute(
            sa.select(
                model.id,
                model.protocol,
                model.internal_neutron_port_id,
                model.internal_ip_address,
                model.internal_port_start,
                model.internal_port_end,
                model.external_port_start,
                model.external_port_end,
                model.floatingip_id,
                floating_ip.router_id,
                attribute.description,
            )
            .join(floating_ip, floating_ip.id == model.floatingip_id)
            .join(attribute, attribute.id == model.standard_attr_id)
            .where(model.floatingip_id.in_(sorted(local_ids)))
            .order_by(model.id)
        ).all()
    return {
        row.id: {
            'id': row.id,
            'protocol': row.protocol,
            'internal_port_id': row.internal_neutron_port_id,
            'internal_ip_address': row.internal_ip_address,
            'internal_port_range': (
                f'{row.internal_port_start}:{row.internal_port_end}'
            ),
            'external_port_range': (
                f'{row.external_port_start}:{row.external_port_end}'
            ),
            'description': row.description or '',
            'floatingip_id': row.floatingip_id,
            'router_id': row.router_id,
        }
        for row in rows
    }


def observe(
    context: Any, router_id: str, found: IPs
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Tell floating IPs that forward ports from others, in document form.

    :param found: all of the router's
    :returns: the others, and those that forward ports
    """
    known = list(found)
    local_ids = floating_ips.local_ids(context, router_id) if known else {}
    unassociated = [
        local_ids[one['id']] for one in known if one['port_id'] is None
    ]
    forwarded: dict[str, list[dict[str, Any]]] = {}
    for one in _read(context, unassociated).values():
        if one['router_id'] == router_id:
            forwarded.setdefault(one['floatingip_id'], []).append(
                {name: one[name] for name in PORT_FORWARDING.names}
            )
    others, forwarding = [], []
    for each in known:
        its = forwarded.get(local_ids[each['id']])
        if its is None:
            others.append(dict(each))
        else:
            forwarding.append(
                {
                    **_floating_ip(each),
                    'port_forwardings': its,
                }
            )
    return others, forwarding


def remove(
    context: Any,
    router_id: str,
    wanted: IPs,
    must_go: Callable[[Mapping[str, Any]], bool],
) -> None:
    """Delete those that are not wanted, or are others than wanted.

    :param wanted: floating IPs of a document that forward ports
    :param must_go: tells whether one that is wanted must go all the same,
        because its floating IP does or its router's port is about to change
    """
    by_id = {
        each['id']: each for one in wanted for each in one['port_forwardings']
    }
    here = _read(context, floating_ips.local_ids(context, router_id).values())
    with db_api.CONTEXT_READER.using(context):
        marked = {
            row.resource_id: ledger.detail(row)
            for row in ledger.children(
                context.session, ledger.PORT_FORWARDING, router_id
            )
        }
    for key in sorted({*here, *marked}):
        one = here.get(key)
        if (
            one is not None
            and key in by_id
            and one['router_id'] == router_id
            and all(one[name] == by_id[key][name] for name in _FIXED)
            and not must_go(one)
        ):
            continue
        _delete(context, key, marked.get(key))


def _delete(
    context: Any, forwarding_id: str, marked: dict[str, Any] | None
) -> None:
    """Delete one, tell agents, and then forget it.

    :param marked: what agents were told, as the ledger has it
    """
    gone = None
    with db_api.CONTEXT_WRITER.using(context):
        found = objects.PortForwarding.get_object(context, id=forwarding_id)
        if found is not None:
            gone = found
            found.delete()
            if not objects.PortForwarding.objects_exist(
                context, floatingip_id=found.floatingip_id
            ):
                _put_on(context, found.floatingip_id, None)
    fault_point.reach('local.router.port_forwarding_deleted')
    if gone is None and marked:
        gone = objects.PortForwarding.obj_from_primitive(marked, context)
    plugin = directory.get_plugin(constants.PORTFORWARDING)
    if gone is not None and plugin is not None:
        plugin.push_api.push(context, [gone], rpc_events.DELETED)
    with db_api.CONTEXT_WRITER.using(context):
        ledger.unmark(context.session, ledger.PORT_FORWARDING, [forwarding_id])


def _put_on(context: Any, local_id: str, router_id: str | None) -> None:
    """Put a floating IP that is for no port on a router, or off it."""
    router_objects.FloatingIP.update_objects(
        context,
        {'router_id': router_id, 'fixed_port_id': None},
        id=local_id,
    )


def apply(
    context: Any, router_id: str, wanted: IPs, doing: parts.Parts
) -> None:
    """Have floating IPs that are here forward ports; each is a part."""
    forwarding = list(wanted)
    if not forwarding:
        return
    with doing.part('port forwardings of another router'):
        # Of a floating IP that has just come from there.
        remove(context, router_id, forwarding, lambda one: False)
    local_ids = floating_ips.local_ids(context, router_id)
    for one in sorted(forwarding, key=lambda item: str(item['id'])):
        if one['id'] not in local_ids:
            # It could not be made, which is another part's to say.
            continue
        for each in one['port_forwardings']:
            with doing.part(f'port forwarding {each["id"]}'):
                _apply_one(context, router_id, local_ids[one['id']], each)
            fault_point.reach('local.router.port_forwarding')


def _apply_one(
    context: Any, router_id: str, local_id: str, wanted: Mapping[str, Any]
) -> None:
    with db_api.CONTEXT_WRITER.using(context):
        found = objects.PortForwarding.get_object(context, id=wanted['id'])
        if found is None:
            _create(context, router_id, local_id, wanted)
        elif found.floatingip_id != local_id:
            raise refusals.ReplicaConflict(
                type=ledger.PORT_FORWARDING, id=wanted['id']
            )
        elif found.description != wanted['description']:
            found.description = wanted['description']
            found.update()


def _create(
    context: Any, router_id: str, local_id: str, wanted: Mapping[str, Any]
) -> None:
    port, port_id = models_v2.Port, wanted['internal_port_id']
    if context.session.get(port, port_id) is None:
        raise exceptions.PortNotFound(port_id=port_id)
    _put_on(context, local_id, router_id)
    made = objects.PortForwarding(
        context,
        floatingip_id=local_id,
        **{name: wanted[name] for name in PORT_FORWARDING.names},
    )
    made.create()
    ledger.mark(
        context.session,
        ledger.PORT_FORWARDING,
        wanted['id'],
        parent_id=router_id,
        detail=made.obj_to_primitive(),
    )
