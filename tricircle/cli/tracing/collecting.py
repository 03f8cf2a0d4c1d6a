# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Ask central and the regions about two ports."""

from collections.abc import Callable, Iterable, Mapping, Sequence
import dataclasses
from typing import Any, Final, TypeVar

from osc_lib import exceptions

from tricircle.cli import region
from tricircle.cli.tracing.facts import Between
from tricircle.cli.tracing.facts import End
from tricircle.cli.tracing.facts import Facts

_T = TypeVar('_T')

_INTERFACES: Final = (
    'network:router_interface',
    'network:router_interface_distributed',
    'network:ha_router_replicated_interface',
)


class Collector:
    """Finds out what is between two ports.

    :param manager: clients of the ``openstack`` command
    :param central: name of central's region
    """

    def __init__(self, manager: Any, central: str) -> None:
        self._manager = manager
        self._central = region.RegionNeutron(manager, central)
        self._regions: dict[str, region.RegionNeutron] = {}
        self._untold: dict[str, str] = {}

    def collect(self, first: str, second: str) -> Facts:
        """Return the facts.

        :param first: name or ID of the port that sends
        :param second: name or ID of the port that is to get it
        :raises CommandError: when there is no such port, or more than one
        """
        bodies = [self._port(one) for one in (first, second)]
        network_ids = list(dict.fromkeys(one['network_id'] for one in bodies))
        networks = [self._one('networks', one) for one in network_ids]
        ends = [self._end(one) for one in bodies]
        regions = sorted({one.region for one in ends if one.region})
        routers = self._routers(network_ids) if len(networks) > 1 else []
        return Facts(
            self._told(ends[0], ends[1]),
            self._told(ends[1], ends[0]),
            [self._between('network', one, regions) for one in networks],
            [self._between('router', one, regions) for one in routers],
            networks[0].get('provider:network_type') == 'vxlan',
            self._untold,
        )

    def _port(self, name: str) -> dict[str, Any]:
        found = self._central.all_of('ports', id=name)
        found = found or self._central.all_of('ports', name=name)
        if len(found) != 1:
            raise exceptions.CommandError(
                f'{len(found) or "No"} ports of central have the name or ID '
                f'{name}.'
            )
        return found[0]

    def _one(self, collection: str, one_id: str) -> dict[str, Any]:
        found = self._central.all_of(collection, id=one_id)
        if not found:
            raise exceptions.CommandError(f'{one_id} of {collection} is gone.')
        return found[0]

    def _states(
        self, collection: str, one_id: str
    ) -> Mapping[str, Mapping[str, Any]]:
        return {
            one['region']: one
            for one in self._central.replicas(collection, one_id)
        }

    def _between(
        self, kind: str, one: Mapping[str, Any], regions: Iterable[str]
    ) -> Between:
        return Between(
            kind,
            f'{one["name"]} {one["id"]}'.strip(),
            self._states(f'{kind}s', one['id']),
            {
                name
                for name in regions
                if self._ask(
                    name, lambda there: not there.is_own(kind, one['id'])
                )
            },
        )

    def _routers(self, network_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Return the routers that have an interface on all networks."""
        on_each = [
            {
                one['device_id']
                for one in self._central.all_of('ports', network_id=network_id)
                if one['device_owner'] in _INTERFACES
            }
            for network_id in network_ids
        ]
        return [
            self._one('routers', one)
            for one in sorted(set.intersection(*on_each))
        ]

    def _told(self, end: End, other: End) -> End:
        """Return an end with what its region's agents know of the other."""
        if not end.region:
            return end
        return dataclasses.replace(end, knows=self._knows(end.region, other))

    def _end(self, body: Mapping[str, Any]) -> End:
        states = self._states('ports', body['id'])
        # A port is in one region at most.
        name = next(iter(states), '')
        here = self._here(name, body['id']) if name else None
        return End(
            body,
            name,
            states.get(name),
            here,
            self._agent(name, here) if here else None,
            self._central.by_id(
                'security-groups', 'id', body['security_groups']
            ),
            None,
        )

    def _ask(
        self, name: str, ask: Callable[[region.RegionNeutron], _T]
    ) -> _T | None:
        """Return what a region answers, None when it does not."""
        there = self._regions.setdefault(
            name, region.RegionNeutron(self._manager, name)
        )
        try:
            return ask(there)
        except exceptions.CommandError as exc:
            self._untold.setdefault(name, str(exc))
            return None

    def _here(self, name: str, port_id: str) -> Mapping[str, Any] | None:
        found = self._ask(
            name, lambda there: there.all_of('ports', id=port_id)
        )
        return found[0] if found else None

    def _agent(
        self, name: str, here: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        host = here.get('binding:host_id') or ''
        agents = self._ask(
            name, lambda there: there.all_of('agents', host=host)
        )
        # The first that is not alive, of those that set ports up.
        found = [one for one in agents or () if 'switch' in one['agent_type']]
        found.sort(key=lambda one: bool(one['alive']))
        return found[0] if found else None

    def _knows(self, name: str, other: End) -> Mapping[str, Any] | None:
        """Return a port of another region as this one's agents are told."""
        network_id = other.body['network_id']
        chunks = self._ask(
            name, lambda there: list(there.shadow_ports(network_id))
        )
        for body in chunks or ():
            for port in body['ports']:
                if port['id'] == other.id:
                    tunnel = next(
                        (
                            one['tunnel_ip']
                            for one in body['agents']
                            if (one['region'], one['host'])
                            == (port['region'], port['host'])
                        ),
                        None,
                    )
                    return {**port, 'tunnel_ip': tunnel}
        return None
