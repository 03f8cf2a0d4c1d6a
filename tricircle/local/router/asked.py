# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a document asks of a router that a region may not have.

It counts as had, and is named. So that it does when the document is not at
hand, the ledger keeps what was asked for.
"""

from collections.abc import Mapping
from typing import Any

from neutron_lib.db import api as db_api

from tricircle.local.engine import ledger
from tricircle.local.router.port import distributed as distributed_routers
from tricircle.local.router.port import snat_ports as router_snat_ports
from tricircle.local.router.service import conntrack_helpers
from tricircle.local.router.service import port_forwardings
from tricircle.replica import types
from tricircle.replica.body import canonical


def noted(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the ledger keeps of a document."""
    kept: dict[str, Any] = {'distributed': bool(body['router']['distributed'])}
    if 'snat_ports' in body:
        kept['snat_ports'] = body['snat_ports']
    if body.get('forwarding_ips') and not port_forwardings.is_supported():
        kept['forwarding_ips'] = body['forwarding_ips']
    helpers = conntrack_helpers.lacking(body.get('conntrack_helpers', ()))
    if helpers:
        kept['conntrack_helpers'] = helpers
    return kept


def asked(
    context: Any, router_id: str, desired: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return that of the document at hand, or of the one before."""
    if desired is not None:
        return noted(desired)
    with db_api.CONTEXT_READER.using(context):
        return ledger.detail(
            ledger.get(context.session, types.ROUTER, router_id)
        )


def _can_be_distributed(plugin: Any, kept: Mapping[str, Any]) -> bool:
    """Tell whether a distributed router is made so.

    Not for a central of the version before, which has no addresses for it.
    """
    return 'snat_ports' in kept and distributed_routers.is_supported(plugin)


def is_to_be_distributed(plugin: Any, body: Mapping[str, Any]) -> bool:
    """Tell whether a router is made a distributed one."""
    return bool(
        body['router']['distributed'] and _can_be_distributed(plugin, body)
    )


def snat_ports(plugin: Any, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the ports for SNAT that a router is to have."""
    return body['snat_ports'] if is_to_be_distributed(plugin, body) else []


def observe_kind(
    context: Any,
    plugin: Any,
    found: Mapping[str, Any],
    kept: Mapping[str, Any],
) -> tuple[dict[str, Any], list[str]]:
    """Read back whether a router is distributed, as documents have it.

    :returns: ``distributed``, ``snat_ports``, and what it is not
    """
    if found['distributed']:
        return {
            'distributed': True,
            'snat_ports': router_snat_ports.observe(context, found['id']),
        }, []
    if kept.get('distributed') and not _can_be_distributed(plugin, kept):
        return {
            name: kept[name]
            for name in ('distributed', 'snat_ports')
            if name in kept
        }, ['router.distributed']
    return {'distributed': False}, []


def observe_translations(
    context: Any,
    router_id: str,
    floating_ips: list[dict[str, Any]],
    kept: Mapping[str, Any],
) -> tuple[dict[str, Any], list[str]]:
    """Read back what a router translates, as documents have it.

    :param floating_ips: all that it has
    :returns: what documents have of it, and the names of what it does not
    """
    omitted: list[str] = []
    others, forwarding = port_forwardings.observe(
        context, router_id, floating_ips
    )
    if not port_forwardings.is_supported():
        forwarding = list(kept.get('forwarding_ips', ()))
        omitted += [
            f'port_forwarding.{each["id"]}'
            for one in forwarding
            for each in one['port_forwardings']
        ]
    helpers = conntrack_helpers.observe(context, router_id)
    lacking = conntrack_helpers.lacking(kept.get('conntrack_helpers', ()))
    omitted += [f'conntrack_helper.{one["id"]}' for one in lacking]
    body: dict[str, Any] = {'floating_ips': others}
    if forwarding:
        body['forwarding_ips'] = canonical.ordered(forwarding)
    if helpers or lacking:
        body['conntrack_helpers'] = canonical.ordered([*helpers, *lacking])
    return body, omitted
