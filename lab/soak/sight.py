# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What the APIs of central and the regions, the hosts and databases show."""

from collections.abc import Callable, Iterable
import subprocess
from typing import Any, Final

from lab import cloud
from lab import layout as layouts
from lab.services import mariadb
from lab.soak import presence
from lab.soak import steps

_WAITING: Final = (
    'from {table} where exists (select 1 from journal where '
    'journal.id = entry_id and journal.applied < {table}.counter)'
)
#: Tables of central that have nothing of what is gone, and what names a row.
_OF_CENTRAL: Final = {
    'resource_routings': "concat(resource_type, ' ', top_id, ' ', pod_id)",
    'port_locations': 'port_id',
    'reserved_ports': 'port_id',
    'bridge_networks': 'network_id',
    'router_pieces': "concat(piece_id, ' ', pod_id)",
    'router_looks': 'network_id',
    'journal': "concat(resource_type, ' ', resource_id, ' ', region_name, "
    "' ', coalesce(reason, ''))",
    # Of these, rows that wait for no journal entry any more go with the next
    # request that needs them.
    'held_addresses': f"concat(network_id, ' ', ip_address) {_WAITING}",
    'held_segments': f"concat(network_id, ' ', region_name) {_WAITING}",
}
#: The same of a region. Tombstones stay for as long as something late may
#: come for what is gone.
_OF_REGION: Final = {
    'tricircle_replicas': "concat(resource_type, ' ', resource_id, ' ', "
    "state) from {table} where state <> 'deleted'",
    'tricircle_outbox': "concat(resource_type, ' ', resource_id, ' ', "
    "coalesce(reason, ''))",
}


class Sight:
    """Looks at what the APIs show, as the administrator.

    :param at: connects to a place, see :class:`lab.soak.actions.Connections`
    """

    def __init__(
        self, places: Iterable[str], at: Callable[[str], Any]
    ) -> None:
        self._places = tuple(places)
        self._at = at

    def view(self, world: presence.World) -> presence.View:
        """Return what all places show of the kinds that a life has made.

        No question names what it asks for: by its ID a region would ask
        central for what it does not have.
        """
        return {
            place: {
                kind: self._seen(place, kind, world)
                for kind in presence.KINDS
                if world.ids(kind)
                and (place, kind) != self._no_floating(place)
            }
            for place in self._places
        }

    @staticmethod
    def _no_floating(place: str) -> tuple[str, str]:
        """Return what is not asked: a region's has an ID of its own."""
        return ('' if place == steps.CENTRAL else place, steps.FLOATING_IP)

    def _seen(
        self, place: str, kind: str, world: presence.World
    ) -> dict[str, presence.Seen]:
        network = self._at(place).network
        match kind:
            case steps.NETWORK:
                found = network.networks()
            case steps.SUBNET:
                found = network.subnets()
            case steps.ROUTER:
                found = network.routers()
            case steps.FLOATING_IP:
                found = network.ips()
            case steps.GROUP:
                found = network.security_groups()
            case _:
                found = [
                    port
                    for one in world.ids(steps.NETWORK).values()
                    for port in network.ports(network_id=one)
                ]
        return {str(one.id): _shown(one, kind) for one in found}


def _shown(one: Any, kind: str) -> presence.Seen:
    if kind != steps.GROUP:
        return presence.Seen(str(one.name or ''))
    return presence.Seen(
        str(one.name),
        frozenset(
            str(rule['protocol'])
            for rule in one.security_group_rules
            if rule['direction'] == 'ingress' and not rule['remote_group_id']
        ),
        frozenset(one.tags or ()),
    )


class Snapshot:
    """All that there is of networks anywhere, in sets of lines.

    :param lab: it is up
    :param at: connects to a place, as the administrator
    """

    def __init__(self, lab: cloud.Lab, at: Callable[[str], Any]) -> None:
        self._lab = lab
        self._at = at
        self._regions = [one.name for one in lab.topology.regions]

    def take(self) -> set[str]:
        """Return a line for each thing."""
        return {
            *self._of_apis(),
            *self._of_hosts(),
            *self._of_databases(),
        }

    def _of_apis(self) -> set[str]:
        found = set()
        for place in (steps.CENTRAL, *self._regions):
            network = self._at(place).network
            for kind, look in (
                ('network', network.networks),
                ('subnet', network.subnets),
                ('port', network.ports),
                ('router', network.routers),
                ('security group', network.security_groups),
                ('floating IP', network.ips),
            ):
                found |= {f'{place}: {kind} {one.id}' for one in look()}
            if place != steps.CENTRAL:
                found |= {
                    f'{place}: server {one.id}'
                    for one in self._at(place).compute.servers(
                        all_projects=True
                    )
                }
        return found

    def _of_hosts(self) -> set[str]:
        found = set()
        for host in self._lab.topology.hosts:
            for what, argv in (
                ('namespace', ['ip', 'netns']),
                ('interface', ['ovs-vsctl', 'list-ports', 'br-int']),
                ('tunnel', ['ovs-vsctl', 'list-ports', 'br-tun']),
            ):
                done = subprocess.run(
                    self._lab.command_in(host, argv),
                    capture_output=True,
                    text=True,
                    env=layouts.environment(),
                    check=True,
                )
                found |= {
                    f'{host}: {what} {line.split()[0]}'
                    for line in done.stdout.splitlines()
                }
        return found

    def _of_databases(self) -> set[str]:
        found = {
            f'neutron_central: {table} {row}'
            for table, what in _OF_CENTRAL.items()
            for row in self._rows('neutron_central', table, what)
        }
        for region in self._regions:
            name = f'neutron_{region.lower()}'
            found |= {
                f'{name}: {table} {row}'
                for table, what in _OF_REGION.items()
                for row in self._rows(name, table, what)
            }
        return found

    def _rows(self, database: str, table: str, what: str) -> list[str]:
        where = '' if ' from ' in what else ' from {table}'
        query = f'use {database}; select {what}{where}'.format(table=table)
        told = mariadb.execute(self._lab.layout, query)
        return told.splitlines()
