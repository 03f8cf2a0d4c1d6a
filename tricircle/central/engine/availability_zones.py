# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Availability zones of central: what its pods are in.

Central has no agents, whose zones plain Neutron goes by. Here zones are the
``az_name`` of pods; names of regions are accepted as hints beside them (see
:mod:`tricircle.plan.scope`).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from neutron_lib.api.definitions import availability_zone as az_apidef
from neutron_lib.api.validators import availability_zone as az_validator
from neutron_lib.exceptions import availability_zone as az_exc
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db.central import models as central_models
from tricircle.db.central import presence
from tricircle.plan import scope
from tricircle.replica import types

#: Resources that can be hinted at a zone.
_HINTED = ('network', 'router')
_AVAILABLE = 'available'


def regions(session: orm.Session) -> list[scope.Region]:
    """Return the regions that resources may be in."""
    return [pod.region for pod in presence.serving(session)]


def listed(
    session: orm.Session, filters: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Return the zones as ``GET /v2.0/availability_zones`` does.

    :param filters: wanted values of ``name``, ``resource`` and ``state``
    """
    wanted = {
        key: set(values)
        for key, values in (filters or {}).items()
        if values and key in ('name', 'resource', 'state')
    }
    # Without the project_id that plain Neutron adds for the policy check: it
    # makes Neutron 29 answer 500, and the policy asks for a role only.
    rows = [
        {'name': name, 'resource': resource, 'state': _AVAILABLE}
        for name in scope.all_zones(regions(session))
        for resource in _HINTED
    ]
    return [
        row
        for row in rows
        if all(row[key] in values for key, values in wanted.items())
    ]


def validate(
    session: orm.Session, resource_type: str, hints: Iterable[str]
) -> None:
    """Check that every hint names a zone or a region.

    :raises AvailabilityZoneNotFound: 404, when one does not; central's own
        region is no place for anything either
    """
    names = list(hints)
    if not names or resource_type not in _HINTED:
        return
    unknown = scope.unknown_hints(names, regions(session))
    if unknown:
        raise az_exc.AvailabilityZoneNotFound(availability_zone=unknown[0])


def show_networks(
    session: orm.Session, networks: Iterable[dict[str, Any]]
) -> None:
    """Fill in the zones that API networks are present in.

    :param networks: API dictionaries; those without zones stay without
    """
    _show(session, networks, zones_of_networks)


def show_routers(
    session: orm.Session, routers: Iterable[dict[str, Any]]
) -> None:
    """Fill in the zones in which API routers have a piece.

    :param routers: as in :func:`show_networks`
    """
    _show(session, routers, zones_of_routers)


def _show(
    session: orm.Session,
    resources: Iterable[dict[str, Any]],
    zones_of: Callable[[orm.Session, Iterable[str]], dict[str, list[str]]],
) -> None:
    shown = {
        resource['id']: resource
        for resource in resources
        if az_apidef.COLLECTION_NAME in resource and 'id' in resource
    }
    if not shown:
        return
    for resource_id, names in zones_of(session, shown).items():
        shown[resource_id][az_apidef.COLLECTION_NAME] = names


def zones_of_networks(
    session: orm.Session, ids: Iterable[str]
) -> dict[str, list[str]]:
    """Return the zones in which networks are present, in one query.

    :returns: sorted zone names by network ID; networks that are present
        nowhere are left out
    """
    routing, pod = central_models.ResourceRouting, central_models.Pod
    found: dict[str, list[str]] = {}
    rows = session.execute(
        sa.select(routing.top_id, pod.az_name)
        .join(pod, pod.pod_id == routing.pod_id)
        .where(
            routing.top_id.in_(sorted(ids)),
            routing.resource_type == types.NETWORK,
        )
        .distinct()
        .order_by(pod.az_name)
    )
    for network_id, zone in rows:
        found.setdefault(network_id, []).append(zone)
    return found


def zones_of_routers(
    session: orm.Session, ids: Iterable[str]
) -> dict[str, list[str]]:
    """Return the zones in which routers have a piece, in one query.

    :returns: as :func:`zones_of_networks`
    """
    piece, pod = central_models.RouterPiece, central_models.Pod
    found: dict[str, list[str]] = {}
    rows = session.execute(
        sa.select(piece.router_id, pod.az_name)
        .join(pod, pod.pod_id == piece.pod_id)
        .where(piece.router_id.in_(sorted(ids)))
        .distinct()
        .order_by(pod.az_name)
    )
    for router_id, zone in rows:
        found.setdefault(router_id, []).append(zone)
    return found


def region_of_hints(session: orm.Session, hints: Iterable[str]) -> str | None:
    """Return the one region that hints name, None if not exactly one."""
    return scope.single_region(hints, regions(session))


def parse(text: str | None) -> list[str]:
    """Return the hints in a column of Neutron's tables."""
    hints: list[str] = az_validator.convert_az_string_to_list(text)
    return hints
