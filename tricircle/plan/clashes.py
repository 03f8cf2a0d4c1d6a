# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Clashes of a region's own networks with those of central.

A region joins with networks that it had before. Names and addresses may be
the same as central's. What may not: the ID, because a resource has the same
one everywhere; and what tells one network from another on the wire.
"""

from collections.abc import Iterable, Mapping
import dataclasses
import enum

from tricircle.plan.state import Segment

#: Where central's range of a type of segments is configured.
_RANGES: dict[str, str] = {
    'vlan': '[tricircle] network_vlan_ranges',
    'vxlan': '[tricircle] vni_ranges',
}


class Kind(enum.StrEnum):
    """What is the same."""

    #: Central has a network with the same ID.
    ID = 'id'
    #: A network of central is on the same segment.
    SEGMENT_USED = 'segment-used'
    #: Central may give the segment to a network that it makes later.
    SEGMENT_FREE = 'segment-free'


@dataclasses.dataclass(frozen=True)
class OwnNetwork:
    """A network that the users of a region made there."""

    id: str
    segments: tuple[Segment, ...] = ()


@dataclasses.dataclass(frozen=True)
class Central:
    """What central has of the same.

    :ivar ids: of its networks
    :ivar used: IDs of the networks on a segment that may come to the region
    :ivar left: segments that it gives to networks yet to be made
    """

    ids: frozenset[str]
    used: Mapping[Segment, tuple[str, ...]]
    left: frozenset[Segment]


@dataclasses.dataclass(frozen=True)
class Clash:
    """What is the same, and what can be done about it."""

    network_id: str
    kind: Kind
    reason: str
    remedy: str


def find(own: Iterable[OwnNetwork], central: Central) -> list[Clash]:
    """Return what the networks of a region have in common with central.

    In their order; at most one a segment.
    """
    found = []
    for network in own:
        if network.id in central.ids:
            found.append(
                Clash(
                    network.id,
                    Kind.ID,
                    'central has a network with this ID, which this region '
                    'then cannot have',
                    'make the network anew in the region, under another ID',
                )
            )
        found += [
            clash
            for segment in network.segments
            if (clash := _of_segment(network.id, segment, central))
        ]
    return found


def _of_segment(
    network_id: str, segment: Segment, central: Central
) -> Clash | None:
    others = [
        one for one in central.used.get(segment, ()) if one != network_id
    ]
    if others:
        return Clash(
            network_id,
            Kind.SEGMENT_USED,
            f"central's network {min(others)} is on {_name(segment)}, too: "
            'the region cannot make it',
            'move one of the two to another segment, or make the one of '
            'central for other regions only, by its availability zone hints',
        )
    if segment in central.left:
        return Clash(
            network_id,
            Kind.SEGMENT_FREE,
            f'central may make a network on {_name(segment)}, which the '
            'region then cannot make',
            f'take it out of {_RANGES[segment.network_type]} of central, or '
            'move the network to another segment',
        )
    return None


def _name(segment: Segment) -> str:
    match segment.network_type:
        case 'vlan':
            return (
                f'VLAN {segment.segmentation_id} of physical network '
                f'{segment.physical_network}'
            )
        case 'vxlan':
            return f'VNI {segment.segmentation_id}'
        case 'flat':
            return f'the flat physical network {segment.physical_network}'
        case other:
            return f'{other} segment {segment.segmentation_id}'
