# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Where a router extends to: its subnets, and the regions they reach."""

from collections.abc import Iterable, Mapping
import functools

from tricircle.plan import network as network_plan
from tricircle.plan import scope
from tricircle.plan.router import location as router_location
from tricircle.plan.router import state as router_state
from tricircle.plan.router.pieces import Attachment


def reach(
    network: router_state.Network, regions: Iterable[scope.Region]
) -> frozenset[str]:
    """Return the regions in which a network can be put on a router.

    One of type local settles in the first region that gets it, and to be
    on a router that is in many regions is no reason to settle.
    """
    if network.network_type == scope.TYPE_LOCAL and network.presences:
        return network.presences
    return scope.regions_of(network.hints, regions)


def _unsettled(network: router_state.Network, wide: frozenset[str]) -> bool:
    return (
        network.network_type == scope.TYPE_LOCAL
        and not network.presences
        and len(wide) > 1
    )


class Extent:
    """A router over the regions; computed once, asked often."""

    def __init__(self, state: router_state.RouterState) -> None:
        self.state = state
        self.router = state.router
        self.local_region = router_location.region_of_local(
            state.router.hints, state.regions
        )
        self._networks = {one.id: one for one in state.networks}

    @functools.cached_property
    def attachments(self) -> tuple[Attachment, ...]:
        """Each subnet on the router once, in the order of their IDs."""
        found: dict[str, Attachment] = {}
        for interface in sorted(
            self.state.interfaces, key=lambda one: one.port_id
        ):
            network = self._networks.get(interface.network_id)
            if network is None:
                continue
            subnets = {one.id: one for one in network.subnets}
            for fixed in interface.fixed_ips:
                subnet = subnets.get(fixed.subnet_id)
                if (
                    subnet is not None
                    and subnet.cidr != network_plan.WAITING_FOR_PREFIX
                ):
                    found.setdefault(
                        subnet.id,
                        Attachment(
                            network, subnet, interface, fixed.ip_address
                        ),
                    )
        return tuple(found[key] for key in sorted(found))

    @functools.cached_property
    def attached(self) -> Mapping[str, router_state.Network]:
        """The networks of interfaces, by ID."""
        return {one.network.id: one.network for one in self.attachments}

    @functools.cached_property
    def external(self) -> router_state.Network | None:
        """The network of the gateway."""
        gateway = self.state.gateway
        if gateway is None:
            return None
        return self._networks.get(gateway.network_id)

    @functools.cached_property
    def external_region(self) -> str | None:
        """The region of the external network.

        That is where it is; before it is anywhere, its only region.
        """
        if self.external is None:
            return None
        if len(self.external.presences) == 1:
            return next(iter(self.external.presences))
        return scope.single_region(self.external.hints, self.state.regions)

    @functools.cached_property
    def scope(self) -> frozenset[str]:
        """The regions that the router may be in."""
        return scope.regions_of(self.router.hints, self.state.regions)

    @functools.cached_property
    def reach(self) -> Mapping[str, frozenset[str]]:
        """The regions in which each attached network can be on it."""
        wide = {
            one.id: reach(one, self.state.regions) & self.scope
            for one in self.attached.values()
        }
        if self.local_region is not None:
            return wide
        return {
            one.id: frozenset()
            if _unsettled(one, wide[one.id])
            else wide[one.id]
            for one in self.attached.values()
        }

    def networks_in(self, region: str) -> frozenset[str]:
        """Return the IDs of the attached networks that a piece carries."""
        return frozenset(
            network_id
            for network_id, regions in self.reach.items()
            if region in regions
        )

    @functools.cached_property
    def regions(self) -> tuple[str, ...]:
        """The regions of all pieces but the north-south one, sorted."""
        if self.local_region is not None:
            here = self.local_region in self.scope and (
                self.networks_in(self.local_region)
                or self.external_region == self.local_region
            )
            return (self.local_region,) if here else ()
        return tuple(
            sorted(
                {
                    region
                    for one in self.attached.values()
                    for region in one.instance_regions & self.reach[one.id]
                }
            )
        )

    @functools.cached_property
    def north_south_region(self) -> str | None:
        """The region of the north-south piece, None without one."""
        if self.local_region is not None:
            return None
        region = self.external_region
        return region if region in self.scope else None

    @functools.cached_property
    def bridged(self) -> bool:
        """Whether the pieces are on the bridge network.

        They have to be to get out, and to get to what is on another piece
        only. And one is already when it is alone with a network that no
        other region can have: whatever comes onto the router in another
        region is reached over the bridge, and a piece that is ready for it
        then gets one route more.
        """
        if self.local_region is not None:
            return False
        if self.north_south_region is not None:
            return True
        return len({self.networks_in(one) for one in self.regions}) > 1 or any(
            self._is_confined(one) and self.reach[one.id] & {*self.regions}
            for one in self.attached.values()
        )

    @functools.cached_property
    def distributed(self) -> bool:
        """Whether the piece is distributed: that of a local router alone.

        And not with a network that other regions may have. A distributed
        router is on all hosts that have an instance on any of its networks,
        and other regions know no way to those without one on this network.
        """
        return (
            self.router.distributed
            and self.local_region is not None
            and all(
                one.network_type == scope.TYPE_LOCAL
                or reach(one, self.state.regions) <= {self.local_region}
                for one in self.attached.values()
            )
        )

    def _is_confined(self, network: router_state.Network) -> bool:
        """Tell whether only one region can have a network, now and later.

        A zone that has one region now may get another: that does not count.
        """
        return scope.is_local(
            network.network_type, network.hints, self.state.regions
        )

    @functools.cached_property
    def versions(self) -> tuple[int, ...]:
        """The IP versions that pieces meet with on the bridge network.

        IPv4 always, and IPv6 when the router has a subnet of it: another
        subnet makes a bridge network half as dear again for each region.
        """
        return tuple(
            sorted({4, *(one.subnet.ip_version for one in self.attachments)})
        )
