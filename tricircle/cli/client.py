# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A client of the Admin API."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib import parse

from keystoneauth1 import adapter
from keystoneauth1 import exceptions as ksa_exc
from osc_lib import exceptions

from tricircle.cli import deadlines

#: Seconds for each request; a page of a list is one.
DEADLINE = 60.0
SERVICE_TYPE = 'tricircle'
_VERSION = '/v1.0'
#: Networks asked about in one request, which may have 64 KiB.
_AT_ONCE = 100


class AdminClient:
    """Pods, jobs and routings, over a keystoneauth session.

    :param url: of the API, in place of the catalogue's
    """

    def __init__(
        self,
        session: Any,
        region_name: str | None = None,
        interface: str | None = None,
        url: str | None = None,
    ) -> None:
        self._region_name = region_name
        self._adapter = adapter.Adapter(
            session,
            service_type=SERVICE_TYPE,
            region_name=region_name,
            interface=interface or 'public',
        )
        self._url = url

    def endpoint(self) -> str:
        """Return the URL of the API, with its version."""
        url = self._url or self._adapter.get_endpoint()
        if not url:
            region = self._region_name or 'any region'
            raise exceptions.CommandError(
                f'The catalogue has no service of type {SERVICE_TYPE} in '
                f'{region}: name the region of central Neutron with '
                '--os-region-name, or the URL with '
                '--os-multiregion-networking-url.'
            )
        url = str(url).rstrip('/')
        return url if url.endswith(_VERSION) else url + _VERSION

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        absent: int | None = None,
    ) -> dict[str, Any]:
        """Make a request.

        :param absent: the status for which the answer is an empty one
        """
        deadline = deadlines.Deadline(DEADLINE)
        try:
            response = deadline.keep(
                lambda: self._adapter.request(
                    self.endpoint() + path,
                    method,
                    json=body,
                    raise_exc=False,
                    timeout=deadline.left(),
                    headers={'Accept': 'application/json'},
                )
            )
        except (deadlines.Late, ksa_exc.ConnectTimeout) as exc:
            raise exceptions.CommandError(f'Admin API: {exc}') from exc
        except ksa_exc.ClientException as exc:
            raise exceptions.CommandError(str(exc)) from exc
        if response.status_code == absent:
            return {}
        if response.status_code >= 400:
            raise exceptions.CommandError(message(response))
        return dict(response.json()) if response.content else {}

    def _list(
        self, collection: str, path: str, query: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Return what a list has: all pages of it, or the one asked for."""
        return [
            one
            for page in self._pages(collection, path, query)
            for one in page
        ]

    def _pages(
        self, collection: str, path: str, query: dict[str, Any]
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield the pages of a list, or the one asked for."""
        wanted = {
            key: value for key, value in query.items() if value is not None
        }
        next_path = f'{path}?{parse.urlencode(wanted)}'
        while next_path:
            answer = self._call('GET', next_path)
            yield answer[collection]
            links = (
                []
                if 'limit' in wanted
                else answer.get(f'{collection}_links', [])
            )
            next_path = next(
                (
                    str(one['href']).removeprefix(_VERSION)
                    for one in links
                    if one['rel'] == 'next'
                ),
                '',
            )

    def jobs(self, detailed: bool, **query: Any) -> list[dict[str, Any]]:
        """Return the jobs that match."""
        return self._list('jobs', '/jobs' + '/detail' * detailed, query)

    def job(self, job_id: str) -> dict[str, Any]:
        """Return a job."""
        return dict(self._call('GET', _one('jobs', job_id))['job'])

    def create_job(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Make a job."""
        return dict(self._call('POST', '/jobs', {'job': fields})['job'])

    def redo_job(self, job_id: str) -> None:
        """Have a job done now."""
        self._call('PUT', _one('jobs', job_id))

    def end_job(self, job_id: str) -> None:
        """Have a job tried no more."""
        self._call('DELETE', _one('jobs', job_id))

    def pause_job(self, job_id: str, reason: str | None) -> dict[str, Any]:
        """Have a job wait."""
        path = f'{_one("jobs", job_id)}/pause'
        return dict(self._call('PUT', path, _pause(reason))['job'])

    def resume_job(self, job_id: str) -> dict[str, Any]:
        """Have a job wait no more."""
        path = f'{_one("jobs", job_id)}/pause'
        return dict(self._call('DELETE', path)['job'])

    def places(self, resource_type: str, resource_id: str) -> list[str]:
        """Return what regions have a network or router under, by ID."""
        wanted = parse.urlencode(
            {'type': resource_type, 'search': resource_id}
        )
        found = self._call('GET', f'/topology?{wanted}')['topology']
        return sorted({one['replica_id'] for one in found['places']})

    def routings(self, **query: Any) -> list[dict[str, Any]]:
        """Return the routings that match."""
        return self._list('routings', '/routings', query)

    def routing(self, routing_id: str) -> dict[str, Any]:
        """Return a routing."""
        return dict(self._call('GET', _one('routings', routing_id))['routing'])

    def create_routing(self, fields: dict[str, str]) -> dict[str, Any]:
        """Note that a resource is in a region."""
        return dict(
            self._call('POST', '/routings', {'routing': fields})['routing']
        )

    def update_routing(
        self, routing_id: str, fields: dict[str, str]
    ) -> dict[str, Any]:
        """Change what is noted."""
        path = _one('routings', routing_id)
        return dict(self._call('PUT', path, {'routing': fields})['routing'])

    def delete_routing(self, routing_id: str) -> None:
        """Forget that a resource is in a region."""
        self._call('DELETE', _one('routings', routing_id))

    def bindings(self, **query: Any) -> list[dict[str, Any]]:
        """Return the bindings that match."""
        return self._list('bindings', '/bindings', query)

    def binding(self, binding_id: str) -> dict[str, Any]:
        """Return a binding."""
        path = _one('bindings', binding_id)
        return dict(self._call('GET', path)['pod_binding'])

    def create_binding(self, project_id: str, pod_id: str) -> dict[str, Any]:
        """Bind a project to a pod."""
        body = {'pod_binding': {'tenant_id': project_id, 'pod_id': pod_id}}
        return dict(self._call('POST', '/bindings', body)['pod_binding'])

    def rebind(self, binding_id: str, pod_id: str) -> dict[str, Any]:
        """Bind the project of a binding to another pod."""
        path = _one('bindings', binding_id)
        body = {'pod_binding': {'pod_id': pod_id}}
        return dict(self._call('PUT', path, body)['pod_binding'])

    def delete_binding(self, binding_id: str) -> None:
        """Forget a binding."""
        self._call('DELETE', _one('bindings', binding_id))

    def statuses(self, **query: Any) -> list[dict[str, Any]]:
        """Return how far regions are from what central wants."""
        return self._list('statuses', '/statuses', query)

    def drifts(self, **query: Any) -> Iterator[list[dict[str, Any]]]:
        """Yield what a region has otherwise, as it is found."""
        return self._pages('drifts', '/drifts', query)

    def drift(
        self, region_name: str, resource_type: str, resource_id: str
    ) -> dict[str, Any]:
        """Return how a region has a resource."""
        path = '/'.join(
            parse.quote(one, safe='')
            for one in (region_name, resource_type, resource_id)
        )
        return dict(self._call('GET', f'/drifts/{path}')['drift'])

    def repair_drifts(self, **wanted: Any) -> Iterator[list[dict[str, Any]]]:
        """Have it made right what a region has otherwise.

        :returns: what is, as it is found
        """
        asked = {
            key: value for key, value in wanted.items() if value is not None
        }
        marker: str | None = ''
        while marker is not None:
            answer = self._call(
                'POST', '/drifts', {'repair': {**asked, 'marker': marker}}
            )['repair']
            yield answer['drifts']
            marker = answer['marker']

    def releases(self) -> dict[str, Any]:
        """Return what central's programs run, and the version of the tables.

        Nothing from an administrator API of a release that does not say.
        """
        return self._call('GET', '/releases', absent=404)

    def create_pod(self, **fields: str) -> dict[str, str]:
        """Make a pod."""
        return dict(self._call('POST', '/pods', {'pod': fields})['pod'])

    def pods(self, **query: Any) -> list[dict[str, str]]:
        """Return the pods that match."""
        wanted = {
            key: value for key, value in query.items() if value is not None
        }
        text = f'?{parse.urlencode(wanted)}' if wanted else ''
        return list(self._call('GET', f'/pods{text}')['pods'])

    def find_pod(self, name_or_id: str) -> dict[str, str]:
        """Return a pod by its ID or the name of its region."""
        for query in ({'pod_id': name_or_id}, {'region_name': name_or_id}):
            found = self.pods(**query)
            if found:
                return found[0]
        raise exceptions.CommandError(
            f'There is no pod with ID or region name {name_or_id}.'
        )

    def update_pod(self, pod_id: str, **fields: str) -> dict[str, str]:
        """Change a pod."""
        return dict(
            self._call('PUT', f'/pods/{pod_id}', {'pod': fields})['pod']
        )

    def delete_pod(self, pod_id: str) -> None:
        """Remove a pod."""
        self._call('DELETE', f'/pods/{pod_id}')

    def pause_pod(self, pod_id: str, reason: str | None) -> dict[str, str]:
        """Have all wait that central pushes to the region of a pod."""
        path = f'/pods/{pod_id}/pause'
        return dict(self._call('PUT', path, _pause(reason))['pod'])

    def resume_pod(self, pod_id: str) -> dict[str, str]:
        """Have that wait no more."""
        return dict(self._call('DELETE', f'/pods/{pod_id}/pause')['pod'])

    def depart(self, pod_id: str, **how: Any) -> dict[str, Any]:
        """Have the region of a pod leave, or say that it is lost."""
        return dict(
            self._call('PUT', f'/pods/{pod_id}/departure', {'departure': how})[
                'departure'
            ]
        )

    def departure(self, pod_id: str) -> dict[str, Any] | None:
        """Return what is left of the region of a pod, None without a pod."""
        answer = self._call('GET', f'/pods/{pod_id}/departure', absent=404)
        return dict(answer['departure']) if answer else None

    def stay(self, pod_id: str) -> dict[str, Any]:
        """Have the region of a pod leave no more."""
        return dict(
            self._call('DELETE', f'/pods/{pod_id}/departure')['departure']
        )

    def adopt(self, region_name: str, network_id: str) -> dict[str, Any]:
        """Have a network of a region's own become central's."""
        wanted = {'region_name': region_name, 'network_id': network_id}
        return dict(
            self._call('POST', '/adoptions', {'adoption': wanted})['adoption']
        )

    def adoption(self, network_id: str) -> dict[str, Any] | None:
        """Return how far the adoption of a network is, None without one."""
        answer = self._call('GET', _one('adoptions', network_id), absent=404)
        return dict(answer['adoption']) if answer else None

    def cancel_adoption(self, network_id: str) -> dict[str, Any]:
        """Leave a network to its region."""
        answer = self._call('DELETE', _one('adoptions', network_id))
        return dict(answer['adoption'])

    def clashes(
        self, region_name: str, networks: list[dict[str, Any]]
    ) -> list[dict[str, str]]:
        """Return what networks of a region have in common with central's.

        :param networks: their IDs and segments
        """
        found: list[dict[str, str]] = []
        for start in range(0, len(networks), _AT_ONCE):
            asked = {
                'region_name': region_name,
                'networks': networks[start : start + _AT_ONCE],
            }
            found += self._call('POST', '/clashes', {'region': asked})[
                'clashes'
            ]
        return found


def _pause(reason: str | None) -> dict[str, Any]:
    """Return the body of a request to have something wait."""
    return {'pause': {} if reason is None else {'reason': reason}}


def _one(collection: str, one_id: str) -> str:
    """Return the path of what somebody named by its ID."""
    return f'/{collection}/{parse.quote(one_id, safe="")}'


def central_of(pods: Iterable[Mapping[str, Any]]) -> str:
    """Return the name of central's region by its pod, '' without one."""
    return next(
        (str(one['region_name']) for one in pods if not one['az_name']), ''
    )


def not_served(region_name: str) -> exceptions.CommandError:
    """Return what to say of a name that is no region's."""
    return exceptions.CommandError(
        f'{region_name} is no region that central serves: '
        '`multiregion networking pod list` shows which are.'
    )


def message(response: Any, longest: int | None = 200) -> str:
    """Return what an API says of an error.

    :param longest: of what is no answer of an API, in characters
    """
    try:
        error = next(iter(response.json().values()))
        return f'{error["message"]} (HTTP {response.status_code})'
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return f'HTTP {response.status_code}: {response.text[:longest]}'
