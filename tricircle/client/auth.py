# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Who a call between Neutrons is made as.

With ``[client] auth_strategy = noauth`` no token is asked for: identity goes
in the headers that keystonemiddleware would have set, as test beds without
Keystone believe them.
"""

import threading
from typing import Any

from keystoneauth1 import adapter
from keystoneauth1 import exceptions as ksa_exc
from keystoneauth1 import plugin
from keystoneauth1 import service_token
from keystoneauth1 import session as ksa_session
from keystoneauth1 import token_endpoint
from keystoneauth1.identity import v3
from oslo_config import cfg
import requests
from requests import adapters

from tricircle.client import tls

NOAUTH = 'noauth'

_lock = threading.Lock()
_sessions: dict[tuple[Any, ...], ksa_session.Session] = {}

#: Connections kept to each Neutron; more are made when they are needed.
#: Connections to one address that are kept.
POOL_SIZE = 32
#: Addresses to which connections are kept. One more than that ends those to
#: the address that was called longest ago, and there is one for each region.
_ADDRESSES = 2000


_NEEDED = ('admin_username', 'admin_password', 'admin_tenant')


class CredentialsMissing(RuntimeError):
    """It is not configured as whom to call."""


class KeystoneUnusable(Exception):
    """Keystone gives no token; the text says why, and what to do."""


class KeystoneAway(KeystoneUnusable):
    """Keystone does not answer; it may soon."""


def check(conf: cfg.ConfigOpts) -> None:
    """Check that it is configured as whom to call.

    :raises CredentialsMissing: naming the options
    :raises tricircle.client.tls.FileUnusable: naming option and file
    """
    missing = [name for name in _NEEDED if not conf.client[name]]
    if missing and conf.client.auth_strategy != NOAUTH:
        raise CredentialsMissing(
            f'[client] {", ".join(missing)} not set: name the user as whom '
            'Tricircle calls the Neutrons, its password and its project.'
        )
    tls.check(conf)


def check_keystone(conf: cfg.ConfigOpts) -> None:
    """Ask Keystone for a token.

    :raises CredentialsMissing: as :func:`check`
    :raises KeystoneAway: it does not answer
    :raises KeystoneUnusable: there is none
    """
    check(conf)
    if conf.client.auth_strategy == NOAUTH:
        return
    client = conf.client
    try:
        service_session(conf).get_token()
    except ksa_exc.Unauthorized as exc:
        raise KeystoneUnusable(
            f'Keystone at {client.auth_url} refuses {client.admin_username} '
            f'in the project {client.admin_tenant}: correct [client] '
            'admin_username, admin_password, admin_tenant and their domains.'
        ) from exc
    except (ksa_exc.ConnectionError, ksa_exc.HttpServerError) as exc:
        distrusted = tls.distrust(exc)
        if distrusted:
            raise KeystoneUnusable(
                f'The certificate of Keystone at {client.auth_url} is not '
                f'trusted ({distrusted}): name its authority in [client] '
                'cafile, or correct auth_url.'
            ) from exc
        raise KeystoneAway(
            f'Keystone at {client.auth_url} does not answer '
            f'({type(exc).__name__}): start it, or correct [client] '
            'auth_url.'
        ) from exc
    except ksa_exc.ClientException as exc:
        raise KeystoneUnusable(
            f'Keystone at {client.auth_url} gives no token '
            f'({type(exc).__name__}): correct [client] auth_url.'
        ) from exc


class HeaderAuth(plugin.BaseAuthPlugin):
    """Identity in headers instead of a token."""

    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__()
        self._identity = headers

    def get_headers(self, session: Any, **kwargs: Any) -> dict[str, str]:
        """Return the identity headers."""
        return dict(self._identity)


def _transport() -> requests.Session:
    transport = requests.Session()
    for scheme in ('http://', 'https://'):
        transport.mount(
            scheme,
            adapters.HTTPAdapter(
                pool_connections=_ADDRESSES, pool_maxsize=POOL_SIZE
            ),
        )
    return transport


def _key(conf: cfg.ConfigOpts) -> tuple[Any, ...]:
    client = conf.client
    return (
        client.auth_strategy,
        client.auth_url,
        client.admin_username,
        client.admin_password,
        client.admin_tenant,
        client.admin_user_domain_name,
        client.admin_tenant_domain_name,
        tls.verify(conf),
        tls.certificate(conf),
    )


#: Who calls where nothing is configured, without Keystone.
_NOBODY = ('tricircle', 'service')


def _service_identity(conf: cfg.ConfigOpts) -> tuple[str, str]:
    """Return user and project of the service, without Keystone."""
    client = conf.client
    return (
        client.admin_username or _NOBODY[0],
        client.admin_tenant or _NOBODY[1],
    )


def _service_plugin(conf: cfg.ConfigOpts) -> plugin.BaseAuthPlugin:
    client = conf.client
    if client.auth_strategy == NOAUTH:
        user, project = _service_identity(conf)
        return HeaderAuth(
            {
                'X-User-Id': user,
                'X-User-Name': user,
                'X-Project-Id': project,
                'X-Project-Name': project,
                'X-Roles': 'service',
                'X-Identity-Status': 'Confirmed',
            }
        )
    return v3.Password(
        auth_url=client.auth_url,
        username=client.admin_username,
        password=client.admin_password,
        project_name=client.admin_tenant,
        user_domain_name=client.admin_user_domain_name,
        project_domain_name=client.admin_tenant_domain_name,
    )


def service_session(conf: cfg.ConfigOpts) -> ksa_session.Session:
    """Return the session of ``[client] admin_username``.

    One for the whole process: its token is used until it expires.
    """
    key = _key(conf)
    with _lock:
        session = _sessions.get(key)
        if session is None:
            session = ksa_session.Session(
                auth=_service_plugin(conf),
                session=_transport(),
                verify=tls.verify(conf),
                cert=tls.certificate(conf),
                timeout=conf.client.neutron_timeout,
            )
            _sessions[key] = session
        return session


def caller_session(conf: cfg.ConfigOpts, context: Any) -> ksa_session.Session:
    """Return a session that calls as the user of a request.

    The service's own token goes along as X-Service-Token, which proves that
    a region speaks for the user, and covers a token that expires meanwhile.

    :param context: the neutron context of the request
    """
    shared = service_session(conf)
    service = shared.auth
    assert service is not None  # noqa: S101 service_session gave it one
    if conf.client.auth_strategy == NOAUTH:
        user_id, project_id = _service_identity(conf)
        headers = {
            'X-User-Id': str(context.user_id or 'tricircle'),
            'X-Project-Id': str(context.project_id or 'service'),
            'X-Roles': ','.join(context.roles or ['member']),
            'X-Identity-Status': 'Confirmed',
            'X-Service-User-Id': user_id,
            'X-Service-Project-Id': project_id,
            'X-Service-Roles': 'service',
            'X-Service-Identity-Status': 'Confirmed',
        }
        if context.auth_token:
            headers['X-Auth-Token'] = str(context.auth_token)
        auth: plugin.BaseAuthPlugin = HeaderAuth(headers)
    else:
        user = (
            token_endpoint.Token(endpoint=None, token=context.auth_token)
            if context.auth_token
            else service
        )
        auth = service_token.ServiceTokenAuthWrapper(
            user_auth=user, service_auth=service
        )
    return ksa_session.Session(
        auth=auth,
        session=shared.session,
        verify=shared.verify,
        cert=shared.cert,
        timeout=shared.timeout,
    )


def region_adapter(conf: cfg.ConfigOpts, region_name: str) -> adapter.Adapter:
    """Return an adapter to the Neutron of a region.

    ``[client] endpoint_overrides`` names its URL, else the catalogue does.
    """
    override = conf.client.endpoint_overrides.get(region_name)
    return adapter.Adapter(
        service_session(conf),
        service_type='network',
        interface=conf.client.endpoint_interface,
        region_name=region_name,
        endpoint_override=override and override.rstrip('/'),
    )
