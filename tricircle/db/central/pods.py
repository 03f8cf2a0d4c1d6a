# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Pods: the regions that Tricircle serves."""

from collections.abc import Iterator, Mapping
import json
from typing import cast, Final
import uuid

from oslo_utils import timeutils
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.db import clock
from tricircle.db.central import bindings
from tricircle.db.central import contacts
from tricircle.db.central import data_paths
from tricircle.db.central import models as central_models
from tricircle.db.central import refusals
from tricircle.db.central import releases
from tricircle.db.central.models import Pod
from tricircle.db.central.models import PodState
from tricircle.replica import types

#: Who acts for the region, and where its hosts are: for administrators.
IDENTITY = ('service_user_id', 'service_project_id', 'tunnel_networks')
MUTABLE = (
    'az_name',
    'pod_az_name',
    'dc_name',
    'resource_affinity',
    *IDENTITY,
)
#: What only administrators are to see.
HIDDEN = (*IDENTITY, 'pause_reason')
FIELDS = ('pod_id', 'region_name', *MUTABLE, 'state')
_ROUTINGS = cast(sa.Table, central_models.ResourceRouting.__table__)
_GONE = cast(sa.Table, central_models.GoneRegion.__table__)
_PIECES = cast(sa.Table, central_models.RouterPiece.__table__)
# Neutron's tables by name: the Admin API does not load Neutron for them.
_NETWORKS: Final = sa.table(
    'networks', sa.column('id'), sa.column('availability_zone_hints')
)
_ROUTERS: Final = sa.table(
    'router_extra_attributes',
    sa.column('router_id'),
    sa.column('availability_zone_hints'),
)
#: How many of them an error names.
_NAMED: Final = 5


class PodConflict(refusals.Conflict):
    """A pod cannot be made or changed like this; the text says why."""


class PodNotFound(Exception):
    """There is no such pod."""


def get(session: orm.Session, pod_id: str) -> Pod:
    """Return a pod.

    :raises PodNotFound: when there is none with that ID
    """
    pod = session.get(Pod, pod_id)
    if pod is None:
        raise PodNotFound(pod_id)
    return pod


def find(
    session: orm.Session,
    filters: Mapping[str, str],
    marker: str | None = None,
    limit: int | None = None,
) -> list[Pod]:
    """Return the pods that match, in the order of their IDs.

    :param marker: ID after which to begin
    """
    query = sa.select(Pod).order_by(Pod.pod_id)
    for field, value in filters.items():
        query = query.where(getattr(Pod, field) == value)
    if marker is not None:
        query = query.where(Pod.pod_id > marker)
    return list(session.scalars(query.limit(limit)))


def create(
    session: orm.Session,
    region_name: str,
    az_name: str = '',
    pod_az_name: str = '',
    dc_name: str = '',
    **more: str,
) -> Pod:
    """Make a pod; one without az_name is central's own.

    :param more: the rest of :data:`MUTABLE`

    :raises PodConflict: when central's is there already, or the region is
    """
    if not az_name:
        central = find(session, {'az_name': ''})
        if central:
            raise PodConflict(
                f'{central[0].region_name} is the region of central '
                'Neutron already: a pod needs an availability zone'
            )
        pod_az_name = ''
    taken = find(session, {'region_name': region_name})
    if taken:
        raise PodConflict(
            f'There is a pod for region {region_name} already: '
            f'{taken[0].pod_id}'
        )
    pod = Pod(
        pod_id=str(uuid.uuid4()),
        region_name=region_name,
        az_name=az_name,
        pod_az_name=pod_az_name,
        dc_name=dc_name,
        created_at=clock.now(session),
        **more,
    )
    session.add(pod)
    session.flush()
    # It is here again: what it says counts.
    session.execute(sa.delete(_GONE).where(_GONE.c.region_name == region_name))
    return pod


def update(
    session: orm.Session, pod_id: str, changes: Mapping[str, str]
) -> Pod:
    """Change a pod.

    :param changes: of :data:`MUTABLE`
    :raises PodNotFound: when there is none with that ID
    :raises PodConflict: when a region would become central, or the reverse;
        when it would leave a zone by whose name something is there
    """
    pod = get(session, pod_id)
    if 'az_name' in changes and bool(changes['az_name']) != bool(pod.az_name):
        raise PodConflict(
            f'{pod.region_name} is '
            + (
                'a region with an availability zone and cannot become'
                if pod.az_name
                else 'and cannot cease to be'
            )
            + ' the region of central Neutron'
        )
    if changes.get('az_name', pod.az_name) != pod.az_name:
        _check_leaves(session, pod)
    for field in MUTABLE:
        if field in changes:
            setattr(pod, field, changes[field])
    session.flush()
    return pod


