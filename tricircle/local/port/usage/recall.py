# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The use of a port that this region reported and does not remember.

A region that comes back from a backup has ports as they were then. What used
one since is there all the same, and central was told: its document says so,
with the revision of that report, which the port here has not reached yet.
"""

from collections.abc import Collection
from typing import Any

from neutron.db import models_v2
from neutron.objects import trunk as trunk_objects
from neutron.services.revisions import revision_plugin
from neutron_lib.api.definitions import portbindings
from neutron_lib.api.definitions import trunk as trunk_definition
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.db import api as db_api
from neutron_lib.db import standard_attr
from neutron_lib.plugins import directory
from neutron_lib.services.trunk import constants as trunk_constants
from oslo_log import log as logging
import sqlalchemy as sa
from sqlalchemy import orm

from tricircle.local.engine import ledger
from tricircle.local.port import detail as port_detail
from tricircle.local.telling import outbox
from tricircle.replica import messages
from tricircle.replica import types

LOG = logging.getLogger(__name__)


def revisions(context: Any, ids: Collection[str]) -> dict[str, int]:
    """Return the revision of each port, as reports count them."""
    with db_api.CONTEXT_READER.using(context):
        return {
            row.id: int(row.revision_number)
            for row in context.session.execute(
                sa.select(
                    models_v2.Port.id,
                    standard_attr.StandardAttribute.revision_number,
                )
                .join(
                    standard_attr.StandardAttribute,
                    standard_attr.StandardAttribute.id
                    == models_v2.Port.standard_attr_id,
                )
                .where(models_v2.Port.id.in_(ids))
            )
        }


def at_creation(told: messages.ToldBody | None) -> dict[str, str]:
    """Return what a port is made with, so that it is never seen unused.

    Ports of trunks come first, and are used when their trunk is there.
    """
    if told is None or _of_trunk(told):
        return {}
    return _use(told)


def take_up(
    context: Any, port_id: str, told: messages.ToldBody, is_new: bool
) -> None:
    """Have a port used as central was told, and tell central how it is.

    A port whose trunk is not here yet is left to the next sweep. So is one
    that changes at this moment: whoever does it knows better.

    :param is_new: it was just made, and nobody can have used it
    """
    plugin = directory.get_plugin()
    with db_api.CONTEXT_READER.using(context):
        found = plugin.get_port(context, port_id)
        if not is_new and _is_said_anew(context.session, port_id, told):
            return
    wanted = _use(told)
    if (
        _of_trunk(told)
        and directory.get_plugin(trunk_definition.ALIAS)
        and not _is_in_trunk(context, port_id)
    ):
        return
    changes = {
        key: value
        for key, value in wanted.items()
        if (found.get(key) or '') != value
    }
    here = found['revision_number']
    if changes:
        LOG.warning(
            'Port %(port)s: this region told revision %(told)d of it, and has '
            'revision %(here)d, as after a restore: %(changes)s again',
            {
                'port': port_id,
                'told': told['revision'],
                'here': here,
                'changes': changes,
            },
        )
        if not _change(context, port_id, here, told['revision'], changes):
            return
    elif _count_on(context, port_id, here, told['revision']):
        _tell_agents(context, port_id)
    outbox.enqueue_now(types.PORT, [port_id])


def _change(
    context: Any,
    port_id: str,
    here: int,
    reached: int,
    changes: dict[str, str],
) -> bool:
    """Change a port unless somebody else does, so that it counts on.

    :param here: the revision that it has
    :param reached: the revision that it is to have at least
    """
    before = max(here, reached - 1)
    if before != here and not _count_on(context, port_id, here, before):
        return False
    context.set_transaction_constraint('ports', port_id, before)
    try:
        directory.get_plugin().update_port(context, port_id, {'port': changes})
    except revision_plugin.RevisionNumberConstraintFailed as exc:
        LOG.info('Port %s is changed meanwhile: %s', port_id, exc.detail)
        return False
    finally:
        context.clear_transaction_constraint()
    return True


def _count_on(context: Any, port_id: str, here: int, reached: int) -> bool:
    """Give a port a later revision, if it still has the one it had.

    Agents of the region remember what they heard of it, and ignore earlier
    revisions; so does central.
    """
    attributes = standard_attr.StandardAttribute
    with db_api.CONTEXT_WRITER.using(context):
        done = context.session.execute(
            sa.update(attributes)
            .where(
                attributes.id
                == sa.select(models_v2.Port.standard_attr_id)
                .where(models_v2.Port.id == port_id)
                .scalar_subquery(),
                attributes.revision_number == here,
            )
            .values(revision_number=reached)
            .execution_options(synchronize_session=False)
        )
        # What was read before has another revision.
        context.session.expire_all()
        return bool(done.rowcount)


def _tell_agents(context: Any, port_id: str) -> None:
    """Have agents hear of a port that was made as it is to be.

    They ignored it when it was made: its revision was too early.
    """
    plugin = directory.get_plugin()
    port = plugin.get_port(context, port_id)
    registry.publish(
        resources.PORT,
        events.AFTER_UPDATE,
        plugin,
        payload=events.DBEventPayload(
            context, resource_id=port_id, states=(port, port)
        ),
    )


def _is_said_anew(
    session: orm.Session, port_id: str, told: messages.ToldBody
) -> bool:
    """Tell whether central is to be told how the port is now, or just was.

    Then whoever used it since knows better.
    """
    row = ledger.get(session, types.PORT, port_id)
    return outbox.is_waiting(session, types.PORT, port_id) or (
        row is not None
        and port_detail.superseded(row.detail) >= told['revision']
    )


def _use(told: messages.ToldBody) -> dict[str, str]:
    return {
        'device_id': told['device_id'],
        'device_owner': told['device_owner'],
        portbindings.HOST_ID: told['host'],
    }


def _of_trunk(told: messages.ToldBody) -> bool:
    return (
        told.get('trunk_id') is not None
        or told['device_owner'] == trunk_constants.TRUNK_SUBPORT_OWNER
    )


def _is_in_trunk(context: Any, port_id: str) -> bool:
    with db_api.CONTEXT_READER.using(context):
        return any(
            kind.objects_exist(context, port_id=port_id)
            for kind in (trunk_objects.Trunk, trunk_objects.SubPort)
        )
