# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The services of all regions, as they are asked for the archive."""

from collections.abc import Callable, Iterable, Iterator, Sequence
import contextlib
from typing import Any, Final
from urllib import parse

from keystoneauth1 import exceptions as ksa_exc
from osc_lib import exceptions

from tricircle.cli import client
from tricircle.cli.gathering import deadlines
from tricircle.cli.gathering import questions
from tricircle.cli.gathering import redaction

#: Of each API; compute is asked for its versions only.
_VERSIONS: Final = {questions.NETWORK: '/v2.0', questions.ADMIN: '/v1.0'}
#: Seconds to wait for a token.
_TOKEN_TIME: Final = 10.0

Query = Sequence[tuple[str, str]]


class NoEndpoint(exceptions.CommandError):
    """The catalogue has no such service in the region."""


class Services:
    """Reads of services over one session; nothing is changed.

    :param manager: clients of the ``openstack`` command
    """

    def __init__(self, manager: Any) -> None:
        self._session = manager.session
        self._interface = manager.interface or 'public'
        self._admin_url: Callable[[], str] = (
            manager.multiregion_networking.endpoint
        )
        self.verify: Any = manager.session.verify

    def url(self, service: str, region: str) -> str:
        """Return the endpoint of a service.

        :raises NoEndpoint: when there is none
        """
        if not region and service != questions.ADMIN:
            # Without a name any region would do.
            raise NoEndpoint(
                'Nobody says in which region central Neutron is: name it '
                'with --os-region-name.'
            )
        found: Any = None
        # Some identities return nothing, others raise this.
        with contextlib.suppress(ksa_exc.CatalogException):
            found = (
                self._admin_url()
                if service == questions.ADMIN
                else self._session.get_endpoint(
                    service_type=service,
                    region_name=region,
                    interface=self._interface,
                    skip_discovery=True,
                )
            )
        if not found:
            raise NoEndpoint(
                f'The catalogue has no service of type {service} in {region}.'
            )
        return str(found).rstrip('/')

    def regions(self) -> list[str]:
        """Return the regions that have a Neutron by the catalogue.

        :raises AttributeError: for an identity without a catalogue
        """
        access = self._session.auth.get_access(self._session)
        found = access.service_catalog.get_endpoints_data(
            service_type=questions.NETWORK, interface=self._interface
        )
        return sorted(
            {one.region_name for each in found.values() for one in each}
        )

    def fetch(
        self, url: str, deadline: deadlines.Deadline, query: Query = ()
    ) -> Any:
        """Return a response, whatever its status.

        :raises Late: when there is none in time
        """
        try:
            return self._session.get(
                url,
                params=list(query),
                timeout=deadline.left(),
                raise_exc=False,
                headers={'Accept': 'application/json'},
            )
        except ksa_exc.ConnectTimeout as exc:
            raise deadlines.Late(str(exc)) from exc

    def get(
        self,
        question: questions.Question,
        deadline: deadlines.Deadline,
        path: str,
        query: Query = (),
    ) -> dict[str, Any] | None:
        """Return the answer of a service, None for 404.

        :raises CommandError: when it refuses
        """
        version = _VERSIONS[question.service]
        url = self.url(question.service, question.region)
        url = url if url.endswith(version) else url + version
        answer = self.fetch(url + path, deadline, query)
        if answer.status_code == 404:
            return None
        if answer.status_code >= 300:
            raise exceptions.CommandError(client.message(answer, None))
        return dict(answer.json())

    def pages(
        self,
        question: questions.Question,
        deadline: deadlines.Deadline,
        path: str,
        query: Query = (),
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield a list page by page, at least one.

        :raises CommandError: when there is no such list
        """
        key = path.split('/')[1].replace('-', '_')
        more: Query = ()
        while True:
            answer = self.get(question, deadline, path, (*query, *more))
            if answer is None:
                raise exceptions.CommandError(f'There is nothing at {path}.')
            page = answer[key]
            yield page
            more = _next(answer.get(f'{key}_links', ()))
            if not more and question.service == questions.NETWORK and page:
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


def known_secrets(manager: Any) -> set[str]:
    """Return the secrets of a session: its token, and how it got that."""
    options = getattr(manager, '_cli_options', None)
    found = redaction.secrets_in(getattr(options, 'config', None) or {})
    try:
        headers = deadlines.Deadline(_TOKEN_TIME).keep(
            manager.session.get_auth_headers
        )
    except Exception:
        # There is no token then, which whatever needs it will say.
        headers = None
    return found | {
        str(value)
        for name, value in (headers or {}).items()
        if 'token' in name.lower() or 'authorization' in name.lower()
    }
