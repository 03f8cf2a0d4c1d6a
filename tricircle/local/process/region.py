# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which region this is, and what kind of process."""

import threading
from typing import Any

from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from oslo_config import cfg
from oslo_db import exception as db_exc
from oslo_db.sqlalchemy import enginefacade

from tricircle.conf import local as local_conf

_api_worker = threading.Event()


class RegionNameMissing(RuntimeError):
    """Neither option names this region."""


def name(conf: cfg.ConfigOpts | None = None) -> str:
    """Return this region's name, as Keystone and the pods have it.

    :raises RegionNameMissing: with the options that could name it
    """
    conf = conf or cfg.CONF
    own = conf[local_conf.GROUP].local_region_name
    if not own and 'nova' in conf:
        own = conf.nova.get('region_name')
    if not own:
        raise RegionNameMissing(
            'This region has no name: set [tricircle] local_region_name '
            '(or [nova] region_name) to the name under which it is '
            'registered in Keystone and as a pod.'
        )
    return str(own)


def _note_process(
    resource: str, event: str, trigger: Any, payload: Any = None
) -> None:
    # neutron.server.api publishes it with its own stand-in for a worker.
    kind = trigger if isinstance(trigger, type) else type(trigger)
    if kind.__module__.startswith(
        ('neutron.api.wsgi', 'neutron.wsgi', 'neutron.server.api')
    ):
        _api_worker.set()


def watch_process() -> None:
    """Learn, once started, whether this process serves the API."""
    registry.subscribe(_note_process, resources.PROCESS, events.AFTER_INIT)


def is_api_worker() -> bool:
    """Tell whether this process serves API requests."""
    return _api_worker.is_set()


def in_transaction(context: Any) -> bool:
    """Tell whether this context is inside a transaction in this thread.

    ``is_session_active`` does not: it is False in a fresh writer
    (neutron29-rules, rule 4).
    """
    try:
        # What oslo.db itself asks; there is no public question for it.
        enginefacade._transaction_ctx_for_context(context)
    except (db_exc.NoEngineContextEstablished, AttributeError):
        return False
    return True
