# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routes of a router replica.

They are rows like those of Neutron's extra routes, and reach the L3 agent
with them. The quota ``router_route`` does not limit them: a user did not
ask for them. And they are written as rows, all at once: Neutron's own way
takes statements for each of them, and there may be one for every subnet of
a project.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import netaddr
from neutron.db.models import l3 as l3_models
from neutron_lib.db import api as db_api
from neutron_lib.exceptions import extraroute as xroute_exc
from neutron_lib.exceptions import l3 as l3_exceptions
from neutron_lib.plugins import directory
import sqlalchemy as sa

from tricircle.local.router import reads as router_reads
from tricircle.local.router import revisions as router_revisions
from tricircle.replica.body import canonical

Route = Mapping[str, Any]

#: Routes in one statement; more go into several.
_BATCH: Final = 500


def _keys(routes: Iterable[Route]) -> set[tuple[str, str]]:
    return {(str(one['destination']), str(one['nexthop'])) for one in routes}


def _plain(keys: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return canonical.ordered(
        {'destination': destination, 'nexthop': nexthop}
        for destination, nexthop in keys
    )


def observe(router: dict[str, Any]) -> list[dict[str, str]]:
    """Return the routes of a router, as the plugin shows it."""
    return _plain(_keys(router['routes']))


def difference(
    here: Iterable[Route], wanted: Iterable[Route]
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return which routes are to be added, and which removed; pure."""
    old, new = _keys(here), _keys(wanted)
    return _plain(new - old), _plain(old - new)


def _check(context: Any, router_id: str, added: Iterable[Route]) -> None:
    """Check that next hops are connected, by Neutron's rule.

    Only those of new routes: one that lost its next hop must not stand in
    the way of what repairs it.
    """
    connected = router_reads.connected(context, router_id)
    own = {address for address, _cidr in connected}
    cidrs = sorted({cidr for _address, cidr in connected})
    for route in added:
        reason = None
        if not netaddr.all_matching_cidrs(route['nexthop'], cidrs):
            reason = 'the nexthop is not connected with router'
        elif route['nexthop'] in own:
            reason = 'the nexthop is used by router'
        if reason is not None:
            raise xroute_exc.InvalidRoutes(routes=[route], reason=reason)


def _write(
    context: Any,
    router_id: str,
    added: Iterable[Route],
    removed: Iterable[Route],
) -> None:
    """Write routes; in few statements, however many they are."""
    table = l3_models.RouterRoute.__table__
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        for keys in _batches(_keys(removed)):
            session.execute(
                sa.delete(table).where(
                    table.c.router_id == router_id,
                    sa.tuple_(table.c.destination, table.c.nexthop).in_(keys),
                )
            )
        for keys in _batches(_keys(added)):
            session.execute(
                sa.insert(table).values(
                    [
                        {
                            'router_id': router_id,
                            'destination': destination,
                            'nexthop': nexthop,
                        }
                        for destination, nexthop in keys
                    ]
                )
            )
        # As Neutron does when it writes routes one by one.
        router_revisions.count(session, router_id)


def _batches(
    keys: Iterable[tuple[str, str]],
) -> Iterator[tuple[tuple[str, str], ...]]:
    ordered = sorted(keys)
    for start in range(0, len(ordered), _BATCH):
        yield tuple(ordered[start : start + _BATCH])


def not_by(
    context: Any, routes: Iterable[Route], network_ids: Iterable[str]
) -> list[dict[str, str]]:
    """Return the routes whose next hop is on none of some networks."""
    networks = sorted(set(network_ids))
    cidrs = (
        [
            subnet['cidr']
            for subnet in directory.get_plugin().get_subnets(
                context, filters={'network_id': networks}
            )
        ]
        if networks
        else []
    )
    return _plain(
        key
        for key in _keys(routes)
        if not netaddr.all_matching_cidrs(key[1], cidrs)
    )


def apply(
    context: Any,
    router_id: str,
    wanted: Iterable[Route],
) -> None:
    """Give a router these routes; its agents are to be told of them.

    :raises InvalidRoutes: when a new one's next hop is not connected, which
        an L3 agent would choke on
    """
    router = router_reads.router(context, router_id)
    if router is None:
        raise l3_exceptions.RouterNotFound(router_id=router_id)
    added, removed = difference(router['routes'], wanted)
    if added:
        _check(context, router_id, added)
    if added or removed:
        _write(context, router_id, added, removed)
