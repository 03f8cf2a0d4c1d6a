# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which networks may be on which routers, by where both may be.

The rules are those of the original Tricircle (its
``RouterNetworkLocationMismatch``): a local router needs its network where
it is itself, any other router must be able to follow its network wherever
that goes.
"""

from collections.abc import Iterable

from tricircle.plan import scope


def region_of_local(
    hints: Iterable[str], regions: Iterable[scope.Region]
) -> str | None:
    """Return the region of a local router, None for any other router.

    A router is local when its only hint is the name of a region. A zone
    does not make it so, whatever regions the zone has: it may get others.
    """
    names = set(hints)
    serving = {region.region_name for region in scope.in_scope(regions)}
    return names.pop() if len(names) == 1 and names <= serving else None


def mismatch(
    router_hints: Iterable[str],
    network_hints: Iterable[str],
    regions: Iterable[scope.Region],
) -> str | None:
    """Return why a network cannot be on a router, None when it can.

    :param network_hints: hints of the network; for one that lives in one
        region and has settled there, the name of that region
    :returns: the rest of a sentence that begins with both names
    """
    known = list(regions)
    router_names, network_names = list(router_hints), list(network_hints)
    if not router_names:
        return None
    router_regions = scope.regions_of(router_names, known)
    network_regions = scope.regions_of(network_names, known)
    local = region_of_local(router_names, known)
    if local is not None:
        if network_names and local not in network_regions:
            return (
                f'the router is in {local}, and the network can only be in '
                f'{_listed(network_regions)}'
            )
        return None
    if not network_names:
        return (
            f'the router can only be in {_listed(router_regions)}, and the '
            'network in all regions'
        )
    beyond = network_regions - router_regions
    if beyond:
        return (
            f'the router can only be in {_listed(router_regions)}, and the '
            f'network also in {_listed(beyond)}'
        )
    return None


def _listed(names: Iterable[str]) -> str:
    return ', '.join(sorted(names)) or 'no region'
