# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Where a router has pieces, and what each of them needs.

A *local* router, whose only hint is a region, has one piece, in that region.
Any other router has a piece in each region where one of its networks has an
instance; each piece carries all of the router's networks that may be in its
region. Such a router with a gateway has one piece more, the *north-south*
piece, in the region of the external network.

Pieces reach each other over the bridge network of their router: a regular
piece has it as its gateway, and the bridge subnets' own gateway addresses
belong to the north-south piece.
"""

from collections.abc import Mapping
import functools
import ipaddress

from tricircle.plan.router import extent as router_extent
from tricircle.plan.router import state as router_state
from tricircle.plan.router.pieces import Attachment
from tricircle.plan.router.pieces import Key
from tricircle.plan.router.pieces import key_of
from tricircle.plan.router.pieces import Need
from tricircle.plan.router.pieces import north_south_id
from tricircle.plan.router.pieces import Piece
from tricircle.plan.router.pieces import Role
from tricircle.plan.state import FixedIP
from tricircle.plan.state import Held
from tricircle.replica.held_ports import HeldPort


class Layout(router_extent.Extent):
    """A router laid out over the regions; computed once, asked often."""

    @property
    def lacks_bridge(self) -> bool:
        """Whether a bridge network, or a subnet of it, is to be made."""
        bridge = self.state.bridge
        have = {one.ip_version for one in bridge.subnets} if bridge else set()
        return any(one.bridged for one in self.pieces) and not (
            have.issuperset(self.versions)
        )

    @functools.cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """All pieces, in the order of their regions, north-south last."""
        made = [self._piece(region) for region in self.regions]
        if self.north_south_region is not None:
            made.append(self._north_south(self.north_south_region))
        return tuple(made)

    def piece(self, piece_id: str, region: str) -> Piece | None:
        """Return the piece that has an ID in a region, if there is one."""
        for one in self.pieces:
            if one.id == piece_id and one.region == region:
                return one
        return None

    def attachments_in(self, region: str) -> list[Attachment]:
        """Return the subnets that are on the region's regular piece."""
        here = self.networks_in(region)
        return [one for one in self.attachments if one.network.id in here]

    def _leg(self, piece_id: str, region: str, inner: bool) -> Need:
        bridge = self.state.bridge
        return Need(
            kind=HeldPort.BRIDGE_LEG,
            region=region,
            router_id=piece_id,
            network_id=bridge.id if bridge else None,
            addresses=tuple(
                one.gateway_ip
                for one in (bridge.subnets if bridge and inner else ())
                if one.gateway_ip is not None
                and one.ip_version in self.versions
            ),
            versions=self.versions,
        )

    def _is_central_s(self, one: Attachment) -> bool:
        """Tell whether a piece has central's own port on a subnet.

        Where only one region can have the network, no other piece needs an
        address on it, and the user's choice of one is kept (original.md,
        A.4). The gateway of a subnet is the region's all the same, since
        its instances know that one.
        """
        return one.network.external or (
            not one.is_gateway and self._is_confined(one.network)
        )

    def _interface(self, one: Attachment, region: str) -> Need | None:
        if self._is_central_s(one):
            return None
        return Need(
            kind=HeldPort.GATEWAY if one.is_gateway else HeldPort.INTERFACE,
            region=region,
            router_id=None if one.is_gateway else self.router.id,
            network_id=one.network.id,
            subnet_id=one.subnet.id,
        )

    def _piece(self, region: str) -> Piece:
        networks = set(self.networks_in(region))
        needs: list[Need] = []
        if self.local_region is not None:
            if self.external is not None and self.external_region == region:
                networks.add(self.external.id)
        else:
            needs += [
                need
                for need in (
                    self._interface(one, region)
                    for one in self.attachments_in(region)
                )
                if need is not None
            ]
            if self.bridged:
                needs.append(self._leg(self.router.id, region, inner=False))
                if self.state.bridge is not None:
                    networks.add(self.state.bridge.id)
        return Piece(
            id=self.router.id,
            router_id=self.router.id,
            region=region,
            role=Role.REGULAR if self.local_region is None else Role.LOCAL,
            networks=tuple(sorted(networks)),
            bridged=self.bridged,
            needs=tuple(sorted(needs, key=lambda need: need.key)),
        )

    def _north_south(self, region: str) -> Piece:
        networks = {self.external.id} if self.external else set()
        if self.state.bridge is not None:
            networks.add(self.state.bridge.id)
        piece_id = north_south_id(self.router.id)
        return Piece(
            id=piece_id,
            router_id=self.router.id,
            region=region,
            role=Role.NORTH_SOUTH,
            networks=tuple(sorted(networks)),
            bridged=True,
            needs=(self._leg(piece_id, region, inner=True),),
        )

    @functools.cached_property
    def _held(self) -> Mapping[Key, Held]:
        bridge = self.state.bridge
        return {
            key_of(one): one
            for one in sorted(
                self.state.held_ports, key=lambda held: held.port_id
            )
            # A leg on a bridge network that was given up is none.
            if one.kind != HeldPort.BRIDGE_LEG
            or (bridge is not None and one.network_id == bridge.id)
        }

    def held(self, need: Need) -> Held | None:
        """Return what central holds for a need, None unless all of it."""
        found = self._held.get(need.key)
        bridge = self.state.bridge
        if found is None:
            return None
        have = {fixed.subnet_id for fixed in found.fixed_ips}
        if need.kind != HeldPort.BRIDGE_LEG:
            return found if need.subnet_id in have else None
        if bridge is None:
            return None
        addresses = {
            ipaddress.ip_address(fixed.ip_address) for fixed in found.fixed_ips
        }
        wanted = {ipaddress.ip_address(one) for one in need.addresses}
        # Another router's version may be on the network, and on a leg that
        # was held when a network had both from the beginning.
        subnets = [
            one for one in bridge.subnets if one.ip_version in need.versions
        ]
        complete = (
            {one.ip_version for one in subnets} >= {*need.versions}
            and have >= {one.id for one in subnets}
            and wanted <= addresses
        )
        return found if complete else None

    def leg(self, piece: Piece) -> Held | None:
        """Return the port of a piece on the bridge network, if held."""
        for need in piece.needs:
            if need.kind == HeldPort.BRIDGE_LEG:
                return self.held(need)
        return None

    def interface(
        self, one: Attachment, region: str
    ) -> tuple[router_state.Interface | Held, FixedIP] | None:
        """Return the port and address on a subnet of a regular piece.

        :returns: central's own, or what is held for it; None when it lacks
        """
        need = self._interface(one, region)
        if need is None:
            return one.port, FixedIP(one.subnet.id, one.address)
        held = self.held(need)
        if held is None:
            return None
        for fixed in held.fixed_ips:
            if fixed.subnet_id == one.subnet.id:
                return held, fixed
        return None

    def interface_address(self, one: Attachment, region: str) -> str | None:
        """Return the address on a subnet of a region's regular piece."""
        found = self.interface(one, region)
        return found[1].ip_address if found else None
