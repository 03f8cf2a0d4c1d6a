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
with them. Neither ``max_routes`` nor a quota limits them: a user did not
ask for them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import netaddr
from neutron.db.models import l3 as l3_models
from neutron_lib.plugins import directory
import sqlalchemy as sa

from tricircle.replica import canonical

Route = Mapping[str, Any]


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


def write(
    context: Any,
    router_id: str,
    added: Iterable[Route],
    removed: Iterable[Route],
) -> None:
    """Write routes of a router, in the caller's transaction.

    All in one flush: there may be one for every subnet of a project.
    """
    session = context.session
    gone = _keys(removed)
    if gone:
        for row in session.scalars(
            sa.select(l3_models.RouterRoute).where(
                l3_models.RouterRoute.router_id == router_id
            )
        ):
            if (row.destination, row.nexthop) in gone:
                session.delete(row)
    session.add_all(
        l3_models.RouterRoute(
            router_id=router_id, destination=destination, nexthop=nexthop
        )
        for destination, nexthop in sorted(_keys(added))
    )
    session.flush()


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
    plugin: Any,
    router_id: str,
    wanted: Iterable[Route],
) -> None:
    """Give a router these routes.

    :raises InvalidRoutes: when a new one's next hop is not connected, which
        an L3 agent would choke on
    """
    here = observe(plugin.get_router(context, router_id))
    routes = _plain(_keys(wanted))
    if here != routes:
        plugin.update_router(
            context, router_id, {'router': {'routes': routes}}
        )
