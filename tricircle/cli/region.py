# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The Neutron of a region, as an administrator sees it."""

from collections.abc import Callable, Iterable, Iterator
import itertools
from typing import Any, Final, TypeVar

from keystoneauth1 import exceptions as ksa_exc
from osc_lib import exceptions

from tricircle.cli import client
from tricircle.cli import deadlines
from tricircle.cli import services
from tricircle.plan.adoption import networks as adoption
from tricircle.replica import types

_T = TypeVar('_T')

#: Seconds for each question, a page of a list.
DEADLINE: Final = 30.0
#: Of a page. Replicas are read back each, which takes the region its time.
_PAGE: Final = 100
#: Named in one query.
_IDS: Final = 50
_PROVIDER: Final = 'provider:'
_SEGMENT: Final = ('network_type', 'physical_network', 'segmentation_id')


class RegionNeutron:
    """Reads of one region's Neutron; nothing is changed.

    One that did not answer in time is not asked again: each question has its
    own deadline, and none is waited for twice.

    :param manager: clients of the ``openstack`` command
    """

    def __init__(self, manager: Any, region_name: str) -> None:
        self.name = region_name
        self._manager = manager
        self._silent = ''

    def url(self) -> str:
        """Return its endpoint, as the catalogue has it.

        :raises CommandError: when it has none
        """
        return self._ask(lambda service: service.url())

    def _ask(self, ask: Callable[[services.Service], _T]) -> _T:
        """Return the answer to a question."""
        if self._silent:
            raise exceptions.CommandError(self._silent)
        deadline = deadlines.Deadline(DEADLINE)
        service = services.Service(
            self._manager, services.NETWORK, self.name, deadline
        )
        try:
            return deadline.keep(lambda: ask(service))
        except services.Refused as exc:
            raise exceptions.CommandError(
                f'Neutron of {self.name}: {client.message(exc.response)}'
            ) from exc
        except ksa_exc.ClientException as exc:
            raise exceptions.CommandError(str(exc)) from exc
        except deadlines.Late as exc:
            self._silent = f'Neutron of {self.name}: {exc}'
            raise exceptions.CommandError(self._silent) from exc

    def _get(
        self, path: str, query: services.Query = ()
    ) -> dict[str, Any] | None:
        """Return the answer to a request, None for 404."""
        return self._ask(lambda service: service.get(path, query))

    def all_of(self, collection: str, **query: Any) -> list[dict[str, Any]]:
        """Return all of a collection that match."""
        return list(self._pages(collection, **query))

    def by_id(
        self, collection: str, key: str, ids: Iterable[str], **query: Any
    ) -> list[dict[str, Any]]:
        """Return all of a collection that have one of these values."""
        wanted = sorted(set(ids))

        def named(some: list[str]) -> dict[str, Any]:
            return {key: some}

        return [
            one
            for start in range(0, len(wanted), _IDS)
            for one in self._pages(
                collection, **query, **named(wanted[start : start + _IDS])
            )
        ]

    def quotas(self, project_id: str) -> dict[str, Any]:
        """Return limit and use of a project's quotas, by resource."""
        answer = self._get(f'/quotas/{project_id}/details')
        return dict(answer['quota']) if answer else {}

    def with_all_on_it(self, network: dict[str, Any]) -> adoption.Network:
        """Return a network with all that is on it."""
        ports = self.all_of('ports', network_id=network['id'])
        return adoption.Network(
            network,
            tuple(self.all_of('subnets', network_id=network['id'])),
            tuple(ports),
            tuple(self._groups(ports)),
            tuple(
                self.by_id(
                    'floatingips', 'port_id', (one['id'] for one in ports)
                )
            ),
            tuple(self.all_of('rbac-policies', object_id=network['id'])),
        )

    def _groups(self, ports: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the groups of ports, and those that their rules name.

        Those that are central's already are left out: what their rules name
        is central's as well. A default group may have an ID of the region's
        own, and then is not known as central's here.
        """
        found: dict[str, dict[str, Any]] = {}
        wanted = {
            group for one in ports for group in one.get('security_groups', ())
        }
        seen: set[str] = set()
        while wanted:
            seen |= wanted
            new = [
                one
                for one in self.by_id('security-groups', 'id', wanted)
                if self.is_own(types.SECURITY_GROUP, one['id'])
            ]
            found.update({one['id']: one for one in new})
            wanted = {
                rule['remote_group_id']
                for one in new
                for rule in one['security_group_rules']
                if rule['remote_group_id']
            } - seen
        return list(found.values())

    def own_networks(self) -> list[dict[str, Any]]:
        """Return the networks that are not central's."""
        # What becomes central's meanwhile is in both.
        found = list(self._networks())
        central = {one['id'] for one in self._pages('replicas', '/network')}
        return [one for one in found if one['id'] not in central]

    def replicas(self, collection: str, one_id: str) -> list[dict[str, Any]]:
        """Return how regions have a resource; of central's Neutron."""
        answer = self._get(f'/{collection}/{one_id}/replicas')
        return list(answer['replicas']) if answer else []

    def shadow_ports(self, network_id: str) -> Iterator[dict[str, Any]]:
        """Yield the ports of other regions that agents here are told of."""
        for chunk in itertools.count():
            answer = self._get(
                f'/replicas/{types.SHADOW_PORTS}/'
                f'{types.shadow_id(network_id, chunk)}'
            )
            if answer is None:
                return
            yield answer['replica']['body']

    def is_own(self, resource_type: str, resource_id: str) -> bool:
        """Tell whether something is none of central's.

        Lists lack what is being made.
        """
        return self._get(f'/replicas/{resource_type}/{resource_id}') is None

    def _networks(self) -> Iterator[dict[str, Any]]:
        return self._pages(
            'networks',
            fields=['id', 'name', 'segments']
            + [f'{_PROVIDER}{one}' for one in _SEGMENT],
        )

    def _pages(
        self, collection: str, below: str = '', **query: Any
    ) -> Iterator[dict[str, Any]]:
        """Yield what is in a collection."""
        asked = (('limit', _PAGE), *query.items())
        try:
            for page in services.pages(
                self._get, f'/{collection}{below}', asked, True
            ):
                yield from page
        except services.NoList:
            # A region that is yet to get Tricircle has no replicas.
            if collection == 'networks':
                base = self._ask(lambda service: service.base())
                raise exceptions.CommandError(
                    f'There is no Neutron at {base}, the endpoint of '
                    f'{self.name}.'
                ) from None


def or_none(ask: Callable[[], _T]) -> _T | None:
    """Return what a region answers, None when it does not."""
    try:
        return ask()
    except exceptions.CommandError:
        return None


def segments(network: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the segments of a network in the form of the Admin API."""
    return [
        {key: one.get(f'{_PROVIDER}{key}') for key in _SEGMENT}
        for one in network.get('segments') or [network]
        if one.get(f'{_PROVIDER}network_type')
    ]
