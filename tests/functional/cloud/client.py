# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""A small client of the networking API, as somebody with some roles.

There is no Keystone: a caller is the headers that Keystone's middleware
would have set. See :data:`tests.functional.cloud.configuration.API_PASTE`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
import dataclasses
import ipaddress
from typing import Any

import requests

Json = dict[str, Any]
# Named, because the client has a method called list.
JsonList = list[Json]

MEMBER = ('member', 'reader')
READER = ('reader',)
# Keystone lists implied roles in a token; so must the header.
ADMIN = ('admin', 'manager', 'member', 'reader')
SERVICE = ('admin', 'manager', 'member', 'reader', 'service')


class ApiError(Exception):
    """An answer of 400 or more, with what Neutron says about it."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        self.status = response.status_code
        self.type = ''
        self.message = response.text
        try:
            error = response.json()
            if isinstance(error, dict) and len(error) == 1:
                error = next(iter(error.values()))
            if isinstance(error, dict):
                self.type = str(error.get('type', ''))
                self.message = str(error.get('message', response.text))
            else:
                self.message = str(error)
        except ValueError:
            pass
        request = response.request
        super().__init__(
            '%s %s: %d %s: %s'
            % (
                request.method,
                request.url,
                self.status,
                self.type,
                self.message,
            )
        )


def refused(call: Callable[[], object]) -> ApiError:
    """Return the error that a call is answered with; it must be."""
    try:
        found = call()
    except ApiError as exc:
        return exc
    raise AssertionError(f'not refused: {found}')


@dataclasses.dataclass(frozen=True)
class Identity:
    """Who calls.

    :ivar service_user: the user of the service that the call comes through
    :ivar scope: what the token is for: ``project``, ``domain``, ``system``,
        or ``none`` where there is no token
    """

    project: str
    user: str
    roles: tuple[str, ...] = MEMBER
    service_roles: tuple[str, ...] = ()
    service_user: str = 'tricircle'
    scope: str = 'project'

    def headers(self) -> dict[str, str]:
        """Return the headers Keystone's middleware would set."""
        if self.scope == 'none':
            return {'X-Identity-Status': 'Invalid'}
        headers = {
            'X-Identity-Status': 'Confirmed',
            'X-Auth-Token': f'token-of-{self.user}',
            'X-User-Id': self.user,
            'X-User-Name': self.user,
            'X-User-Domain-Id': 'default',
            'X-Roles': ','.join(self.roles),
            **self._scope_headers(),
        }
        if self.service_roles:
            headers['X-Service-Token'] = 'token-of-a-service'
            headers['X-Service-Identity-Status'] = 'Confirmed'
            headers['X-Service-User-Id'] = self.service_user
            headers['X-Service-Project-Id'] = 'service'
            headers['X-Service-Roles'] = ','.join(self.service_roles)
        return headers

    def _scope_headers(self) -> dict[str, str]:
        if self.scope == 'system':
            return {'OpenStack-System-Scope': 'all'}
        if self.scope == 'domain':
            return {'X-Domain-Id': 'default', 'X-Domain-Name': 'Default'}
        return {
            'X-Project-Id': self.project,
            'X-Project-Name': self.project,
            'X-Project-Domain-Id': 'default',
        }


def middle_pools(cidr: str) -> JsonList:
    """Return the middle of a /24 as its only allocation pool.

    Neutron gives out any address of a pool: those at both ends are for tests
    to ask for.
    """
    network = ipaddress.ip_network(cidr, strict=False)
    return [{'start': str(network[101]), 'end': str(network[190])}]


