# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The regions that central's resources may be in, and who acts for them.

A request that names a region is the region's own, or XJob's. Which user of
Keystone that is, the pod says; the pod of central says it of XJob. Here is
the one place where that is checked.
"""

from collections.abc import Collection, Sequence
import dataclasses
import enum
import ipaddress
from typing import Any, Final, NoReturn

from neutron_lib import context as n_context
from neutron_lib import exceptions as n_exc
from neutron_lib.db import api as db_api
from oslo_config import cfg
from oslo_db import exception as db_exc
from oslo_log import log as logging
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.conf import central as central_config
from tricircle.db.central import models as central_models
from tricircle.db.central import presence as presence_db
from tricircle.db.central.pod import departures
from tricircle.replica import types

central_config.register(cfg.CONF)
LOG = logging.getLogger(__name__)

#: Role of what asks on behalf of a region.
SERVICE: Final = 'service'


class PodNotFound(n_exc.NotFound):
    """A region that is no pod, or is central's own."""

    message = 'Pod %(region)s could not be found.'


class Forbidden(n_exc.NotAuthorized):
    """Whoever asks does not act for the region that it names."""

    message = (
        'User %(user_id)s in project %(project_id)s does not act for region '
        '%(region)s: service_user_id or service_project_id of its pod is '
        'another.'
    )


class RegionLeaves(n_exc.Conflict):
    """A region that is given nothing more."""

    message = (
        'Region %(region)s is being drained: it is leaving, and is given '
        'nothing more.'
    )


class RegionGone(n_exc.NotAuthorized):
    """A region that has left, or was given up as lost, and speaks again."""

    message = (
        'Region %(region)s %(how)s: central Neutron does not listen to it '
        'until an administrator has it join as a new pod.'
    )


class ForeignTunnelAddress(n_exc.Conflict):
    """A region reports a host where it has none."""

    message = (
        'Region %(region)s has no host with tunnel address %(address)s: '
        '%(reason)s.'
    )


class Standing(enum.Enum):
    """As what a request for a region is taken."""

    #: XJob, which acts for every region
    CENTRAL = 'central'
    #: the region itself
    REGION = 'region'
    #: a service, where the pod names nobody
    ANY = 'any'


@dataclasses.dataclass(frozen=True)
class Identity:
    """Which service asks.

    :ivar for_user: the request is a user's, and the service stands by it
        with a token of its own
    """

    user_id: str
    project_id: str
    for_user: bool = False

    @classmethod
    def of(cls, context: Any) -> 'Identity':
        """Return the service behind a request."""
        if SERVICE in (context.service_roles or ()):
            return cls(
                context.service_user_id or '',
                context.service_project_id or '',
                for_user=True,
            )
        return cls(context.user_id or '', context.project_id or '')


@dataclasses.dataclass(frozen=True)
class _Acting:
    """Who acts for a region, as its pod says."""

    region: str
    is_central: bool
    user_id: str
    project_id: str
    is_lost: bool

    @property
    def is_open(self) -> bool:
        return not (self.user_id or self.project_id)

    def is_for(self, who: Identity) -> bool:
        return (
            not self.is_open
            and self.user_id in ('', who.user_id)
            and self.project_id in ('', who.project_id)
        )


def _acting(session: orm.Session) -> list[_Acting]:
    pod = central_models.Pod
    return [
        _Acting(
            row[0],
            not row[1],
            row[2],
            row[3],
            row[4] == central_models.PodState.LOST,
        )
        for row in session.execute(
            sa.select(
                pod.region_name,
                pod.az_name,
                pod.service_user_id,
                pod.service_project_id,
                pod.state,
            )
        )
    ]


def standing(
    pods: Sequence[_Acting], who: Identity, region_name: str
) -> Standing | None:
    """Return as what somebody acts for a region, None when not at all.

    :raises PodNotFound: when there is no such region
    """
    wanted = next((one for one in pods if one.region == region_name), None)
    if wanted is None:
        raise PodNotFound(region=region_name)
    centrals = [one for one in pods if one.is_central]
    if any(one.is_for(who) for one in centrals):
        return Standing.CENTRAL
    if wanted.is_for(who):
        return Standing.REGION
    if wanted.is_open:
        return Standing.ANY
    if all(one.is_open for one in centrals) and not any(
        one.is_for(who) for one in pods
    ):
        # XJob of a cloud whose regions are named, and central is not yet.
        return Standing.CENTRAL
    return None


def authorize(
    session: orm.Session, context: Any, region_name: str
) -> Standing:
    """Check that whoever asks acts for the region it names.

    :param context: of the request
    :raises PodNotFound: when there is no such region
    :raises Forbidden: when it does not
    :raises RegionGone: when the region has left, or is lost
    """
    who = Identity.of(context)
    pods = _acting(session)
    _check_stays(session, pods, region_name)
    found = standing(pods, who, region_name)
    if found is None:
        _refuse(who, region_name)
    return found