def _check_leaves(session: orm.Session, pod: Pod) -> None:
    """Check that nothing loses its place when a pod leaves its zone.

    What is in a region because of the zone's name would be where it may not
    be, and the next plan of a router would take its piece away.
    """
    found = sorted(_there_by_zone(session, pod))
    if found:
        more = len(found) - _NAMED
        listed = ', '.join(found[:_NAMED]) + (
            f' and {more} more' if more > 0 else ''
        )
        raise PodConflict(
            f'{pod.region_name} cannot leave the zone {pod.az_name}: '
            f'{listed} are there because their availability zone hints name '
            'it. Delete them in central Neutron first'
        )


def _there_by_zone(session: orm.Session, pod: Pod) -> Iterator[str]:
    """Yield what is in a region because of its zone's name."""
    hints = _NETWORKS.c.availability_zone_hints
    networks = session.execute(
        sa.select(_NETWORKS.c.id, hints)
        .join(_ROUTINGS, _ROUTINGS.c.top_id == _NETWORKS.c.id)
        .where(
            _ROUTINGS.c.pod_id == pod.pod_id,
            _ROUTINGS.c.resource_type == types.NETWORK,
            hints.contains(json.dumps(pod.az_name), autoescape=True),
        )
    )
    hints = _ROUTERS.c.availability_zone_hints
    routers = session.execute(
        sa.select(_ROUTERS.c.router_id.label('id'), hints)
        .join(_PIECES, _PIECES.c.router_id == _ROUTERS.c.router_id)
        .where(
            _PIECES.c.pod_id == pod.pod_id,
            hints.contains(json.dumps(pod.az_name), autoescape=True),
        )
        .distinct()
    )
    for kind, rows in ((types.NETWORK, networks), (types.ROUTER, routers)):
        for row in rows:
            names = json.loads(row.availability_zone_hints)
            if pod.az_name in names and pod.region_name not in names:
                yield f'{kind} {row.id}'


def without_identity(session: orm.Session) -> list[str]:
    """Return the regions for which any service may act, by name."""
    return list(
        session.scalars(
            sa.select(Pod.region_name)
            .where(Pod.service_user_id == '', Pod.service_project_id == '')
            .order_by(Pod.region_name)
        )
    )


def presences(session: orm.Session, pod_id: str) -> dict[str, int]:
    """Return how many resources of each type are in a region."""
    rows = session.execute(
        sa.select(_ROUTINGS.c.resource_type, sa.func.count())
        .where(_ROUTINGS.c.pod_id == pod_id)
        .group_by(_ROUTINGS.c.resource_type)
    )
    return {row[0]: row[1] for row in rows}


def delete(session: orm.Session, pod_id: str) -> None:
    """Remove a pod in which nothing is.

    :raises PodNotFound: when there is none with that ID
    :raises PodConflict: naming what is there
    """
    pod = get(session, pod_id)
    found = presences(session, pod_id)
    if found:
        listed = ', '.join(
            f'{count} {kind}' for kind, count in sorted(found.items())
        )
        raise PodConflict(
            f'{pod.region_name} still has {listed}: delete them in central '
            'Neutron first'
        )
    end(session, pod)


def end(session: orm.Session, pod: Pod) -> None:
    """Remove a pod; of one that left it stays known how."""
    if pod.state != PodState.ACTIVE:
        session.execute(
            sa.delete(_GONE).where(_GONE.c.region_name == pod.region_name)
        )
        session.execute(
            sa.insert(_GONE).values(
                region_name=pod.region_name,
                pod_id=pod.pod_id,
                state=pod.state,
                gone_at=timeutils.utcnow(),
            )
        )
    bindings.end_of(session, pod.pod_id)
    contacts.forget(session, pod.region_name)
    data_paths.forget(session, pod.region_name)
    releases.forget(session, pod.region_name)
    session.delete(pod)
    session.flush()
