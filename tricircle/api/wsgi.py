# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""WSGI entry point: ``tricircle.api.wsgi:application``."""

import os
import pathlib
import sys
import threading
from typing import Any

from oslo_config import cfg

from tricircle.api import deploy
from tricircle.api import faults
from tricircle.conf import reading
from tricircle.db import readiness
from tricircle.db import session as sessions

_lock = threading.Lock()
_made: Any = None


def _make() -> Any:
    folder = os.environ.get('TRICIRCLE_CONF_DIR', '/etc/tricircle')
    deploy.configure(cfg.CONF, [], [str(pathlib.Path(folder) / 'api.conf')])
    readiness.check(cfg.CONF)
    return deploy.application(cfg.CONF)


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Serve a request; the first one reads the configuration.

    ``TRICIRCLE_CONF_DIR`` (default ``/etc/tricircle``) holds ``api.conf``.
    While that, or the database that it names, cannot be used, requests are
    answered with 503, and the log of the server says why.
    """
    global _made
    with _lock:
        if _made is None:
            try:
                _made = _make()
            except (
                reading.ConfigurationError,
                sessions.DatabaseUnusable,
            ) as exc:
                print(f'tricircle-api: {exc}', file=sys.stderr)
    if _made is None:
        answer = faults.response(
            503, 'The Admin API cannot work; its log has the reason'
        )
        return answer(environ, start_response)
    return _made(environ, start_response)
