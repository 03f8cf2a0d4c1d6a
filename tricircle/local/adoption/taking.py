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
"""

from typing import Any, Final

from neutron.db import models_v2
from neutron_lib import constants
from neutron_lib import context as neutron_context
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
import sqlalchemy as sa

from tricircle.conf import fault_point
from tricircle.db import retries
from tricircle.local.adoption import word
from tricircle.local.engine import kinds
from tricircle.local.engine import ledger
from tricircle.local.telling import outbox
from tricircle.replica import digest as digests
from tricircle.replica import types

_DEFAULT: Final = 'default'


class AdoptionOutdated(exceptions.Conflict):
    """The region has changed since central saw it."""

    message = (
        'Network %(id)s cannot be taken over: it, or something on it, has '
        'changed since central looked.'
    )


class AdoptionConflict(exceptions.Conflict):
    """Something of the network cannot become central's."""

    message = (
        'Network %(id)s cannot be taken over: %(type)s %(of)s is, or was, of '
        'central already.'
    )


@retries.bounded
def take(
    network_id: str, digest: str, default_security_group: str | None = None
) -> None:
    """Have a network be central's, all of it or nothing; safe to repeat.

    :param digest: of what central saw, see :func:`.word.read`
    :param default_security_group: ID in central of the default group of the
        network's project
    :raises NetworkNotFound: when the region has no such network
    :raises AdoptionOutdated: when it is not what central saw
    :raises AdoptionConflict: when the ledger knows a part of it
    """
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
            return
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
            },
        )
        for subnet in seen['subnets']:
            ledger.mark(
                session,
                ledger.SUBNET,
                subnet['id'],
                parent_id=network_id,
                project_id=subnet['project_id'],
            )
        for port_id in agents:
            ledger.mark(
                session, ledger.DHCP_PORT, port_id, parent_id=network_id
            )
        for port in ports:
            ledger.mark(
                session,
                types.PORT,
                port['id'],
                parent_id=network_id,
                project_id=port['project_id'],
            )
        fault_point.reach('local.adoption.marked')
        _note_digests(
            context,
            [
                *((types.SECURITY_GROUP, one['id']) for one in groups),
                (types.NETWORK, network_id),
                *((types.PORT, one['id']) for one in ports),
            ],
        )
        # Where each is bound, and what uses it, central is yet to hear.
        outbox.enqueue(session, types.PORT, [one['id'] for one in ports])
    fault_point.reach('local.adoption.taken')


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
