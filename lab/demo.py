# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""One network in every region, an instance on it in each, and pings."""

from concurrent import futures
import subprocess
import time
from typing import Any

from lab import bootstrap
from lab import cells
from lab import cloud
from lab import layout as layouts
from lab import topology as topologies
from lab.supervision import Progress

NETWORK = 'demo-net'
CIDR = '10.100.0.0/24'


class DemoFailed(Exception):
    """Something of the demo did not work; the text says what."""


def _server(region: topologies.Region) -> str:
    return f'demo-{region.name}'


def _network(central: Any) -> Any:
    found = central.network.find_network(NETWORK)
    if found is None:
        found = central.network.create_network(name=NETWORK)
        central.network.create_subnet(
            name='demo-subnet',
            network_id=found.id,
            ip_version=4,
            cidr=CIDR,
        )
    return found


def _allow_ping(central: Any) -> None:
    group = next(
        one
        for one in central.network.security_groups(
            project_id=central.current_project_id
        )
        if one.name == 'default'
    )
    if not any(
        rule['protocol'] == 'icmp' for rule in group.security_group_rules
    ):
        central.network.create_security_group_rule(
            security_group_id=group.id,
            direction='ingress',
            protocol='icmp',
        )


def _boot(lab: cloud.Lab, region: topologies.Region, network_id: str) -> Any:
    with bootstrap.connect(
        lab.renderer,
        cells.asked(lab.topology, region).name,
        bootstrap.DEMO,
        bootstrap.DEMO,
    ) as here:
        server = here.compute.find_server(_server(region))
        if server is None:
            image = here.image.find_image(bootstrap.IMAGE)
            server = here.compute.create_server(
                name=_server(region),
                flavor_id='1',
                image_id=image.id,
                networks=[{'uuid': network_id}],
                **(
                    {'availability_zone': region.availability_zone}
                    if lab.topology.cells
                    else {}
                ),
            )
        return here.compute.wait_for_server(server, wait=120)


def address_of(server: Any) -> str:
    """Return the first address of a server."""
    for found in server.addresses.values():
        return str(found[0]['addr'])
    raise DemoFailed(f'server {server.name} has no address')


def ping(
    lab: cloud.Lab, server: str, address: str, seconds: float = 60.0
) -> str:
    """Have an instance ping an address until it answers three in a row.

    :returns: the summary of ping
    :raises DemoFailed: when it never does
    """
    argv = lab.command_in(
        server, ['ping', '-c', '3', '-i', '0.3', '-W', '1', address]
    )
    deadline = time.monotonic() + seconds
    while True:
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            env=layouts.environment(),
            check=False,
        )
        if ' 0% packet loss' in done.stdout:
            return next(
                line
                for line in done.stdout.splitlines()
                if 'packet loss' in line
            )
        if time.monotonic() > deadline:
            raise DemoFailed(
                f'{server} gets no answer from {address}: '
                f'{(done.stdout + done.stderr).strip()}'
            )


def run(lab: cloud.Lab, progress: Progress) -> None:
    """Show that it works, and what it made.

    :raises DemoFailed: when it does not
    """
    with bootstrap.connect(
        lab.renderer,
        topologies.CENTRAL,
        bootstrap.DEMO,
        bootstrap.DEMO,
    ) as central:
        network = _network(central)
        _allow_ping(central)
        progress(f'network {network.name} {network.id} is in central')
        regions = lab.topology.regions
        with futures.ThreadPoolExecutor(len(regions)) as pool:
            # In all at once: none waits for another.
            booting = {
                pool.submit(_boot, lab, region, network.id): region
                for region in regions
            }
            servers = {}
            for done in futures.as_completed(booting):
                name = booting[done].name
                servers[name] = done.result()
                progress(
                    f'{servers[name].name} is {servers[name].status} at '
                    f'{address_of(servers[name])}'
                )
        for one in lab.topology.regions:
            for other in lab.topology.regions:
                if one != other:
                    told = ping(
                        lab,
                        _server(one),
                        address_of(servers[other.name]),
                    )
                    progress(f'{_server(one)} -> {_server(other)}: {told}')
        _table(lab, central, network.id)


def _table(lab: cloud.Lab, central: Any, network_id: str) -> None:
    """Print what exists where."""
    rows = [('region', 'kind', 'id', 'what')]
    places = [(topologies.CENTRAL, central)]
    for region in lab.topology.regions:
        places.append(
            (
                region.name,
                bootstrap.connect(lab.renderer, region.name),
            )
        )
    for name, place in places:
        for network in place.network.networks(id=network_id):
            rows.append((name, 'network', network.id, network.name))
        for port in place.network.ports(network_id=network_id):
            ips = ', '.join(one['ip_address'] for one in port.fixed_ips)
            rows.append(
                (
                    name,
                    'port',
                    port.id,
                    f'{ips} {port.mac_address} {port.device_owner}',
                )
            )
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for row in rows:
        print(
            '  '.join([*(row[i].ljust(widths[i]) for i in range(3)), row[3]])
        )
