# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Make what checks need, and remove all of it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent import futures
import datetime
import functools
import time
from typing import Any, Final, TypeVar
import uuid

from osc_lib import exceptions

from tricircle.cli.verifying import layout
from tricircle.cli.verifying import neutron
from tricircle.cli.verifying.checks import Check
from tricircle.cli.verifying.checks import End
from tricircle.replica import probes

_T = TypeVar('_T')
_R = TypeVar('_R')

#: Requests at once: what a Neutron may have to spare.
_AT_ONCE: Final = 4
#: What is made with tags, those first that others hang on. Ports have the
#: run as their device.
_TAGGED: Final = ('routers', 'networks', 'security-groups')
_LOOK: Final = 0.5
#: Seconds until what is not possible now is; until regions have removed all.
_LATER: Final = 60.0
_REMOVED: Final = 150.0
_AGENT: Final = 'Open vSwitch agent'
_INTERFACES: Final = (
    'network:router_interface',
    'network:router_interface_distributed',
    'network:ha_router_replicated_interface',
)


def _together(step: Callable[[_T], _R], each: Collection[_T]) -> list[_R]:
    """Do something for each, some at once; return what came of it.

    :raises Exception: the first of those that were raised, when all ended
    """
    if not each:
        return []
    with futures.ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(step, each))


class Scene:
    """What one run has made, in central and in the regions.

    :param central: Neutron of central
    :param regions: of the regions, by their names
    :param progress: is called with a line of text
    :ivar ports: the probe ports
    """

    def __init__(
        self,
        central: neutron.Neutron,
        regions: Mapping[str, neutron.Neutron],
        progress: Callable[[str], object],
    ) -> None:
        self._central = central
        self._regions = regions
        self._progress = progress
        self.run = f'{layout.TAG}-{uuid.uuid4().hex[:8]}'
        self.ports: dict[End, layout.Port] = {}
        self._near = ''

    # -- making -------------------------------------------------------------

    def make(self, planned: Sequence[Check], ends: Collection[End]) -> None:
        """Make networks, routers, groups and ports in central.

        :raises CommandError: when central refuses, or does not answer
        """
        wanted = layout.networks(planned, ends)
        self._progress(
            f'Making {len(wanted)} networks and {len(ends)} ports, all named '
            f'{self.run}'
        )
        names = sorted({layout.group_of(one) for one in ends})
        groups = dict(zip(names, _together(self._group, names), strict=True))
        made = dict(
            zip(
                (one.key for one in wanted),
                _together(self._network, wanted),
                strict=True,
            )
        )
        self._near = made['']['id'] if '' in made else ''

        def port(end: End) -> None:
            self.ports[end] = self._port(
                made[layout.network_of(end)], groups[layout.group_of(end)]
            )

        _together(port, ends)
        self._routers(wanted, made)

    def _port(self, network: Mapping[str, Any], group_id: str) -> layout.Port:
        port = self._central.create(
            'ports',
            name=self.run,
            network_id=network['id'],
            device_owner=probes.DEVICE_OWNER,
            device_id=self.run,
            security_groups=[group_id],
        )
        return layout.Port(
            port['id'],
            network['id'],
            {
                6 if ':' in one['ip_address'] else 4: one['ip_address']
                for one in port['fixed_ips']
            },
            int(network['mtu']),
        )

    def _create(self, collection: str, **body: Any) -> dict[str, Any]:
        """Make something that has the tags of this run.

        Neutron takes them afterwards only. What is left without, by a kill
        just there, has the run's name, and nothing on it.
        """
        made = self._central.create(collection, name=self.run, **body)
        self._central.call(
            'PUT',
            f'/{collection}/{made["id"]}/tags',
            {'tags': [layout.TAG, self.run]},
        )
        return made

    def _group(self, name: str) -> str:
        group = self._create('security-groups', description=name)
        for rule in layout.groups()[name]:
            if 'remote_group_id' in rule:
                rule = {**rule, 'remote_group_id': group['id']}
            self._central.create(
                'security-group-rules',
                security_group_id=group['id'],
                direction='ingress',
                **rule,
            )
        return str(group['id'])

    def _network(self, wanted: layout.Network) -> dict[str, Any]:
        hints = (
            {'availability_zone_hints': list(wanted.hints)}
            if wanted.hints
            else {}
        )
        network = self._create('networks', **hints)
        network['subnets'] = [
            self._central.create(
                'subnets', name=self.run, network_id=network['id'], **subnet
            )['id']
            for subnet in wanted.subnets()
        ]
        return network

    def _routers(
        self,
        wanted: Collection[layout.Network],
        made: Mapping[str, Mapping[str, Any]],
    ) -> None:
        def router(name: str) -> None:
            found = self._create('routers', description=name)
            for one in wanted:
                if one.router != name:
                    continue
                for subnet in made[one.key]['subnets']:
                    self._central.call(
                        'PUT',
                        f'/routers/{found["id"]}/add_router_interface',
                        {'subnet_id': subnet},
                    )

        _together(router, sorted({one.router for one in wanted} - {''}))

    # -- in regions ---------------------------------------------------------

    def agent(self, region: str) -> Mapping[str, Any]:
        """Return an agent of a region that takes probe ports.

        :raises CommandError: when there is none
        """
        agents = self._regions[region].all_of('agents', agent_type=_AGENT)
        found = [
            one
            for one in agents
            if one['alive']
            and one['admin_state_up']
            and probes.KEY in one['configurations']
        ]
        if not found:
            raise exceptions.CommandError(
                f'{region} has no host whose {_AGENT} is alive and takes '
                'probe ports: [tricircle_region_guard] verify permits it.'
            )
        # The one with the fewest, of several runs.
        return min(
            found,
            key=lambda one: (
                len(one['configurations'][probes.KEY]),
                one['host'],
            ),
        )

    def bind(
        self,
        hosts: Mapping[str, str],
        sent: Mapping[End, Sequence[probes.Probe]],
    ) -> None:
        """Put the probe ports onto hosts.

        :param hosts: names, by region
        :param sent: what each port sends
        :raises CommandError: when a region refuses
        """

        def bind(end: End) -> None:
            region, port_id = self._regions[end.region], self.ports[end].id
            wanted = [one.packed() for one in sent[end]]
            at = {'binding:host_id': hosts[end.region]}
            for request in (
                # Brings it there.
                ('GET', f'/ports/{port_id}'),
                ('PUT', f'/replicas/probes/{port_id}', {'probes': wanted}),
                ('PUT', f'/ports/{port_id}', {'port': at}),
            ):
                _patiently(functools.partial(region.call, *request))

        _together(bind, list(sent))

    def results(
        self, agents: Mapping[str, str]
    ) -> Iterator[tuple[End, probes.Result]]:
        """Yield what the hosts say now.

        :param agents: IDs of agents, by region
        :raises CommandError: when a region does not answer
        """
        of = {port.id: end for end, port in self.ports.items()}
        for region, agent_id in agents.items():
            answer = self._regions[region].call('GET', f'/agents/{agent_id}')
            told = answer['agent']['configurations'].get(probes.KEY)
            for port_id, result in probes.read_results(told).items():
                if port_id in of:
                    yield of[port_id], result

    def servers(self) -> dict[str, frozenset[str]]:
        """Return the hardware addresses of DHCP servers, by region."""
        if not self._near:
            return {}
        return {
            name: frozenset(
                str(one['mac_address']).lower()
                for one in region.all_of(
                    'ports',
                    network_id=self._near,
                    device_owner='network:dhcp',
                )
            )
            for name, region in self._regions.items()
        }

    # -- the end ------------------------------------------------------------

    def remove(self) -> None:
        """Remove what this run has made, and wait until regions have too.

        :raises CommandError: when something stays; it says what
        """
        self._progress('Removing all of it')
        remove(self._central, self.run)
        self._await_gone({one.id for one in self.ports.values()})

    def _await_gone(self, port_ids: Collection[str]) -> None:
        deadline = time.monotonic() + _REMOVED
        for name, region in self._regions.items():
            while any(
                one['id'] in port_ids
                for one in region.all_of(
                    'ports', device_owner=probes.DEVICE_OWNER
                )
            ):
                if time.monotonic() > deadline:
                    raise exceptions.CommandError(
                        f'Central has removed everything, {name} has not '
                        f'yet: see `multiregion networking job list`.'
                    )
                time.sleep(_LOOK)


