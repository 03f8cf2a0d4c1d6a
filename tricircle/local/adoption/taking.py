# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A network of the region's own becomes central's, with all that is on it.

In one transaction, and only if everything is as central saw it. Nothing but
the ledger is written: no network, port or group changes by it. From then on
documents find what they want in place.

Whoever makes a port or a subnet looks whose its network is, and takes that
for true for a while. So a network is taken over only when that has been
announced for longer: the look shows the announcement, and who saw it, or
whose look is too old, looks again in the end, see :func:`check_not_taken`.
"""

from typing import Any, Final

from neutron.db import models_v2
from neutron_lib import constants
from neutron_lib import context as neutron_context
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
import sqlalchemy as sa

from tricircle.conf import durations
from tricircle.conf import fault_point
from tricircle.db import clock
from tricircle.db import retries
from tricircle.db.local.models import Replica
from tricircle.db.local.models import State
from tricircle.local.adoption import word
from tricircle.local.engine import kinds
from tricircle.local.engine import ledger
from tricircle.local.port import applier as port_applier
from tricircle.local.telling import outbox
from tricircle.replica import types
from tricircle.replica.body import digest as digests

_DEFAULT: Final = 'default'
#: Part of the network's detail: the groups that were taken over with it.
_GROUPS: Final = 'adopted_groups'


class AdoptionOutdated(exceptions.Conflict):
    """The region has changed since central saw it."""

    message = (
        'Network %(id)s cannot be taken over: it, or something on it, has '
        'changed since central looked.'
    )


class AdoptionAnnounced(exceptions.Conflict):
    """It is too early: requests go on that know nothing of it."""

    message = (
        'That network %(id)s is to be taken over is known here for less than '
        '%(seconds)g s: requests that began before are waited for.'
    )


class AdoptionConflict(exceptions.Conflict):
    """Something of the network cannot become central's."""

    message = (
        'Network %(id)s cannot be taken over: %(type)s %(of)s is, or was, of '
        'central already.'
    )


class AdoptionConfirmed(exceptions.Conflict):
    """A network that is central's for good."""

    message = (
        "Network %(id)s is central's: a region gives back only what it has "
        'just taken over.'
    )


class NetworkTaken(exceptions.Conflict):
    """A network that was the region's when the request began."""

    message = "Network %(id)s has just become central's: try again."


def take(
    network_id: str, digest: str, default_security_group: str | None = None
) -> None:
    """Have a network be central's, all of it or nothing; safe to repeat.

    :param digest: of what central saw, see :func:`.word.read`
    :param default_security_group: ID in central of the default group of the
        network's project
    :raises NetworkNotFound: when the region has no such network
    :raises AdoptionAnnounced: when it was not announced, or just now; it is
        from then on
    :raises AdoptionOutdated: when it is not what central saw
    :raises AdoptionConflict: when the ledger knows a part of it
    """
    try:
        _take(network_id, digest, default_security_group)
    except AdoptionAnnounced:
        _announce(network_id)
        raise
    fault_point.reach('local.adoption.taken')


@retries.bounded
def _announce(network_id: str) -> None:
    """Let requests that begin from now on know; safe to repeat.

    :raises NetworkNotFound: when the region has no such network
    """
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        if session.get(models_v2.Network, network_id) is None:
            raise exceptions.NetworkNotFound(net_id=network_id)
        if ledger.get(session, ledger.ADOPTION, network_id) is None:
            ledger.mark(
                session,
                ledger.ADOPTION,
                network_id,
                state=State.ANNOUNCED,
            )


@retries.bounded
def _take(
    network_id: str, digest: str, default_security_group: str | None
) -> None:
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        # The first statement, so that what follows sees all that is on the
        # network by now. Whoever makes a port or a subnet on it locks this
        # row as well, as the one that it refers to.
        session.execute(
            sa.select(models_v2.Network.id)
            .where(models_v2.Network.id == network_id)
            .with_for_update()
        )
        if ledger.locked(session, types.NETWORK, network_id) is not None:
            # Asked again, when central has what it took over: it had nothing
            # to keep a report with before.
            outbox.enqueue(session, types.PORT, _ports(session, network_id))
            return
        if not _is_announced(session, network_id):
            raise AdoptionAnnounced(
                id=network_id, seconds=durations.ADOPTION_ANNOUNCED
            )
        seen = word.read(context, network_id)
        if seen['digest'] != digest:
            raise AdoptionOutdated(id=network_id)
        ports = [
            one
            for one in seen['ports']
            if one['device_owner'] != constants.DEVICE_OWNER_DHCP
        ]
        agents = [one['id'] for one in seen['ports'] if one not in ports]
        # A project's default group is another one in central: the first
        # document that needs it finds the one here, as with any network.
        groups = [one for one in seen['groups'] if one['name'] != _DEFAULT]
        _check_unknown(
            session,
            network_id,
            {
                types.NETWORK: [network_id],
                ledger.SUBNET: [one['id'] for one in seen['subnets']],
                ledger.DHCP_PORT: agents,
                types.PORT: [one['id'] for one in ports],
                types.SECURITY_GROUP: [one['id'] for one in groups],
            },
        )
        for group in groups:
            ledger.mark(
                session,
                types.SECURITY_GROUP,
                group['id'],
                project_id=group['project_id'],
                detail={'default': False},
            )
        ledger.mark(
            session,
            types.NETWORK,
            network_id,
            project_id=seen['network']['project_id'],
            detail={
                'provider': True,
                'mtu': True,
                'default_security_group': default_security_group,
                _GROUPS: [one['id'] for one in groups],
            },
        )
        for kind, some in (
            (
                ledger.SUBNET,
                {one['id']: one['project_id'] for one in seen['subnets']},
            ),
            (ledger.DHCP_PORT, dict.fromkeys(agents)),
            (types.PORT, {one['id']: one['project_id'] for one in ports}),
        ):
            ledger.mark_new(session, kind, some, network_id)
        fault_point.reach('local.adoption.marked')
        _note_digests(
            context,
            [
                *((types.SECURITY_GROUP, one['id']) for one in groups),
                (types.NETWORK, network_id),
            ],
        )
        _note_ports(context, network_id, [one['id'] for one in ports])
        ledger.unmark(session, ledger.ADOPTION, [network_id])


