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

from typing import Any
from urllib import parse

from keystoneauth1 import adapter
from keystoneauth1 import exceptions as ksa_exc
from osc_lib import exceptions

SERVICE_TYPE = 'tricircle'
_VERSION = '/v1.0'


class AdminClient:
    """Pods, over a keystoneauth session.

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

    def _base(self) -> str:
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
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            response = self._adapter.request(
                self._base() + path,
                method,
                json=body,
                raise_exc=False,
                headers={'Accept': 'application/json'},
            )
        except ksa_exc.ClientException as exc:
            raise exceptions.CommandError(str(exc)) from exc
        if response.status_code >= 400:
            raise exceptions.CommandError(_message(response))
        return dict(response.json()) if response.content else {}

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


def _message(response: Any) -> str:
    try:
        error = next(iter(response.json().values()))
        return f'{error["message"]} (HTTP {response.status_code})'
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return f'HTTP {response.status_code}: {response.text[:200]}'
