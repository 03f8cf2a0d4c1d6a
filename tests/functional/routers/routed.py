# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Topologies of routers, made in central step by step, and what comes of it.

What is looked at are the API of central and the regions', and the tables of
Tricircle: nothing here asks the planner, but for the ID of a way out.
"""

import dataclasses
from typing import Any

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json
from tricircle.plan.router import pieces as router_pieces


@dataclasses.dataclass
class Piece:
    """A router as a region shows it.

    :ivar gateway: (network, addresses, enable_snat), None without one
    :ivar interfaces: addresses by network
    :ivar floating_ips: (port, fixed address) by floating address
    """

    id: str
    gateway: tuple[str, tuple[str, ...], bool] | None
    interfaces: dict[str, tuple[str, ...]]
    routes: dict[str, str]
    floating_ips: dict[str, tuple[str, str]]


def _addresses(port: Json) -> tuple[str, ...]:
    return tuple(sorted(str(one['ip_address']) for one in port['fixed_ips']))


def pieces(region: clouds.Region, project: str) -> list[Piece]:
    """Return the routers that a region has for a project."""
    found = []
    for router in region.admin.list('router', project_id=project):
        ports = region.admin.list('port', device_id=router['id'])
        info = router['external_gateway_info']
        interfaces: dict[str, tuple[str, ...]] = {}
        for port in ports:
            if port['device_owner'] in (
                'network:router_interface',
                'network:ha_router_replicated_interface',
                'network:router_interface_distributed',
            ):
                interfaces[str(port['network_id'])] = tuple(
                    sorted(
                        (
                            *interfaces.get(str(port['network_id']), ()),
                            *_addresses(port),
                        )
                    )
                )
        found.append(
            Piece(
                id=str(router['id']),
                gateway=info
                and (
                    str(info['network_id']),
                    tuple(
                        sorted(
                            str(one['ip_address'])
                            for one in info['external_fixed_ips']
                        )
                    ),
                    bool(info['enable_snat']),
                ),
                interfaces=interfaces,
                routes={
                    str(one['destination']): str(one['nexthop'])
                    for one in router['routes']
                },
                floating_ips={
                    str(one['floating_ip_address']): (
                        str(one['port_id']),
                        str(one['fixed_ip_address']),
                    )
                    for one in region.admin.list(
                        'floatingip', router_id=router['id']
                    )
                },
            )
        )
    return found


@dataclasses.dataclass
class Routed:
    """A router of a project in central, and what is on it."""

    cloud: clouds.Cloud
    project: str
    router: Json
    networks: dict[str, Json] = dataclasses.field(default_factory=dict)
    subnets: dict[str, Json] = dataclasses.field(default_factory=dict)
    instances: dict[str, clouds.Instance] = dataclasses.field(
        default_factory=dict
    )
    external: Json = dataclasses.field(default_factory=dict)
    external_cidr: str = '203.0.113.0/24'
    floating_ips: dict[str, Json] = dataclasses.field(default_factory=dict)

    @classmethod
    def make(
        cls, cloud: clouds.Cloud, project: str, **router: Any
    ) -> 'Routed':
        """Make the router alone."""
        user = cloud.central.client(project)
        return cls(cloud, project, user.create_router(name='r', **router))

    @property
    def user(self) -> clouds.NeutronClient:
        """The tenant, in central."""
        return self.cloud.central.client(self.project)

    def add_network(self, name: str, cidr: str, *hints: str) -> Json:
        """Make a network with a subnet."""
        network = self.user.create_network(
            name=name, availability_zone_hints=list(hints)
        )
        self.networks[name] = network
        self.subnets[name] = self.user.create_subnet(network['id'], cidr)
        return network

    def add_external(self, region_name: str) -> Json:
        """Make an external network in a region, as an admin does."""
        admin = self.cloud.central.admin
        self.external = admin.create_network(
            name='external',
            availability_zone_hints=[region_name],
            **{'router:external': True},
        )
        admin.create_subnet(
            self.external['id'], self.external_cidr, enable_dhcp=False
        )
        return self.external

    def attach(self, name: str) -> None:
        """Put a network's subnet on the router."""
        self.user.add_router_interface(
            self.router['id'], subnet_id=self.subnets[name]['id']
        )

    def detach(self, name: str) -> None:
        """Take it off again."""
        self.user.remove_router_interface(
            self.router['id'], subnet_id=self.subnets[name]['id']
        )

    def set_gateway(self) -> None:
        """Set the gateway to the external network."""
        self.user.update(
            'router',
            self.router['id'],
            external_gateway_info={'network_id': self.external['id']},
        )

    def clear_gateway(self, with_: Any = None) -> None:
        """Clear the gateway."""
        self.user.update(
            'router', self.router['id'], external_gateway_info=with_
        )

    def gateway_addresses(self) -> tuple[str, ...]:
        """Return what central gave the gateway."""
        info = self.user.show('router', self.router['id'])[
            'external_gateway_info'
        ]
        return tuple(
            sorted(
                str(one['ip_address']) for one in info['external_fixed_ips']
            )
        )

    def boot(self, name: str, region_name: str) -> clouds.Instance:
        """Boot an instance on a network in a region."""
        made = (
            self.cloud.region(region_name)
            .nova(self.project)
            .boot(network_id=self.networks[name]['id'])
        )
        self.instances[f'{name}@{region_name}'] = made
        return made

    def delete_instance(self, name: str, region_name: str) -> None:
        """Delete such an instance."""
        self.cloud.region(region_name).nova(self.project).delete(
            self.instances.pop(f'{name}@{region_name}')
        )

    def add_floating_ip(self, instance: clouds.Instance) -> Json:
        """Give an instance a floating IP."""
        made = self.user.create(
            'floatingip',
            floating_network_id=self.external['id'],
            port_id=instance.port_id,
        )
        self.floating_ips[instance.port_id] = made
        return made

    def pieces(self, region_name: str) -> list[Piece]:
        """Return the routers that a region has for the project."""
        return pieces(self.cloud.region(region_name), self.project)

    def its_pieces(self, region_name: str) -> list[Piece]:
        """Return those of them that are of this router."""
        its = {self.router['id'], self.north_south_id}
        return [one for one in self.pieces(region_name) if one.id in its]

    def regular(self, region_name: str) -> Piece:
        """Return the piece with the router's own ID."""
        return self._piece(region_name, str(self.router['id']))

    def north_south(self, region_name: str) -> Piece:
        """Return the piece that leads outside."""
        return self._piece(region_name, self.north_south_id)

    @property
    def north_south_id(self) -> str:
        """The ID of the piece that leads outside."""
        return router_pieces.north_south_id(str(self.router['id']))

    def _piece(self, region_name: str, piece_id: str) -> Piece:
        found = [one for one in self.pieces(region_name) if one.id == piece_id]
        assert len(found) == 1
        return found[0]

    def bridge(self) -> Json | None:
        """Return the router's bridge network in central."""
        rows = self.cloud.central.database.query(
            'SELECT network_id FROM bridge_networks WHERE router_id = %s',
            self.router['id'],
        )
        if not rows:
            return None
        return self.cloud.central.admin.show(
            'network', str(rows[0]['network_id'])
        )

    def delete(self) -> None:
        """Delete everything, in the order in which Neutron allows it."""
        for name in list(self.instances):
            self.delete_instance(*name.split('@'))
        for made in self.floating_ips.values():
            self.user.remove('floatingip', made['id'])
        for name in self.networks:
            if self.user.list(
                'port',
                network_id=self.networks[name]['id'],
                device_id=self.router['id'],
            ):
                self.detach(name)
        self.user.remove('router', self.router['id'])
        self.delete_networks()

    def delete_networks(self) -> None:
        """Delete the networks, when central knows that nothing is on them.

        A region answers that a port is deleted and tells central then; until
        central has heard, it refuses: 409 NetworkInUse.
        """

        def assert_unused() -> None:
            for network in self.networks.values():
                assert not regions.ports_of(self.user, network['id'])

        eventually(assert_unused, 20)
        for network in self.networks.values():
            self.user.remove('network', network['id'])
        if self.external:
            self.cloud.central.admin.remove('network', self.external['id'])

    def assert_nothing_left(self, bridge_id: str | None = None) -> None:
        """Assert that neither central nor a region has anything of it."""
        ids = [
            str(one['id'])
            for one in (
                self.router,
                *self.networks.values(),
                *([self.external] if self.external else []),
            )
        ]
        if bridge_id is not None:
            ids.append(bridge_id)
        central = self.cloud.central.database
        for table, column in (
            ('router_pieces', 'router_id'),
            ('resource_routings', 'top_id'),
            ('reserved_ports', 'network_id'),
            ('reserved_ports', 'router_id'),
            ('port_locations', 'network_id'),
            ('bridge_networks', 'network_id'),
            ('journal', 'resource_id'),
            ('networks', 'id'),
        ):
            marks = ', '.join(['%s'] * len(ids))
            rows = central.query(
                f'SELECT * FROM {table} WHERE {column} IN ({marks})',  # noqa: S608
                *ids,
            )
            assert not list(rows), (table, list(rows))
        assert self.bridge() is None
        others = {
            piece_id
            for router in self.user.list('router', project_id=self.project)
            for piece_id in (
                router['id'],
                router_pieces.north_south_id(router['id']),
            )
        }
        for region in self.cloud.regions.values():
            left = {one.id for one in pieces(region, self.project)} - others
            assert not left
            for one in ids:
                assert not region.admin.exists('network', one)
                rows = [
                    *regions.ledger(region, resource_id=one),
                    *regions.ledger(region, parent_id=one),
                ]
                # What was deleted is remembered, so that it cannot come back.
                assert all(row['state'] == 'deleted' for row in rows), rows
