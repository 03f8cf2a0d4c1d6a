# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A tenant of the lab: a project, its user, and what they make."""

from collections.abc import Sequence
import dataclasses
import time
from typing import Any
import uuid

from neutron_lib import constants
from openstack import exceptions

from lab import bootstrap
from lab import cells
from lab import cloud
from lab import topology as topologies
from tests.lab import administrator
from tests.lab import waiting

#: A server boots in six to eleven seconds when the machine is idle.
BOOT_SECONDS = 120.0
#: Between two questions how a server is, in seconds: each takes Nova a
#: twentieth of a second, and waits are for seconds.
_INTERVAL = 0.6


@dataclasses.dataclass(frozen=True)
class Nic:
    """A network interface of an instance, as its region's Neutron has it.

    :ivar network_id: the same in central
    """

    port_id: str
    network_id: str
    ip: str
    mac: str


@dataclasses.dataclass(frozen=True)
class Instance:
    """A server that is ACTIVE.

    :ivar nics: in no order
    :ivar host: where it runs
    """

    id: str
    name: str
    region: str
    host: str
    nics: tuple[Nic, ...]

    @property
    def ip(self) -> str:
        """Address of the only interface."""
        return self.nics[0].ip

    @property
    def mac(self) -> str:
        """Hardware address of the only interface."""
        return self.nics[0].mac

    @property
    def port_id(self) -> str:
        """Port of the only interface, the same ID in central."""
        return self.nics[0].port_id


