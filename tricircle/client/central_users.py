# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Calls of central Neutron as the user whose request a region is serving.

With the user's own token: what central allows is what it would allow to the
user.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from tricircle.client import central_requests
from tricircle.client import paths


class UsersRequests(central_requests.Requests):
    """Requests of users, passed on to central."""

    def allocate(
        self,
        context: Any,
        ports: list[dict[str, Any]],
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> list[dict[str, Any]]:
        """Create ports in central, in one request; safe to repeat.

        :param context: the request context of the user
        :param ports: bodies with ``id`` and ``tricircle:region``
        :returns: central's ports in the same order, each with its document
        :raises CentralError: when central refuses
        :raises CentralUnreachable: when no answer came
        """
        if len(ports) == 1:
            answer = self._as_caller(
                context,
                'POST',
                '/v2.0/ports',
                {'port': ports[0]},
                request_id,
                timeout,
            )
            return [answer['port']]
        answer = self._as_caller(
            context,
            'POST',
            '/v2.0/ports',
            {'ports': ports},
            request_id,
            timeout,
        )
        by_id = {port['id']: port for port in answer['ports']}
        return [by_id[port['id']] for port in ports]

    def show(
        self,
        context: Any,
        collection: str,
        resource_id: str,
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Return one of Neutron's resources as central shows it to the user.

        :param collection: as in Neutron's URLs, such as ``ports``
        :raises CentralError: when central refuses
        :raises CentralUnreachable: when no answer came
        """
        answer = self._as_caller(
            context,
            'GET',
            paths.resource(collection, resource_id),
            None,
            request_id,
            timeout,
        )
        return _only(answer)

    def listed(
        self,
        context: Any,
        collection: str,
        filters: Iterable[tuple[str, str]],
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> list[dict[str, Any]]:
        """Return what central shows the user of a collection.

        :param collection: as in Neutron's URLs, such as ``floatingips``
        :param filters: name and value of each; of those with one name, any
            holds
        :raises CentralError: when central refuses
        :raises CentralUnreachable: when no answer came
        """
        answer = self._as_caller(
            context,
            'GET',
            paths.collection(collection, filters),
            None,
            request_id,
            timeout,
        )
        return cast(list[dict[str, Any]], answer[_key(collection)])

    def create(
        self,
        context: Any,
        collection: str,
        member: str,
        attributes: Mapping[str, Any],
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Make one of Neutron's resources in central.

        :param collection: as in Neutron's URLs, such as ``floatingips``
        :param member: as in bodies, such as ``floatingip``
        :raises CentralError: when central refuses
        :raises CentralUnreachable: when no answer came: it may be made
        """
        answer = self._as_caller(
            context,
            'POST',
            paths.collection(collection),
            {member: dict(attributes)},
            request_id,
            timeout,
        )
        return _only(answer)

    def ids(
        self,
        context: Any,
        collection: str,
        filters: Iterable[tuple[str, str]],
        limit: int,
        *,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> list[str]:
        """Return the IDs of what the user sees in central.

        :param collection: as in Neutron's URLs, such as ``networks``
        :param filters: as for :func:`tricircle.client.paths.ids`
        :param limit: of IDs
        :raises CentralError: when central refuses
        :raises CentralUnreachable: when no answer came
        """
        answer = self._as_caller(
            context,
            'GET',
            paths.ids(collection, filters, limit),
            None,
            request_id,
            timeout,
        )
        return [str(one['id']) for one in answer[_key(collection)]]

    def delete(
        self,
        context: Any,
        collection: str,
        resource_id: str,
        *,
        revision: int | None = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Delete one of Neutron's resources in central.

        :param collection: as in Neutron's URLs, such as ``ports``
        :param revision: which it must have there, else it is 412
        :raises CentralError: when central refuses
        :raises CentralUnreachable: when no answer came
        """
        self._as_caller(
            context,
            'DELETE',
            paths.resource(collection, resource_id),
            None,
            request_id,
            timeout,
            revision,
        )

    def update(
        self,
        context: Any,
        collection: str,
        member: str,
        resource_id: str,
        attributes: Mapping[str, Any],
        *,
        revision: int | None = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Change one of Neutron's resources in central.

        :param collection: as in Neutron's URLs, such as ``ports``
        :param member: as in bodies, such as ``port``
        :param revision: which it must have there, else it is 412
        :raises CentralError: when central refuses
        :raises CentralUnreachable: when no answer came
        """
        answer = self._as_caller(
            context,
            'PUT',
            paths.resource(collection, resource_id),
            {member: dict(attributes)},
            request_id,
            timeout,
            revision,
        )
        return _only(answer)

    def change_tags(
        self,
        context: Any,
        method: str,
        port_id: str,
        *,
        tag: str | None = None,
        body: Mapping[str, Any] | None = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Change tags of a port in central, by Neutron's own API for them.

        :param method: HTTP method
        :param tag: the one that is meant; None for all
        :param body: of the request, None without one
        :raises CentralError: when central refuses
        :raises CentralUnreachable: when no answer came
        """
        path = paths.tags('ports', port_id, tag)
        self._as_caller(context, method, path, body, request_id, timeout)


def _key(collection: str) -> str:
    """Return what the body of a list has the collection under."""
    return collection.rpartition('/')[2].replace('-', '_')


def _only(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the resource of a body that has one."""
    [found] = answer.values()
    return cast(dict[str, Any], found)
