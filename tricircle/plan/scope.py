# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Scope: the regions that a resource may be in.

The rules are those of ``availability_zone_hints`` of networks and routers:

* a hint is the name of a region or of an availability zone, and a zone
  stands for all its regions, also those added later. So hints are stored as
  they were given, and resolved each time they are needed;
* a name that is both means the region, which is the narrower of the two;
* no hint means every region;
* central itself is a pod without zone, and in no scope.
"""

from collections.abc import Iterable
import dataclasses

#: ``provider:network_type`` of a network that lives in one region only and
#: takes that region's own default type.
TYPE_LOCAL = 'local'


@dataclasses.dataclass(frozen=True, order=True)
class Region:
    """A pod, as far as scope cares.

    :ivar region_name: name of the region, as Keystone has it
    :ivar az_name: availability zone it belongs to, '' for central itself
    """

    region_name: str
    az_name: str


def in_scope(regions: Iterable[Region]) -> list[Region]:
    """Return the regions that any resource may be in: all but central."""
    return [region for region in regions if region.az_name]


def _resolve(hint: str, regions: list[Region]) -> frozenset[str]:
    if any(region.region_name == hint for region in regions):
        return frozenset([hint])
    return frozenset(
        region.region_name for region in regions if region.az_name == hint
    )


def regions_of(
    hints: Iterable[str], regions: Iterable[Region]
) -> frozenset[str]:
    """Return the names of the regions that hints stand for.

    :param hints: names of regions and zones, mixed; none means all
    :param regions: the pods there are, central's own among them or not
    :returns: region names; a hint that names nothing adds nothing, so that
        a resource whose only region has left is in no scope, not in all
    """
    serving = in_scope(regions)
    names = list(hints)
    if not names:
        return frozenset(region.region_name for region in serving)
    return frozenset().union(*(_resolve(name, serving) for name in names))


def unknown_hints(
    hints: Iterable[str], regions: Iterable[Region]
) -> list[str]:
    """Return the hints that name neither a region nor a zone, in order.

    The name of central's own region is unknown: nothing can be put there.
    """
    serving = in_scope(regions)
    return [hint for hint in hints if not _resolve(hint, serving)]


def is_local(
    network_type: str | None, hints: Iterable[str], regions: Iterable[Region]
) -> bool:
    """Tell whether a network is confined to one region.

    That is so for the type ``local``, and when the only hint is the name of
    a region. A zone that has just one region now does not confine: it may
    get another.

    :param network_type: ``provider:network_type``, None when unknown
    """
    if network_type == TYPE_LOCAL:
        return True
    names = set(hints)
    return len(names) == 1 and names <= {
        region.region_name for region in in_scope(regions)
    }


def single_region(
    hints: Iterable[str], regions: Iterable[Region]
) -> str | None:
    """Return the one region that hints stand for, None if not exactly one.

    External networks live in one region; a zone may name it when it has no
    other.
    """
    found = regions_of(hints, regions)
    return next(iter(found)) if len(found) == 1 else None


def zones_of(
    region_names: Iterable[str], regions: Iterable[Region]
) -> list[str]:
    """Return the sorted zone names of some regions.

    :param region_names: regions in which a resource is present
    """
    wanted = set(region_names)
    return sorted(
        {
            region.az_name
            for region in in_scope(regions)
            if region.region_name in wanted
        }
    )


def all_zones(regions: Iterable[Region]) -> list[str]:
    """Return the sorted names of all zones."""
    return sorted({region.az_name for region in in_scope(regions)})
