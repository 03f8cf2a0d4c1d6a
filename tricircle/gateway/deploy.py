# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Put the middleware around the gateway."""

from typing import Any, Final

from keystonemiddleware import auth_token
from oslo_config import cfg
from oslo_log import log as logging
import oslo_middleware
from oslo_middleware import healthcheck

from tricircle.conf import client as client_conf
from tricircle.conf import database as database_conf
from tricircle.conf import gateway as gateway_conf
from tricircle.conf import reading
from tricircle.db import session as sessions
from tricircle.gateway import asked
from tricircle.gateway import handler
from tricircle.gateway import known
from tricircle.gateway import placement
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway import scopes
from tricircle.gateway.api import compute
from tricircle.gateway.api import service as services
from tricircle.gateway.api import volume
from tricircle.gateway.home import homes
from tricircle.gateway.lost import placings
from tricircle.gateway.mirroring import own_ids
from tricircle.gateway.placing import filters
from tricircle.gateway.placing import weighers
from tricircle.gateway.quotas import keeping
from tricircle.gateway.quotas import limits
from tricircle.gateway.quotas import usages
from tricircle.gateway.quotas import wishes

#: Of whose resources requests of a service speak: servers of their volumes.
_BESIDE: Final = {compute.SERVICE.type: volume.SERVICE}


def configure(
    conf: cfg.ConfigOpts, argv: list[str], files: list[str] | None = None
) -> None:
    """Read the configuration.

    :raises tricircle.conf.reading.ConfigurationError: it cannot be read
    :raises tricircle.db.session.DatabaseNotConfigured: no database is named
    """
    for area in (gateway_conf, client_conf, database_conf):
        area.register(conf)
    logging.register_options(conf)
    reading.read(conf, argv, 'tricircle-gateway', files)
    reading.set_up_logging(conf, 'tricircle-gateway')
    sessions.configure(conf)


def rules(conf: cfg.ConfigOpts) -> placing.Rules:
    """Return how regions are chosen.

    :raises tricircle.conf.reading.ConfigurationError: there is no such
        weigher
    """
    try:
        return placing.Rules(
            (
                *filters.ALWAYS,
                *(filters.OPTIONAL[name] for name in conf.gateway.filters),
            ),
            weighers.load(conf.gateway.weighers),
        )
    except weighers.UnknownWeigher as exc:
        raise reading.ConfigurationError(str(exc)) from exc


def _known(conf: cfg.ConfigOpts) -> known.Known:
    timeout = conf.gateway.search_timeout
    return known.Known(
        conf.gateway.filters, timeout, placement.Placement(conf, timeout)
    )


def _longest(conf: cfg.ConfigOpts) -> float:
    """Return for how many seconds what is being placed may be noted."""
    options = conf.gateway
    # Of several tries, each with a look; nobody waits for more of them.
    return float(4 * (options.region_timeout + options.lost_answer_timeout))


def _placings(conf: cfg.ConfigOpts) -> placings.Placings:
    return placings.Placings(
        _longest(conf), placings.Patience(conf.gateway.lost_answer_timeout)
    )


def quota(conf: cfg.ConfigOpts, there: known.Known) -> keeping.Quota | None:
    """Return the quota of the whole cloud; None without one.

    :raises tricircle.conf.reading.ConfigurationError: it is not configured
        whose limits count
    """
    if conf.gateway.quota == 'none':
        return None
    timeout = conf.gateway.list_timeout
    limits.check(conf, timeout)
    return keeping.Quota(
        keeping.Sources(
            limits.Keystone(),
            wishes.Wishes(there),
            usages.Usages(placement.Placement(conf, timeout)),
        ),
        _longest(conf),
    )


def cloud(conf: cfg.ConfigOpts, service: services.Service) -> asked.Cloud:
    """Return what the behaviours of a service work with."""
    kind = own_ids.Regions if service is volume.SERVICE else regions.Regions
    there = kind(conf, service.type, service.version)
    beside = _BESIDE.get(service.type)
    facts = _known(conf)
    return asked.Cloud(
        service=service,
        regions=there,
        homes=homes.Homes(service, there, conf.gateway.search_timeout),
        scopes=scopes.of_interfaces,
        list_timeout=conf.gateway.list_timeout,
        max_limit=conf.gateway.max_limit,
        placings=_placings(conf),
        rules=rules(conf),
        known=facts,
        beside=(
            homes.Homes(
                beside,
                regions.Regions(conf, beside.type, beside.version),
                conf.gateway.search_timeout,
            )
            if beside
            else None
        ),
        quota=quota(conf, facts) if service is compute.SERVICE else None,
    )


def application(conf: cfg.ConfigOpts, there: asked.Cloud) -> Any:
    """Return the WSGI application of a service.

    :param there: what its behaviours work with
    """
    service = there.service
    open_to_all: Any = handler.Handler(there)
    app: Any = auth_token.AuthProtocol(
        open_to_all, {'oslo_config_config': conf}
    )
    health = healthcheck.Healthcheck(None, conf)
    documents = {'', '/', f'/{service.version}', f'/{service.version}/'}

    def routed(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ.get('PATH_INFO', '')
        if path == '/healthcheck':
            return health(environ, start_response)
        # What versions there are is for everybody, as with Nova.
        target = open_to_all if path in documents else app
        return target(environ, start_response)

    found: Any = oslo_middleware.RequestId(routed)
    found = oslo_middleware.HTTPProxyToWSGI(found, conf)
    return oslo_middleware.CORS(found, conf)
