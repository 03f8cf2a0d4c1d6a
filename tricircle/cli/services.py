# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The services of all regions, as a command asks them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
import contextlib
from typing import Any, Final
from urllib import parse

from keystoneauth1 import exceptions as ksa_exc
from osc_lib import exceptions

from tricircle.cli import client
from tricircle.cli import deadlines

NETWORK: Final = 'network'
COMPUTE: Final = 'compute'
ADMIN: Final = client.SERVICE_TYPE
#: Of each API; compute is asked for its versions only.
_VERSIONS: Final = {NETWORK: '/v2.0', ADMIN: '/v1.0'}

#: A value may be several.
Query = Sequence[tuple[str, Any]]


class NoEndpoint(exceptions.CommandError):
    """The catalogue has no such service in the region."""


class NoList(exceptions.CommandError):
    """A service has no such list."""


class Refused(exceptions.CommandError):
    """A service answered with an error.

    :ivar response: all that it said
    """

    def __init__(self, response: Any) -> None:
        super().__init__(client.message(response, None))
        self.response = response


class Service:
    """Reads of one service of a region; nothing is changed.

    :param manager: clients of the ``openstack`` command
    :param name: type of the service
    :ivar deadline: until which it may answer
    """

    def __init__(
        self,
        manager: Any,
        name: str,
        region: str,
        deadline: deadlines.Deadline,
    ) -> None:
        self.deadline = deadline
        self.verify: Any = manager.session.verify
        self._manager = manager
        self._name = name
        self._region = region

    def of(self, name: str, region: str) -> 'Service':
        """Return another service, with the same deadline."""
        return Service(self._manager, name, region, self.deadline)

    def url(self) -> str:
        """Return its endpoint.

        :raises NoEndpoint: when there is none
        """
        if not self._region and self._name != ADMIN:
            # Without a name any region would do.
            raise NoEndpoint(
                'Nobody says in which region central Neutron is: name it '
                'with --os-region-name.'
            )
        found: Any = None
        # Some identities return nothing, others raise this.
        with contextlib.suppress(ksa_exc.CatalogException):
            found = (
                self._manager.multiregion_networking.endpoint()
                if self._name == ADMIN
                else self._manager.session.get_endpoint(
                    service_type=self._name,
                    region_name=self._region,
                    interface=self._manager.interface or 'public',
                    skip_discovery=True,
                )
            )
        if not found:
            raise NoEndpoint(
                f'The catalogue has no service of type {self._name} in '
                f'{self._region}.'
            )
        return str(found).rstrip('/')

    def fetch(self, url: str, query: Query = ()) -> Any:
        """Return a response, whatever its status.

        :raises Late: when there is none in time
        """
        try:
            return self._manager.session.get(
                url,
                params=list(query),
                timeout=self.deadline.left(),
                raise_exc=False,
                headers={'Accept': 'application/json'},
            )
        except ksa_exc.ConnectTimeout as exc:
            raise deadlines.Late(str(exc)) from exc

    def base(self) -> str:
        """Return its endpoint with the version of its API."""
        version = _VERSIONS[self._name]
        return self.url().removesuffix(version) + version

    def get(self, path: str, query: Query = ()) -> dict[str, Any] | None:
        """Return an answer, None for 404.

        :raises Refused: when it refuses
        """
        answer = self.fetch(self.base() + path, query)
        if answer.status_code == 404:
            return None
        if answer.status_code >= 300:
            raise Refused(answer)
        return dict(answer.json())

    def pages(
        self, path: str, query: Query = ()
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield a list page by page, at least one.

        :raises NoList: when there is no such list
        """
        return pages(self.get, path, query, self._name == NETWORK)


def pages(
    get: Callable[[str, Query], dict[str, Any] | None],
    path: str,
    query: Query,
    is_neutron: bool,
) -> Iterator[list[dict[str, Any]]]:
    """Yield a list page by page, at least one.

    :raises NoList: when there is no such list
    """
    key = path.split('/')[1].replace('-', '_')
    more: Query = ()
    while True:
        answer = get(path, (*query, *more))
        if answer is None:
            raise NoList(f'There is nothing at {path}.')
        page = answer[key]
        yield page
        more = _next(answer.get(f'{key}_links', ()))
        if not more and is_neutron and page:
            # Neutron gives no links for lists that it pages by itself.
            more = (('marker', page[-1]['id']),)
        if not more:
            return


def _next(links: Iterable[dict[str, Any]]) -> Query:
    """Return what the next page of a list is asked with."""
    for one in links:
        if one['rel'] == 'next':
            wanted = parse.parse_qsl(parse.urlsplit(str(one['href'])).query)
            return [pair for pair in wanted if pair[0] == 'marker']
    return ()


def regions(manager: Any) -> list[str]:
    """Return the regions that have a Neutron by the catalogue.

    :raises AttributeError: for an identity without a catalogue
    """
    session = manager.session
    found = session.auth.get_access(session).service_catalog
    endpoints = found.get_endpoints_data(
        service_type=NETWORK, interface=manager.interface or 'public'
    )
    return sorted(
        {one.region_name for each in endpoints.values() for one in each}
    )