_HOW: Final = {
    central_models.PodState.DRAINING: 'has left',
    central_models.PodState.LOST: 'was given up as lost',
}


def _check_stays(
    session: orm.Session, pods: Sequence[_Acting], region_name: str
) -> None:
    known = next((one for one in pods if one.region == region_name), None)
    state: central_models.PodState | None = None
    if known is None:
        state = departures.has_left(session, region_name)
    elif known.is_lost:
        state = central_models.PodState.LOST
    if state in _HOW:
        raise RegionGone(region=region_name, how=_HOW[state])


def check_writer(
    session: orm.Session, context: Any, port_ids: Collection[str]
) -> None:
    """Check that it is no region that writes what is not in it.

    :param port_ids: what is changed; none for a port that is made, which a
        region does by naming itself
    :raises Forbidden: when a region does
    """
    who = Identity(context.user_id or '', context.project_id or '')
    mine = [one for one in _acting(session) if one.is_for(who)]
    if not mine or any(one.is_central for one in mine):
        return
    names = {one.region for one in mine}
    for port_id in port_ids or ('',):
        holders = presence_db.regions_of(session, types.PORT, port_id)
        if not names.intersection(holders):
            _refuse(who, ', '.join(holders) or 'of central Neutron')


def _refuse(who: Identity, region_name: str) -> NoReturn:
    LOG.warning(
        'User %(user)s in project %(project)s acted for region %(region)s, '
        'whose pod names another',
        {
            'user': who.user_id,
            'project': who.project_id,
            'region': region_name,
        },
    )
    raise Forbidden(
        user_id=who.user_id, project_id=who.project_id, region=region_name
    )


def shown_to(
    session: orm.Session, context: Any, region_names: Collection[str]
) -> set[str]:
    """Return the regions of which a service may see how they do.

    Each its own; XJob, and who is of no region, all of them.
    """
    pods, who = _acting(session), Identity.of(context)
    known = {one.region for one in pods}
    return {
        name
        for name in region_names
        if name not in known or standing(pods, who, name) is not None
    }


def check_tunnel(session: orm.Session, region_name: str, address: str) -> None:
    """Check that a region may have a host with a tunnel address.

    As far as pods say where their hosts are. Of addresses that none names
    any region may have one, several the same: what carries no tunnel to
    other regions may be addressed alike everywhere.

    :raises ForeignTunnelAddress: when it is outside of the region's
        networks, or inside another's
    """
    pod = central_models.Pod
    rows = session.execute(
        sa.select(pod.region_name, pod.tunnel_networks).where(
            pod.tunnel_networks != ''
        )
    )
    found = ipaddress.ip_address(address)
    inside = {
        row[0]: any(
            found in ipaddress.ip_network(one) for one in row[1].split(',')
        )
        for row in rows
    }
    if inside.get(region_name):
        return
    if region_name in inside:
        reason = 'tunnel_networks of its pod are others'
    else:
        holders = sorted(name for name, is_in in inside.items() if is_in)
        if not holders:
            return
        reason = f'it is in tunnel_networks of {holders[0]}'
    raise ForeignTunnelAddress(
        region=region_name, address=address, reason=reason
    )


def warn_of_open_pods() -> None:
    """Say in the log for which regions any service may act."""
    context = n_context.get_admin_context()
    try:
        with db_api.CONTEXT_READER.using(context):
            found = sorted(
                one.region for one in _acting(context.session) if one.is_open
            )
    except db_exc.DBError as exc:
        # Whatever is wrong with it, the first request says so.
        LOG.debug('Pods could not be read: %s', exc)
        return
    if found:
        LOG.warning(
            'Any user with the role service may act for %s: name the user '
            'that does (openstack multiregion networking pod set '
            '--service-user)',
            ', '.join(found),
        )


def find_pod(session: orm.Session, region_name: str) -> presence_db.Pod:
    """Return the pod of a region.

    :raises PodNotFound: when the region is none that has resources
    """
    for pod in presence_db.pods(session):
        if pod.region_name == region_name:
            return pod
    raise PodNotFound(region=region_name)


def receiving_pod(session: orm.Session, region_name: str) -> presence_db.Pod:
    """Return the pod of a region that is to be given something.

    :raises PodNotFound: when the region is none that has resources
    :raises RegionLeaves: when it is given nothing more
    """
    found = find_pod(session, region_name)
    check_receives(found)
    return found


def check_receives(pod: presence_db.Pod) -> None:
    """Refuse to give a region that leaves anything.

    :raises RegionLeaves: if it does
    """
    if pod.leaves:
        raise RegionLeaves(region=pod.region_name)


def grace() -> float:
    """Return the seconds a region has before XJob looks after it."""
    return float(cfg.CONF.tricircle.replica_grace)
