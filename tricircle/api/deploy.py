# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Put the middleware around the Admin API."""

from typing import Any

from keystonemiddleware import auth_token
from oslo_config import cfg
from oslo_log import log as logging
import oslo_middleware
from oslo_middleware import healthcheck
from oslo_policy import opts as policy_opts
from oslo_policy import policy

from tricircle.api import handler
from tricircle.api import policies
from tricircle.api.monitoring import metrics
from tricircle.api.page import serving
from tricircle.conf import api as api_conf
from tricircle.conf import client as client_conf
from tricircle.conf import database as database_conf
from tricircle.conf import metrics as metrics_conf
from tricircle.conf import reading
from tricircle.db import session as sessions


def configure(
    conf: cfg.ConfigOpts, argv: list[str], files: list[str] | None = None
) -> None:
    """Read the configuration.

    :raises tricircle.conf.reading.ConfigurationError: it cannot be read
    :raises tricircle.db.session.DatabaseNotConfigured: no database is named
    """
    for area in (api_conf, client_conf, database_conf):
        area.register(conf)
    metrics_conf.register_api(conf)
    logging.register_options(conf)
    policy_opts.set_defaults(conf)
    reading.read(conf, argv, 'tricircle-api', files)
    reading.set_up_logging(conf, 'tricircle-api')
    sessions.configure(conf)


def application(conf: cfg.ConfigOpts) -> Any:
    """Return the WSGI application."""
    enforcer = policy.Enforcer(conf)
    enforcer.register_defaults(policies.list_rules())
    app: Any = handler.Handler(conf, enforcer)
    if conf.client.auth_strategy == 'keystone':
        # Undelayed: what has no valid token does not get any further.
        app = auth_token.AuthProtocol(app, {'oslo_config_config': conf})
    app = oslo_middleware.RequestId(app)
    app = oslo_middleware.HTTPProxyToWSGI(app, conf)
    app = oslo_middleware.CORS(app, conf)
    # What needs no token.
    open_to_all: dict[str, Any] = {
        '/healthcheck': healthcheck.Healthcheck(None, conf)
    }
    if conf.metrics.enabled:
        told = metrics.Metrics()
        app = told.measured(app)
        open_to_all['/metrics'] = told.app

    page: Any = None
    if conf.topology_page:
        page = oslo_middleware.HTTPProxyToWSGI(serving.Page(conf), conf)

    def routed(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ.get('PATH_INFO', '')
        target = open_to_all.get(path, app)
        if page is not None and serving.is_at(path):
            target = page
        return target(environ, start_response)

    return routed
