# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What this region has to say of a trunk: how its agents get on with it.

Agents and Neutron itself change the status by ways that tell nobody: it is
seen as SQLAlchemy writes it.
"""

import threading
from typing import Any, Final

from neutron.objects import trunk as objects
from neutron.services.trunk import models
from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
from neutron_lib.plugins import directory
from oslo_config import cfg
from oslo_log import log as logging
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy import orm

from tricircle.client import central
from tricircle.client import central_errors
from tricircle.local.engine import ledger
from tricircle.local.process import region
from tricircle.local.telling import outbox
from tricircle.replica import messages
from tricircle.replica import types

LOG = logging.getLogger(__name__)

_lock: Final = threading.Lock()
_installed = False


def _changed(session: orm.Session) -> list[str]:
    """Return the trunks whose status is about to be written."""
    return [
        one.id
        for one in session.dirty
        if isinstance(one, models.Trunk)
        and sa.inspect(one).attrs.status.history.has_changes()
    ]


def watch(core_plugin: type) -> None:
    """Watch the sessions of a process whose core plugin is `core_plugin`.

    Safe to repeat; what another core plugin writes is not looked at.
    """
    global _installed
    with _lock:
        if _installed:
            return
        _installed = True

    def before_flush(session: orm.Session, *args: Any) -> None:
        changed = _changed(session)
        if not changed or not isinstance(directory.get_plugin(), core_plugin):
            return
        told = ledger.held(session, types.TRUNK, changed)
        if told:
            outbox.enqueue(session, types.TRUNK, sorted(told))

    event.listen(orm.Session, 'before_flush', before_flush)


def read(trunk_id: str) -> messages.TrunkReportBody | None:
    """Read how a trunk is, None when it is not here."""
    context = neutron_context.get_admin_context()
    with db_api.CONTEXT_READER.using(context):
        if ledger.owned(context.session, types.TRUNK, trunk_id) is None:
            return None
        trunk = objects.Trunk.get_object(context, id=trunk_id)
        return (
            None
            if trunk is None
            else messages.TrunkReportBody(status=trunk.status)
        )


class Sender:
    """Sends what is to be said of a trunk now.

    :param conf: the region's configuration
    :param client: central
    """

    def __init__(
        self, conf: cfg.ConfigOpts, client: central.CentralClient
    ) -> None:
        self._conf = conf
        self._client = client

    def send(self, trunk_id: str) -> None:
        """Tell central how a trunk is, if it is here."""
        found = read(trunk_id)
        if found is None:
            return
        try:
            self._client.report_trunk(trunk_id, region.name(self._conf), found)
        except central_errors.CentralError as exc:
            if exc.status != 404 or exc.type == 'PodNotFound':
                raise
            # Central has deleted it, or knows of no trunks at all.
            LOG.info('Not reported to central: %s', exc.message)
