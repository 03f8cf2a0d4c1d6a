# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What a soak needs around it, and the removal of all that it made."""

from collections.abc import Callable, Iterator, Sequence
import contextlib
import functools
import time
from typing import Any

from lab import topology as topologies
from lab.soak import actions
from lab.soak import presence
from lab.soak import steps

_CIDR = '10.60.0.0/16'
#: How long a deletion may be refused, in seconds.
_REFUSED = 60.0

At = Callable[[str], Any]


@contextlib.contextmanager
def outside(
    admin: At, owner: actions.Tenant, topology: topologies.Topology
) -> Iterator[str]:
    """Have an external network in the last region; return its ID.

    :param owner: whose it is
    """
    central = admin(steps.CENTRAL).network
    made = central.create_network(
        name='soak-external',
        project_id=owner.project_id,
        is_router_external=True,
        provider_network_type='vlan',
        provider_physical_network=next(iter(topology.physical_networks)).name,
        availability_zone_hints=[topology.regions[-1].name],
    )
    try:
        central.create_subnet(
            name='soak-external',
            network_id=made.id,
            ip_version=4,
            cidr=_CIDR,
            is_dhcp_enabled=False,
        )
        yield str(made.id)
    finally:
        _insist(lambda: central.delete_network(made.id))


def _insist(delete: Callable[[], object]) -> None:
    """Delete, again and again while it is refused; give up in the end.

    What stays is found by who looks for what is left.
    """
    deadline = time.monotonic() + _REFUSED
    while True:
        try:
            delete()
        except actions.API_ERRORS:
            if time.monotonic() > deadline:
                return
            time.sleep(1.0)
        else:
            return


def life(at: At, world: presence.World) -> None:
    """Delete what a life has left that failed.

    As the tenant would, in the order in which it must be.
    """
    things = [one for one in world.things.values() if one.id]
    central = at(steps.CENTRAL).network
    for one in things:
        if one.kind == steps.SERVER:
            for place in one.regions:
                compute = at(place).compute
                _once(compute.delete_server, one.id)
    for one in things:
        if one.kind == steps.ROUTER:
            _router(central, one.id)
    for kind, method in (
        (steps.PORT, central.delete_port),
        (steps.NETWORK, central.delete_network),
        (steps.GROUP, central.delete_security_group),
    ):
        for one in things:
            if one.kind == kind:
                _once(method, one.id)


def _once(delete: Callable[[str], object], identifier: str) -> None:
    with contextlib.suppress(*actions.API_ERRORS):
        delete(identifier)


def _router(central: Any, router: str) -> None:
    with contextlib.suppress(*actions.API_ERRORS):
        ports = list(central.ports(device_id=router))
        for address in central.ips(router_id=router):
            _once(central.delete_ip, address.id)
        central.update_router(router, external_gateway_info=None)
        for port in ports:
            if 'interface' in str(port.device_owner):
                with contextlib.suppress(*actions.API_ERRORS):
                    central.remove_interface_from_router(
                        router, port_id=port.id
                    )
        central.delete_router(router)


def everything(
    admin: At, tenant: actions.Tenant, regions: Sequence[str]
) -> None:
    """Delete all that a tenant has, as the administrator."""
    mine = {'project_id': tenant.project_id}
    for region in regions:
        compute = tenant.at(region).compute
        servers = list(compute.servers(details=False))
        for one in servers:
            _once(compute.delete_server, one.id)
        for one in servers:
            with contextlib.suppress(*actions.API_ERRORS):
                compute.wait_for_delete(one, wait=60)
    central = admin(steps.CENTRAL).network
    for router in list(central.routers(**mine)):
        _router(central, router.id)
    for look, delete in (
        (central.ips, central.delete_ip),
        (central.ports, central.delete_port),
        (central.networks, central.delete_network),
    ):
        for one in list(look(**mine)):
            _insist(functools.partial(delete, one.id))
    _await_no_networks(admin, regions, tenant.project_id)
    for one in list(central.security_groups(**mine)):
        _once(central.delete_security_group, one.id)


def _await_no_networks(
    admin: At, regions: Sequence[str], project_id: str
) -> None:
    """Wait until regions have no network of a project.

    As long as there is one, its DHCP server's port may be updated, and then
    Neutron gives the project a default group again.
    """
    deadline = time.monotonic() + _REFUSED
    for region in regions:
        network = admin(region).network
        while any(one.project_id == project_id for one in network.networks()):
            if time.monotonic() > deadline:
                return
            time.sleep(1.0)
