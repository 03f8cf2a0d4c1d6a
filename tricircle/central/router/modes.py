# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Distributed and highly available routers: for one region alone.

A distributed router sends from MAC addresses that only the hosts of its own
region know, and a highly available one has a network of its own beside;
neither is made in several regions. So none comes to reach beyond one: what
would take it there is refused, and a router that reaches there stays as it
is. Where there are no pods, nothing is refused.

A local router reaches its own region only. If it is distributed, that goes
for its networks as well: it is on every host with an instance, where other
regions do not look for it.
"""

from collections.abc import Mapping
from typing import Any

from neutron_lib import exceptions as n_exc
from neutron_lib.api.definitions import l3 as l3_apidef
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.central.engine import availability_zones
from tricircle.central.network import located as located_networks
from tricircle.db import device_owners
from tricircle.db.central import neutron_tables as tables
from tricircle.plan.router import location as router_location

#: What such a router is, by the attribute that says so.
_KINDS = {'distributed': 'distributed', 'ha': 'highly available'}


class RouterKindAcrossRegions(n_exc.BadRequest):
    """A kind of router that does not reach beyond one region."""

    message = (
        'Router %(router_id)s cannot be %(kinds)s and reach the regions '
        '%(regions)s, where its networks can be: such a router is for one '
        'region only. %(remedy)s'
    )


_SET_OFF = (
    'Set its admin_state_up, then its %(names)s to false, or take a router '
    'and networks whose only availability zone hint is one of these regions.'
)
_LEAVE_OFF = (
    'Leave %(names)s false, or take a router and networks whose only '
    'availability zone hint is one of these regions.'
)


def is_plain(session: orm.Session, router_id: str) -> bool:
    """Tell whether there is such a router, which is of neither kind."""
    row = _kind(session, router_id)
    return row is not None and not (row.distributed or row.ha)


def _kind(session: orm.Session, router_id: str) -> Any:
    extra = tables.router_attributes
    return session.execute(
        sa.select(extra.c.distributed, extra.c.ha).where(
            extra.c.router_id == router_id
        )
    ).one_or_none()


def check_network(
    session: orm.Session, router_id: str, network_id: str
) -> None:
    """Check that a router may get one more network.

    This costs one look for a router that is of neither kind.

    :raises RouterKindAcrossRegions: 400, when it may not
    """
    row = _kind(session, router_id)
    if row is not None and (row.distributed or row.ha):
        _check(session, router_id, row._asdict(), {network_id}, _SET_OFF)


def check_update(
    session: orm.Session, router_id: str, wanted: Mapping[str, Any]
) -> None:
    """Check that a router may become what an update wants.

    :param wanted: the attributes in the request
    :raises RouterKindAcrossRegions: 400, when it may not
    """
    if any(wanted.get(name) is True for name in _KINDS):
        gateway = wanted.get(l3_apidef.EXTERNAL_GW_INFO) or {}
        network_id = gateway.get('network_id')
        _check(
            session,
            router_id,
            wanted,
            {network_id} if network_id else set(),
            _LEAVE_OFF,
        )


def _check(
    session: orm.Session,
    router_id: str,
    router: Mapping[str, Any],
    network_ids: set[str],
    remedy: str,
) -> None:
    regions = availability_zones.regions(session)
    hints = located_networks.router_hints(session, router_id)
    names = [name for name in _KINDS if router.get(name)]
    local = router_location.region_of_local(hints, regions) is not None
    if local:
        names = [name for name in names if name == 'distributed']
    if not names:
        return
    port = tables.ports
    attached = session.scalars(
        sa.select(port.c.network_id)
        .where(
            port.c.device_id == router_id,
            port.c.device_owner.in_(device_owners.ROUTER_PORTS),
        )
        .distinct()
    )
    networks = {*attached, *network_ids}
    if local:
        networks -= _external(session, networks)
    reached: set[str] = set()
    for network_id in networks:
        network = located_networks.find(session, network_id)
        if network is not None:
            reached |= network.regions(regions)
    if len(reached) > 1:
        raise RouterKindAcrossRegions(
            router_id=router_id,
            kinds=' and '.join(_KINDS[name] for name in names),
            regions=', '.join(sorted(reached)),
            remedy=remedy % {'names': ' and '.join(names)},
        )


def _external(session: orm.Session, network_ids: set[str]) -> set[str]:
    """Return the external ones of some networks: those are beyond hosts."""
    table = tables.external_networks
    return set(
        session.scalars(
            sa.select(table.c.network_id).where(
                table.c.network_id.in_(sorted(network_ids))
            )
        )
    )