class Tenant:
    """A project with one user, who is a member of it.

    :param lab: it is up
    :param name: of the project and of the user
    """

    def __init__(self, lab: cloud.Lab, name: str, project_id: str) -> None:
        self.lab = lab
        self.name = name
        self.project_id = project_id
        self._connections: dict[str, Any] = {}
        self._images: dict[str, str] = {}

    @classmethod
    def create(cls, lab: cloud.Lab, name: str) -> 'Tenant':
        """Make a project and its user; a suffix makes the name unique."""
        name = f'{name}-{uuid.uuid4().hex[:6]}'
        admin = administrator.at(lab, topologies.CENTRAL)
        domain = admin.identity.find_domain('Default')
        project = admin.identity.create_project(name=name, domain_id=domain.id)
        user = admin.identity.create_user(
            name=name,
            password=lab.renderer.password,
            domain_id=domain.id,
        )
        for who, role in (
            (user, 'member'),
            (admin.identity.find_user(bootstrap.ADMIN), 'admin'),
        ):
            admin.identity.assign_project_role_to_user(
                project.id, who.id, admin.identity.find_role(role).id
            )
        return cls(lab, name, project.id)

    @classmethod
    def demo(cls, lab: cloud.Lab) -> 'Tenant':
        """Return the tenant that every lab has, whom the guides are for."""
        admin = administrator.at(lab, topologies.CENTRAL)
        project = admin.identity.find_project(bootstrap.DEMO)
        return cls(lab, bootstrap.DEMO, project.id)

    def at(self, region: str, as_admin: bool = False) -> Any:
        """Return the SDK's connection to a region, as the tenant's user.

        :param as_admin: as the administrator of the cloud, in this project
        """
        user = bootstrap.ADMIN if as_admin else self.name
        key = f'{region}:{user}'
        if key not in self._connections:
            self._connections[key] = bootstrap.connect(
                self.lab.renderer, region, self.name, user
            )
        return self._connections[key]

    @property
    def central(self) -> Any:
        """Central Neutron, as the tenant's user sees it."""
        return self.at(topologies.CENTRAL).network

    @property
    def regions(self) -> list[str]:
        """Names of the regions of the lab."""
        return [one.name for one in self.lab.topology.regions]

    # -- networks -----------------------------------------------------------

    def network(
        self,
        cidr: str,
        hints: Sequence[str] = (),
        name: str = 'net',
        as_admin: bool = False,
        **attributes: Any,
    ) -> Any:
        """Create a network with a subnet, in central.

        :param hints: availability zones or regions
        :param attributes: more, as the SDK calls them
        """
        central = self.at(topologies.CENTRAL, as_admin).network
        if hints:
            attributes['availability_zone_hints'] = list(hints)
        network = central.create_network(
            name=f'{self.name}-{name}', **attributes
        )
        central.create_subnet(
            name=f'{self.name}-{name}',
            network_id=network.id,
            ip_version=4,
            cidr=cidr,
        )
        return network

    def default_group(self) -> Any:
        """Return the project's default security group, from central."""
        return next(
            one
            for one in self.central.security_groups(project_id=self.project_id)
            if one.name == 'default'
        )

    def allow(self, group_id: str, protocol: str, **attributes: Any) -> Any:
        """Create a rule that lets a protocol in."""
        return self.central.create_security_group_rule(
            security_group_id=group_id,
            direction='ingress',
            protocol=protocol,
            **attributes,
        )

    # -- servers ------------------------------------------------------------

    def ask(
        self,
        region: str,
        *nics: dict[str, str],
        name: str | None = None,
        host: str | None = None,
        **attributes: Any,
    ) -> Any:
        """Ask a region's Nova for a server; do not wait for it.

        :param nics: ``{'uuid': network}`` or ``{'port': port}``, each
        :param host: where it must run; only an administrator may say so
        """
        here = self.at(region, as_admin=host is not None)
        if host is not None:
            attributes['hypervisor_hostname'] = host
            here.compute.default_microversion = '2.74'
        if region not in self._images:
            image = here.image.find_image(bootstrap.IMAGE)
            self._images[region] = image.id
        return here.compute.create_server(
            name=name or f'{self.name}-{region}',
            flavor_id='1',
            image_id=self._images[region],
            networks=list(nics),
            **attributes,
        )

    def wait(
        self, region: str, server_id: str, seconds: float = BOOT_SECONDS
    ) -> Instance:
        """Wait until a server is ACTIVE.

        :raises AssertionError: when it goes to ERROR, with what Nova says,
            or takes too long
        """
        here = self.at(region)
        server = self.settled(region, server_id, seconds)
        assert server.status == 'ACTIVE', (server.status, server.fault)
        return Instance(
            server_id,
            server.name,
            region,
            self._host_of(region, server_id),
            tuple(
                Nic(
                    port.id,
                    port.network_id,
                    port.fixed_ips[0]['ip_address'],
                    port.mac_address,
                )
                for port in here.network.ports(device_id=server_id)
            ),
        )

    def _host_of(self, region: str, server_id: str) -> str:
        server = self.at(region, as_admin=True).compute.get_server(server_id)
        return str(server.compute_host)

    def settled(
        self, region: str, server_id: str, seconds: float = BOOT_SECONDS
    ) -> Any:
        """Wait until a server is no longer being built.

        :raises AssertionError: when that takes too long
        """
        compute = self.at(region).compute
        deadline = time.monotonic() + seconds
        while True:
            server = compute.get_server(server_id)
            if server.status != 'BUILD':
                return server
            assert time.monotonic() < deadline, (
                f'server {server.name} is still being built '
                f'after {seconds:.0f} s: {server.task_state}'
            )
            time.sleep(_INTERVAL)

    def refusal(self, region: str, network_id: str) -> str:
        """Ask for a server that cannot be; return what Nova says of it.

        That is at once, or, when Nova asks later, the fault of the server,
        which this deletes.

        :raises AssertionError: when there is one nevertheless
        """
        try:
            asked = self.ask(region, {'uuid': network_id})
        except exceptions.SDKException as refused:
            assert isinstance(refused, exceptions.HttpException)
            assert refused.status_code in (400, 403, 404), refused
            return str(refused.details or refused)
        server = self.settled(region, asked.id)
        assert server.status == 'ERROR', server.status
        told = str(server.fault['message'])
        self.at(region).compute.delete_server(asked.id)
        self.await_gone(region, asked.id)
        return told

    def boot(
        self, region: str, *nics: dict[str, str], **attributes: Any
    ) -> Instance:
        """Ask for a server and wait until it is ACTIVE."""
        return self.wait(region, self.ask(region, *nics, **attributes).id)

    def boot_everywhere(
        self, network_id: str, regions: Sequence[str] | None = None
    ) -> dict[str, Instance]:
        """Boot a server in each region on one network, all at once."""
        asked = {
            region: self.ask(region, {'uuid': network_id}).id
            for region in regions or self.regions
        }
        return {
            region: self.wait(region, server_id)
            for region, server_id in asked.items()
        }

    def delete(self, *servers: Instance, seconds: float = 60.0) -> None:
        """Delete servers and wait until they are gone."""
        for server in servers:
            self.at(server.region).compute.delete_server(server.id)
        for server in servers:
            self.await_gone(server.region, server.id, seconds)

    def delete_network(self, network_id: str) -> None:
        """Delete a network, when central knows that no server is on it.

        A region answers that a port is deleted and tells central then; until
        central has heard, it refuses with a conflict.
        """

        def assert_unused() -> None:
            assert not list(self.central.ports(network_id=network_id))

        waiting.eventually(assert_unused)
        self.central.delete_network(network_id)

    def await_gone(
        self, region: str, server_id: str, seconds: float = 60.0
    ) -> None:
        """Wait until a region's Nova does not know a server.

        :raises AssertionError: when that takes too long
        """
        compute = self.at(region).compute
        deadline = time.monotonic() + seconds
        while compute.find_server(server_id) is not None:
            assert time.monotonic() < deadline, f'server {server_id} stays'
            time.sleep(_INTERVAL)

    # -- the end ------------------------------------------------------------

    def close(self) -> None:
        """Delete everything of the tenant's.

        :raises AssertionError: when a server does not go
        """
        computing = [one.name for one in cells.computing(self.lab.topology)]
        for region in computing:
            for server in self.at(region).compute.servers(details=False):
                self.at(region).compute.delete_server(server.id)
        for region in computing:
            for server in self.at(region).compute.servers(details=False):
                self.await_gone(region, server.id)
        central = self.at(topologies.CENTRAL, as_admin=True).network
        mine = {'project_id': self.project_id}
        self.delete_routers()
        for trunk in central.trunks(**mine):
            central.delete_trunk(trunk.id)
        for port in central.ports(**mine):
            central.delete_port(port.id)
        for network in central.networks(**mine):
            central.delete_network(network.id)
        for group in central.security_groups(**mine):
            central.delete_security_group(group.id)

    def delete_routers(self) -> None:
        """Delete its routers, and floating IPs with them."""
        central = self.at(topologies.CENTRAL, as_admin=True).network
        mine = {'project_id': self.project_id}
        for address in central.ips(**mine):
            central.delete_ip(address.id)
        for router in central.routers(**mine):
            central.update_router(
                router.id, routes=[], external_gateway_info=None
            )
            for port in central.ports(
                device_id=router.id,
                device_owner=list(constants.ROUTER_INTERFACE_OWNERS),
            ):
                central.remove_interface_from_router(
                    router.id, port_id=port.id
                )
            central.delete_router(router.id)

    def forget(self) -> None:
        """Delete the project and its user."""
        for one in self._connections.values():
            one.close()
        admin = administrator.at(self.lab, topologies.CENTRAL)
        admin.identity.delete_user(admin.identity.find_user(self.name))
        admin.identity.delete_project(self.project_id)
