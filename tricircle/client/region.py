# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Calls of XJob and the Admin API to the Neutron of a region."""

from collections.abc import Mapping
import json
import math
from typing import Any, cast

from keystoneauth1 import exceptions as ksa_exc
from oslo_config import cfg

from tricircle.client import auth
from tricircle.client import paths
from tricircle.replica import messages
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import Generation


class RegionError(Exception):
    """A call to a region failed; the text is for operators."""


class RegionUnreachable(RegionError):
    """The region did not answer."""


class ReplicaRefused(RegionError):
    """The region answered with an error.

    :ivar status: HTTP status
    :ivar type: type of the error as Neutron names it
    :ivar message: text of the error
    :ivar later: the later generation for which the region refused, None
        when that is not why
    """

    def __init__(self, status: int, type: str, message: str) -> None:
        super().__init__(f'{status} {type}: {message}')
        self.status = status
        self.type = type
        self.message = message
        self.later = messages.read_later(message) if status == 409 else None


class CentralBusy(ReplicaRefused):
    """Central has no room for XJob now.

    :ivar retry_after: seconds after which to come again
    """

    def __init__(
        self, status: int, type: str, message: str, retry_after: float
    ) -> None:
        super().__init__(status, type, message)
        self.retry_after = retry_after


def _retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that an answer says to wait, 0.0 if it does not."""
    try:
        return max(0.0, float(headers.get('Retry-After', '')))
    except ValueError:
        return 0.0


class RegionClient:
    """Typed calls to one region; safe to use from several threads.

    :param longest: seconds to wait for an answer, where ``[client]
        neutron_timeout`` is more
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        region_name: str,
        longest: float = math.inf,
    ) -> None:
        self.region_name = region_name
        self._adapter = auth.region_adapter(conf, region_name)
        self._timeout = min(conf.client.neutron_timeout, longest)

    def put(self, document: Document) -> messages.AppliedBody:
        """Make the region have what a document says.

        :raises RegionUnreachable: no answer; it may have been done
        :raises ReplicaRefused: the region could not
        """
        answer = self._call(
            'PUT',
            paths.replica(document.type, document.id),
            {'replica': document.to_dict()},
        )
        return cast(messages.AppliedBody, answer['replica'])

    def get(self, resource_type: str, resource_id: str) -> dict[str, Any]:
        """Return what the region has.

        :raises ReplicaRefused: with status 404 when it has nothing
        """
        answer = self._call('GET', paths.replica(resource_type, resource_id))
        return dict(answer['replica'])

    def page(
        self, resource_type: str, marker: str | None, limit: int
    ) -> list[dict[str, Any]]:
        """Return one page of the region's ledger, by ID."""
        query = {'limit': str(limit)}
        if marker:
            query['marker'] = marker
        answer = self._call('GET', paths.ledger(resource_type), query=query)
        return list(answer['replicas'])

    def delete(
        self,
        resource_type: str,
        resource_id: str,
        generation: Generation,
        release: bool = False,
    ) -> None:
        """Remove a replica; it is no error when there is none.

        :param generation: what is older must not come back
        :param release: only if nothing in the region uses it
        """
        query = {
            'epoch': str(generation.epoch),
            'counter': str(generation.counter),
        }
        if release:
            query['release'] = 'true'
        path = paths.replica(resource_type, resource_id)
        try:
            self._call('DELETE', path, query=query)
        except ReplicaRefused as exc:
            if exc.status != 404:
                raise

    def release(self) -> Any:
        """Return what the region says that it runs, as it says it.

        :raises ReplicaRefused: with status 404 when it is of a release that
            does not say
        """
        return self._call('GET', paths.release()).get('release')

    def data_path(self) -> Any:
        """Return how the region's tunnels are, as it says it.

        :raises ReplicaRefused: with status 404 when it is of a release that
            does not say
        """
        return self._call('GET', paths.data_path()).get('data_path')

    def own_network(self, network_id: str) -> dict[str, Any]:
        """Return a network of the region's own, with all that is on it.

        :raises ReplicaRefused: with status 404 when it has none
        """
        answer = self._call('GET', paths.adoption(network_id))
        return dict(answer['adoption'])

    def take_over(
        self, network_id: str, digest: str, default_group: str | None
    ) -> None:
        """Have a network of the region's own be central's; safe to repeat.

        :param digest: of what the region said that it has
        :param default_group: ID in central of that of the network's project
        :raises ReplicaRefused: with status 409 when it has changed
        """
        self._call(
            'PUT',
            paths.adoption(network_id),
            {
                'adoption': {
                    'digest': digest,
                    'default_security_group': default_group,
                }
            },
        )

    def give_back(self, network_id: str) -> None:
        """Have a network be the region's own again; safe to repeat.

        :raises ReplicaRefused: when central has sent something of it
        """
        self._call('DELETE', paths.adoption(network_id))

    def reserve(
        self,
        resource_id: str,
        region_name: str,
        resource_type: str = types.NETWORK,
    ) -> None:
        """Have what a region needs of a network reserved: of central.

        Of a trunk that is the ports which it carries.

        :raises CentralBusy: central has no room now
        :raises RegionUnreachable: no answer; it may have been done
        :raises ReplicaRefused: it could not be done
        """
        pull = messages.PullBody(project_id='', is_admin=True, dhcp_agents=1)
        self._call(
            'PUT',
            paths.replicas_of(resource_type, resource_id, region_name),
            {'replica': {'pull': pull}},
            background=True,
        )

    def bindings(
        self,
        method: str,
        port_id: str,
        *more: str,
        body: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Ask for bindings of a port; return what the region answers.

        :param more: host of one of them, and what is to be done with it
        :raises RegionUnreachable: no answer; it may have been done
        :raises ReplicaRefused: it could not be done
        """
        return self._call(method, paths.bindings(port_id, *more), body)

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        background: bool = False,
    ) -> dict[str, Any]:
        headers = {'Accept': 'application/json'}
        if background:
            headers[messages.BACKGROUND_HEADER] = '1'
        try:
            response = self._adapter.request(
                path,
                method,
                params=dict(query or {}),
                json=body,
                raise_exc=False,
                timeout=self._timeout,
                headers=headers,
            )
        except ksa_exc.ClientException as exc:
            raise RegionUnreachable(
                f'{self.region_name} does not answer: {exc}'
            ) from exc
        if response.status_code >= 400:
            raise self._error(
                response.status_code,
                response.text,
                _retry_after(response.headers),
            )
        if not response.content:
            return {}
        try:
            return dict(response.json())
        except (TypeError, ValueError) as exc:
            raise RegionUnreachable(
                f'{self.region_name} answered no JSON object'
            ) from exc

    def _error(
        self, status: int, text: str, retry_after: float
    ) -> RegionError:
        try:
            error = json.loads(text)['NeutronError']
            what = str(error['type']), str(error['message'])
        except (ValueError, KeyError, TypeError):
            if status in (502, 503, 504):
                return RegionUnreachable(
                    f'{self.region_name} answered with status {status}'
                )
            return ReplicaRefused(status, 'HTTPError', text[:500])
        if status == 503 and retry_after:
            return CentralBusy(status, *what, retry_after)
        return ReplicaRefused(status, *what)
