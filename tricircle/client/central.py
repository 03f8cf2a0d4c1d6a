# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Calls of a region to central Neutron, see :mod:`tricircle.replica.messages`.

Every call is one HTTP request and has a limit of time. What central answers
is raised as it was said (``CentralError``). No answer is another thing
(``CentralUnreachable``): the request may have been carried out.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tricircle.client import central_errors
from tricircle.client import central_requests
from tricircle.client import central_users
from tricircle.replica import messages
from tricircle.replica import types
from tricircle.replica.document import Document
from tricircle.replica.document import DocumentError

#: Subnets asked for in one request, so that its URL stays short.
_SUBNETS_AT_ONCE = 50


def _newer(taken: messages.TakenBody) -> int | None:
    # A central of the release before names no revision.
    return None if taken['accepted'] else taken.get('revision')


class CentralClient(central_users.UsersRequests):
    """Central Neutron, as one region sees it.

    :param conf: with the groups ``tricircle`` (options of a region) and
        ``client`` registered
    :raises cfg.RequiredOptError: when central's URL is not configured
    """

    # As the region itself.

    def pull(
        self,
        resource_type: str,
        resource_id: str,
        region: str,
        body: messages.PullBody,
        *,
        context: Any = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> Document:
        """Ask for a resource to be in this region, and get its document.

        :param context: the request context of the user for whom it is, whose
            token proves that; without one central gives what the region has
            already
        :raises CentralError: 404 when the caller may not see it or the
            region is out of its scope, 409 when another region has it
        :raises CentralUnreachable: when no answer came
        """
        path = central_requests.replica_path(
            resource_type, resource_id, region
        )
        replica = {'replica': {'pull': body}}
        answer = (
            self._as_region('PUT', path, replica, request_id, timeout)
            if context is None
            else self._as_caller(
                context, 'PUT', path, replica, request_id, timeout
            )
        )
        return self._document(answer['replica']['document'])

    def refused(
        self,
        resource_type: str,
        resource_id: str,
        region: str,
        body: messages.RefusedBody,
        *,
        timeout: float | None = None,
    ) -> None:
        """Say that this region cannot have what it has pulled.

        :raises CentralError: when central refuses; one of the release before
            does
        :raises CentralUnreachable: when no answer came
        """
        self._as_region(
            'PUT',
            central_requests.replica_path(resource_type, resource_id, region),
            {'replica': {'refused': body}},
            None,
            timeout,
        )

    def report(
        self,
        port_id: str,
        region: str,
        body: messages.ReportBody,
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> int | None:
        """Say what a port of this region is like now.

        :returns: the revision of the later report that central has already,
            None when it took this one
        :raises CentralError: 404 when central has no such port, 409 when it
            is not present in this region
        :raises CentralUnreachable: when no answer came
        """
        answer = self._as_region(
            'PUT',
            central_requests.replica_path(types.PORT, port_id, region),
            {'replica': {'report': body}},
            request_id,
            timeout,
        )
        return _newer(answer['replica'])

    def report_router(
        self,
        router_id: str,
        region: str,
        body: messages.RouterReportBody,
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> int | None:
        """Say what this region's piece of a router is like now.

        :returns: as :meth:`report`
        :raises CentralError: 404 when central has no such piece
        :raises CentralUnreachable: when no answer came
        """
        answer = self._as_region(
            'PUT',
            central_requests.replica_path(types.ROUTER, router_id, region),
            {'replica': {'report': body}},
            request_id,
            timeout,
        )
        return _newer(answer['replica'])

    def report_trunk(
        self,
        trunk_id: str,
        region: str,
        body: messages.TrunkReportBody,
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Say how a trunk in this region is now.

        :raises CentralError: 404 when central has no such trunk
        :raises CentralUnreachable: when no answer came
        """
        self._as_region(
            'PUT',
            central_requests.replica_path(types.TRUNK, trunk_id, region),
            {'replica': {'report': body}},
            request_id,
            timeout,
        )

    def deleted(
        self,
        port_id: str,
        region: str,
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Say that this region deleted a port, or never made it.

        :raises CentralError: when central refuses
        :raises CentralUnreachable: when no answer came
        """
        try:
            self._as_region(
                'DELETE',
                central_requests.replica_path(types.PORT, port_id, region),
                None,
                request_id,
                timeout,
            )
        except central_errors.CentralError as exc:
            if exc.status != 404 or exc.type != 'PortNotFound':
                raise

    def networks_of_subnets(
        self,
        subnet_ids: Iterable[str],
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> dict[str, str]:
        """Return the network of each subnet that central knows.

        :raises CentralError: when central refuses
        :raises CentralUnreachable: when no answer came
        """
        ids = sorted(set(subnet_ids))
        found: dict[str, str] = {}
        for start in range(0, len(ids), _SUBNETS_AT_ONCE):
            answer = self._as_region(
                'GET',
                '/v2.0/subnets',
                None,
                request_id,
                timeout,
                params=[('fields', 'id'), ('fields', 'network_id')]
                + [
                    ('id', one)
                    for one in ids[start : start + _SUBNETS_AT_ONCE]
                ],
            )
            found.update(
                (subnet['id'], subnet['network_id'])
                for subnet in answer['subnets']
            )
        return found

    def network_of_subnet(
        self,
        subnet_id: str,
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> str:
        """Return the network of a subnet.

        :raises CentralError: 404 when central has no such subnet
        :raises CentralUnreachable: when no answer came
        """
        found = self.networks_of_subnets(
            [subnet_id], request_id=request_id, timeout=timeout
        )
        try:
            return found[subnet_id]
        except KeyError:
            raise central_errors.CentralError(
                404,
                'SubnetNotFound',
                f'Subnet {subnet_id} could not be found.',
            ) from None

    # How.

    @staticmethod
    def document_of(port: Mapping[str, Any]) -> Document:
        """Return the document that came with an allocated port.

        :raises DocumentError: when there is none that can be read
        """
        return Document.from_dict(port.get(messages.DOCUMENT_ATTRIBUTE) or {})

    def _document(self, data: Mapping[str, Any]) -> Document:
        try:
            return Document.from_dict(data)
        except DocumentError as exc:
            raise central_errors.CentralError(
                500, type(exc).__name__, str(exc)
            ) from exc