def left(
    central: neutron.Neutron, seconds: float, now: datetime.datetime
) -> list[str]:
    """Return the runs whose things are still there.

    :param seconds: how old they are at least
    """
    runs: dict[str, datetime.datetime] = {}
    for collection in _TAGGED:
        for one in central.all_of(collection, tags=layout.TAG):
            made = datetime.datetime.fromisoformat(one['created_at'])
            for tag in one['tags']:
                if tag.startswith(f'{layout.TAG}-'):
                    runs[tag] = max(made, runs.get(tag, made))
    return sorted(
        run
        for run, made in runs.items()
        if (now - made).total_seconds() >= seconds
    )


def remove(central: neutron.Neutron, run: str) -> int:
    """Remove what a run has made; return how many things that were.

    :param run: its tag
    :raises CommandError: when something stays, why the first does; the rest
        is removed
    """
    failed: list[exceptions.CommandError] = []

    def away(one: tuple[str, str]) -> None:
        collection, one_id = one
        try:
            if collection == 'routers':
                _detach(central, one_id)
            _patiently(functools.partial(central.delete, collection, one_id))
        except exceptions.CommandError as exc:
            failed.append(exc)

    count = 0
    for collection, asked in (
        ('ports', {'device_owner': probes.DEVICE_OWNER, 'device_id': run}),
        *((one, {'tags': run}) for one in _TAGGED),
    ):
        found = [
            (collection, one['id'])
            for one in central.all_of(collection, **asked)
        ]
        _together(away, found)
        count += len(found)
    if failed:
        raise failed[0]
    return count


def _detach(central: neutron.Neutron, router_id: str) -> None:
    for port in central.all_of('ports', device_id=router_id):
        if port['device_owner'] not in _INTERFACES:
            continue
        for subnet in {one['subnet_id'] for one in port['fixed_ips']}:
            _patiently(
                functools.partial(
                    central.call,
                    'PUT',
                    f'/routers/{router_id}/remove_router_interface',
                    {'subnet_id': subnet},
                )
            )


def _patiently(step: Callable[[], object]) -> None:
    """Do something that is refused until others have heard of it."""
    deadline = time.monotonic() + _LATER
    while True:
        try:
            step()
        except neutron.NotNow:
            if time.monotonic() > deadline:
                raise
            time.sleep(_LOOK)
        else:
            return
