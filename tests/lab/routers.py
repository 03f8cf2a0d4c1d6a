# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Routers of a tenant: their pieces in the regions, and what they leave."""

from collections.abc import Collection, Iterable
import functools
from typing import Any

from lab import cloud
from lab import topology as topologies
from tests.lab import administrator
from tests.lab import packets
from tests.lab import waiting

#: Namespaces of the L3 agent; what follows is a router's ID.
_NAMESPACES = ('qrouter-', 'snat-')


def pieces(lab: cloud.Lab, project_id: str) -> dict[str, list[Any]]:
    """Return a project's routers, by region; central's are not among them."""
    found = {}
    for region in lab.topology.regions:
        admin = administrator.at(lab, region.name)
        found[region.name] = list(admin.network.routers(project_id=project_id))
    return found


def regions(lab: cloud.Lab, router: Any) -> set[str]:
    """Return the regions where a router of central's has a piece."""
    return {
        region
        for region, some in pieces(lab, router.project_id).items()
        if router.id in {one.id for one in some}
    }


def ids(lab: cloud.Lab, project_id: str) -> frozenset[str]:
    """Return the IDs of a project's routers, central's and the pieces'."""
    admin = administrator.at(lab, topologies.CENTRAL)
    found = {one.id for one in admin.network.routers(project_id=project_id)}
    for some in pieces(lab, project_id).values():
        found |= {one.id for one in some}
    return frozenset(found)


def bridge_networks(
    lab: cloud.Lab, routers: Collection[str] | None = None
) -> list[str]:
    """Return the IDs of the networks between pieces, which are nobody's.

    :param routers: only those that one of these is on, by their IDs; None
        for all
    """
    admin = administrator.at(lab, topologies.CENTRAL)
    found = {
        str(one.id) for one in admin.network.networks() if not one.project_id
    }
    if routers is not None:
        found &= _networks_of(lab, routers)
    return sorted(found)


def _networks_of(lab: cloud.Lab, routers: Collection[str]) -> set[str]:
    """Return the IDs of all networks that routers are on in any region."""
    found = set()
    for region in lab.topology.regions:
        admin = administrator.at(lab, region.name)
        found |= {
            str(port.network_id)
            for port in admin.network.ports()
            if port.device_id in routers
        }
    return found


def nowhere(
    lab: cloud.Lab, gone: Iterable[str], seconds: float = 60.0
) -> None:
    """Wait until nothing is left of routers, in any API, on any host.

    :raises AssertionError: when something stays; it lists what
    """
    wanted = set(gone)
    if not wanted:
        return
    regions = (
        topologies.CENTRAL,
        *(region.name for region in lab.topology.regions),
    )
    waiting.nothing_left(
        [
            *(
                functools.partial(_in_api, lab, region, wanted)
                for region in regions
            ),
            functools.partial(_on_hosts, lab, wanted),
        ],
        seconds,
    )


def _in_api(lab: cloud.Lab, region: str, gone: set[str]) -> list[str]:
    admin = administrator.at(lab, region)
    return [
        *(
            f'{region}: router {one.id} {one.name}'
            for one in admin.network.routers()
            if one.id in gone
        ),
        *(
            f'{region}: port {one.id} of router {one.device_id}'
            for one in admin.network.ports()
            if one.device_id in gone
        ),
    ]


def _on_hosts(lab: cloud.Lab, gone: set[str]) -> list[str]:
    return [
        f'{host}: namespace {name}'
        for host in lab.topology.hosts
        for name in packets.inside(lab, host, ['ip', 'netns']).stdout.split()
        if any(name == prefix + one for prefix in _NAMESPACES for one in gone)
    ]
