# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region's Neutron, in which an administrator makes and removes things."""

from typing import Any, Final

from keystoneauth1 import exceptions as ksa_exc
from osc_lib import exceptions

from tricircle.cli import client
from tricircle.cli import deadlines
from tricircle.cli import region
from tricircle.cli import services

_GONE: Final = 404
#: Something uses what is to be changed or removed; a region that waited for
#: central in vain.
_NOT_NOW: Final = frozenset({409, 503})
_SLOW: Final = (deadlines.Late, ksa_exc.ConnectFailure)


class NotNow(exceptions.CommandError):
    """What is asked for may be done later."""


class Neutron(region.RegionNeutron):
    """Reads and writes of one region's Neutron."""

    def create(self, collection: str, **body: Any) -> dict[str, Any]:
        """Make something, and return it.

        :param collection: in the plural, as in the API's path
        :raises CommandError: when it is refused
        """
        member = collection.removesuffix('s').replace('-', '_')
        answer = self.call('POST', f'/{collection}', {member: body})
        return dict(answer[member])

    def delete(self, collection: str, one_id: str) -> None:
        """Remove something, if it is there.

        :raises NotNow: when something uses it
        """
        self.call('DELETE', f'/{collection}/{one_id}')

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Make a request; return its answer.

        :raises NotNow: when it is a conflict, or there is no answer to what
            can be asked again
        :raises CommandError: when it is refused otherwise; not when what is
            to be removed is not there
        """

        def ask(service: services.Service) -> dict[str, Any]:
            answer = self._manager.session.request(
                service.base() + path,
                method,
                json=body,
                timeout=service.deadline.left(),
                raise_exc=False,
                headers={'Accept': 'application/json'},
            )
            if answer.status_code == _GONE and method == 'DELETE':
                return {}
            if answer.status_code in _NOT_NOW:
                raise NotNow(
                    f'Neutron of {self.name}: {client.message(answer)}'
                )
            if answer.status_code >= 300:
                raise services.Refused(answer)
            return dict(answer.json()) if answer.content else {}

        # Who has something there to remove asks again.
        self._silent = ''
        try:
            return self._ask(ask)
        except exceptions.CommandError as exc:
            if isinstance(exc.__cause__, _SLOW) and method != 'POST':
                raise NotNow(str(exc)) from exc
            raise
