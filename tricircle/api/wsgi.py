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
import threading
from typing import Any

from oslo_config import cfg

from tricircle.api import deploy

_lock = threading.Lock()
_made: Any = None


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Serve a request; the first one reads the configuration.

    ``TRICIRCLE_CONF_DIR`` (default ``/etc/tricircle``) holds ``api.conf``.
    """
    global _made
    with _lock:
        if _made is None:
            folder = os.environ.get('TRICIRCLE_CONF_DIR', '/etc/tricircle')
            deploy.configure(
                cfg.CONF, [], [str(pathlib.Path(folder) / 'api.conf')]
            )
            _made = deploy.application(cfg.CONF)
    return _made(environ, start_response)