def _is_announced(session: Any, network_id: str) -> bool:
    """Tell whether it is for long enough; it stays so until the end."""
    return bool(
        session.scalar(
            sa.select(
                Replica.created_at <= clock.Now(-durations.ADOPTION_ANNOUNCED)
            )
            .where(
                Replica.resource_type == ledger.ADOPTION,
                Replica.resource_id == network_id,
            )
            .with_for_update()
        )
    )


@retries.bounded
def give_back(network_id: str) -> None:
    """Have a network be the region's own again; safe to repeat.

    For central that could not have it after all. Nothing but the ledger is
    written.

    :raises AdoptionConfirmed: when central has sent a document of it
    """
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        ledger.unmark(session, ledger.ADOPTION, [network_id])
        row = ledger.locked(session, types.NETWORK, network_id)
        if row is None:
            return
        groups = ledger.detail(row).get(_GROUPS)
        if groups is None or row.counter:
            raise AdoptionConfirmed(id=network_id)
        for resource_type, ids in (
            (types.PORT, _ports(session, network_id)),
            (types.SECURITY_GROUP, groups),
            (types.NETWORK, [network_id]),
            *(
                (kind, _ids(session, kind, network_id))
                for kind in (ledger.DHCP_PORT, ledger.SUBNET)
            ),
        ):
            ledger.unmark(session, resource_type, ids)
    fault_point.reach('local.adoption.given_back')


def _ports(session: Any, network_id: str) -> list[str]:
    """Return the ports of a network, those that are deleted here too."""
    return _ids(session, types.PORT, network_id)


def _ids(session: Any, resource_type: str, network_id: str) -> list[str]:
    return [
        one.resource_id
        for one in ledger.children(session, resource_type, network_id)
    ]


def check_not_taken(session: Any, network_id: str) -> None:
    """Refuse what is new on a network that became central's meanwhile.

    For whom :func:`.ownership.is_surely_own` says no. Whoever made it looked
    whose network it is when it was the region's, and may go on seeing it so
    until its transaction ends. To be called when the row is there, which
    waits for whoever takes the network over.

    :raises NetworkTaken: when it did
    """
    if ledger.held(session, types.NETWORK, [network_id]):
        return
    if _state_by_now(session, network_id) in ledger.HELD:
        raise NetworkTaken(id=network_id)


def _state_by_now(session: Any, network_id: str) -> str | None:
    """Return the state of a network, which stays until this one ends."""
    state: str | None = session.scalar(
        sa.select(Replica.state)
        .where(
            Replica.resource_type == types.NETWORK,
            Replica.resource_id == network_id,
        )
        .with_for_update(read=True)
    )
    return state


def _check_unknown(
    session: Any, network_id: str, ids: dict[str, list[str]]
) -> None:
    known = ledger.rows(
        session,
        [
            (resource_type, one)
            for resource_type, some in ids.items()
            for one in some
        ],
    )
    for resource_type, one in sorted(known):
        raise AdoptionConflict(id=network_id, type=resource_type, of=one)


def _note_digests(context: Any, keys: list[tuple[str, str]]) -> None:
    """Note what is here of each, as after a document."""
    rows = ledger.rows(context.session, keys)
    for key in keys:
        seen = kinds.applier(key[0]).observe(context, key[1], None)
        if seen is not None:
            rows[key].digest = digests.digest(seen[0])


def _note_ports(context: Any, network_id: str, ids: list[str]) -> None:
    """Note the same of a network's ports, of which there may be thousands.

    They are read together: none comes to the network meanwhile.
    """
    wanted = set(ids)
    found = directory.get_plugin().get_ports(
        context, filters={'network_id': [network_id]}
    )
    seen = {
        one['id']: digests.digest(port_applier.seen(context, one, None)[0])
        for one in found
        if one['id'] in wanted
    }
    # Written at once: each read in between would write what there is.
    rows = ledger.rows(context.session, [(types.PORT, one) for one in ids])
    for port_id, digest in seen.items():
        rows[types.PORT, port_id].digest = digest