class NeutronClient:
    """Calls one networking API as one identity.

    The methods named by HTTP verbs return whatever answer comes; those named
    by what they do return the resource or raise :class:`ApiError`.
    """

    def __init__(
        self, url: str, identity: Identity, timeout: float = 60.0
    ) -> None:
        self.url = url.rstrip('/')
        self.identity = identity
        self.timeout = timeout
        self._session = requests.Session()
        # Neither a proxy nor a .netrc of the machine's concerns us.
        self._session.trust_env = False
        self._session.headers.update(identity.headers())

    @property
    def project(self) -> str:
        """The project of the caller."""
        return self.identity.project

    # -- HTTP ---------------------------------------------------------------

    def request(
        self,
        method: str,
        path: str,
        json: object = None,
        params: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> requests.Response:
        """Send a request to a path below /v2.0 and return the answer."""
        return self._session.request(
            method,
            f'{self.url}/v2.0{path}',
            json=json,
            params=_parameters(params or {}),
            headers=headers,
            timeout=timeout or self.timeout,
        )

    def get(self, path: str, **params: object) -> requests.Response:
        """GET, with query parameters; a list repeats its parameter."""
        return self.request('GET', path, params=params)

    def post(self, path: str, json: object = None) -> requests.Response:
        """POST a JSON body."""
        return self.request('POST', path, json)

    def put(self, path: str, json: object = None) -> requests.Response:
        """PUT a JSON body."""
        return self.request('PUT', path, json)

    def delete(self, path: str) -> requests.Response:
        """DELETE."""
        return self.request('DELETE', path)

    # -- resources ----------------------------------------------------------

    def create(self, kind: str, **attributes: object) -> Json:
        """Create one resource.

        :param kind: singular, with the path before it where there is one:
            ``network``, ``security_group_rule``, ``qos/policy``
        """
        path, key = _path(kind), _key(kind)
        return self._one(self.post(path, {key: attributes}), key)

    def create_bulk(
        self, kind: str, bodies: Sequence[Mapping[str, object]]
    ) -> JsonList:
        """Create several resources in one request."""
        key = _key(_plural(kind))
        return self._several(self.post(_path(kind), {key: bodies}), key)

    def show(self, kind: str, id_: str, **params: object) -> Json:
        """Return one resource."""
        answer = self.get(f'{_path(kind)}/{id_}', **params)
        return self._one(answer, _key(kind))

    def list(self, kind: str, **params: object) -> JsonList:
        """Return the resources that match query parameters."""
        answer = self.get(_path(kind), **params)
        return self._several(answer, _key(_plural(kind)))

    def update(self, kind: str, id_: str, **attributes: object) -> Json:
        """Change some attributes of one resource."""
        key = _key(kind)
        answer = self.put(f'{_path(kind)}/{id_}', {key: attributes})
        return self._one(answer, key)

    def remove(self, kind: str, id_: str) -> None:
        """Delete one resource."""
        _body(self.delete(f'{_path(kind)}/{id_}'))

    def exists(self, kind: str, id_: str) -> bool:
        """Return whether one resource is there for this caller."""
        answer = self.get(f'{_path(kind)}/{id_}')
        if answer.status_code == 404:
            return False
        _body(answer)
        return True

    # -- what tests make most -----------------------------------------------

    def create_network(self, **attributes: object) -> Json:
        """Create a network."""
        return self.create('network', **attributes)

    def create_subnet(
        self, network_id: str, cidr: str, **attributes: object
    ) -> Json:
        """Create a subnet; the IP version is that of the CIDR.

        Neutron gives out any address of a pool. Unless a pool is asked for,
        that of a /24 leaves out those at both ends, which tests ask for.
        """
        network = ipaddress.ip_network(cidr, strict=False)
        pool: Json = {}
        if network.version == 4 and network.prefixlen == 24:
            pool['allocation_pools'] = middle_pools(cidr)
        return self.create(
            'subnet',
            **{
                'network_id': network_id,
                'cidr': cidr,
                'ip_version': network.version,
                **pool,
                **attributes,
            },
        )

    def create_port(self, network_id: str, **attributes: object) -> Json:
        """Create a port."""
        return self.create('port', network_id=network_id, **attributes)

    def create_router(self, **attributes: object) -> Json:
        """Create a router."""
        return self.create('router', **attributes)

    def create_security_group(self, **attributes: object) -> Json:
        """Create a security group; it needs a name."""
        return self.create('security_group', **attributes)

    def add_router_interface(self, router_id: str, **what: object) -> Json:
        """Attach a subnet_id or port_id to a router."""
        return self._one(
            self.put(f'/routers/{router_id}/add_router_interface', what)
        )

    def remove_router_interface(self, router_id: str, **what: object) -> Json:
        """Detach a subnet_id or port_id from a router."""
        return self._one(
            self.put(f'/routers/{router_id}/remove_router_interface', what)
        )

    def _one(self, response: requests.Response, key: str = '') -> Json:
        answer = _body(response)
        return dict(answer[key] if key else answer)

    def _several(self, response: requests.Response, key: str) -> JsonList:
        return [dict(item) for item in _body(response)[key]]


def _body(response: requests.Response) -> Json:
    if response.status_code >= 400:
        raise ApiError(response)
    return dict(response.json()) if response.content else {}


def _parameters(params: Mapping[str, object]) -> Json:
    # Python's True is not what an HTTP API reads.
    return {
        name: str(value).lower()
        if isinstance(value, bool)
        else list(value)
        if isinstance(value, Iterable) and not isinstance(value, str)
        else value
        for name, value in params.items()
        if value is not None
    }


def _plural(kind: str) -> str:
    if kind.endswith('y'):
        return f'{kind[:-1]}ies'
    return kind if kind.endswith('s') else f'{kind}s'


def _key(kind: str) -> str:
    return kind.rpartition('/')[2]


def _path(kind: str) -> str:
    return '/' + _plural(kind).replace('_', '-')
