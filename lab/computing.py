# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What each Nova needs before it can be used: flavors, an image, hosts.

Everything looks before it makes, so that it can be repeated.
"""

from collections.abc import Callable
from concurrent import futures
import time
from typing import Final

from lab import bootstrap
from lab import cells
from lab import machines
from lab import topology as topologies
from lab.rendering import Renderer
from lab.supervision import Progress

#: (name, disk in GB, memory in MB, virtual CPUs), as DevStack has them.
FLAVORS: Final = (
    ('1', 'm1.tiny', 512, 1, 1),
    ('2', 'm1.small', 2048, 20, 1),
    ('3', 'm1.medium', 4096, 40, 2),
    ('4', 'm1.large', 8192, 80, 4),
    ('5', 'm1.xlarge', 16384, 160, 8),
)


def flavors_and_image(renderer: Renderer, region: topologies.Region) -> None:
    """Give a region what servers are made of."""
    with bootstrap.connect(renderer, region.name) as cloud:
        have = {one.id for one in cloud.compute.flavors()}
        for number, name, memory, disk, cpus in FLAVORS:
            if number not in have:
                cloud.compute.create_flavor(
                    id=number, name=name, ram=memory, disk=disk, vcpus=cpus
                )
        if renderer.topology.gateway and region.number > 1:
            return
        image = cloud.image.find_image(bootstrap.IMAGE)
        if image is not None and image.status != 'active':
            # Whoever made it ended before it had its data.
            cloud.image.delete_image(image)
            image = None
        if image is None:
            cloud.image.create_image(
                name=bootstrap.IMAGE,
                data=b'An instance of the lab is a namespace: no system here.',
                disk_format='raw',
                container_format='bare',
                visibility='public',
                wait=True,
            )


def availability_zones(renderer: Renderer) -> None:
    """Make the zones of regions that are cells of one Nova.

    Where each region has a Nova, that has no zone but its own.
    """
    with bootstrap.connect(renderer, topologies.CENTRAL) as cloud:
        known = {one.name: one for one in cloud.compute.aggregates()}
        for region in renderer.topology.regions:
            name = f'ag{region.number}'
            made = known.get(name) or cloud.compute.create_aggregate(
                name=name, availability_zone=region.availability_zone
            )
            for host in set(region.hosts) - set(made.hosts or ()):
                cloud.compute.add_host_to_aggregate(made, host)


def manage_cells(
    renderer: Renderer, control: machines.Machine, *words: str
) -> str:
    """Run a command of ``nova-manage cell_v2``; return what it prints.

    :param control: where commands of an operator are run
    :raises machines.MachineError: when it fails
    """
    etc = renderer.layout.etc(f'nova-{topologies.CENTRAL}')
    options = ('--config-file', str(etc / 'nova.conf'))
    return control.run(['nova-manage', *options, 'cell_v2', *words])


def await_hosts(
    renderer: Renderer,
    control: machines.Machine,
    progress: Progress,
    seconds: float = 120.0,
) -> None:
    """Wait until every host can take instances, and every agent lives.

    :param control: where commands of an operator are run
    :raises machines.MachineError: when that takes too long
    """
    topology = renderer.topology

    def await_computing(region: topologies.Region) -> None:
        with bootstrap.connect(renderer, region.name) as cloud:
            wanted = set(region.hosts or topology.hosts)

            def computes() -> set[str]:
                return {
                    one.host
                    for one in cloud.compute.services(binary='nova-compute')
                    if one.state == 'up'
                }

            def hypervisors() -> set[str]:
                found = {one.name for one in cloud.compute.hypervisors()}
                if topology.cells and wanted - found:
                    manage_cells(renderer, control, 'discover_hosts')
                return found

            for what, look in (
                ('compute services', computes),
                ('hypervisors', hypervisors),
            ):
                _await(what, region.name, wanted, look, seconds)

    def await_agents(region: topologies.Region) -> None:
        with bootstrap.connect(renderer, region.name) as cloud:

            def agents() -> set[str]:
                alive = [
                    one.host for one in cloud.network.agents() if one.is_alive
                ]
                return {one for one in alive if alive.count(one) >= 4}

            _await('agents', region.name, set(region.hosts), agents, seconds)

    with futures.ThreadPoolExecutor() as pool:
        for one in [
            *(
                pool.submit(await_computing, region)
                for region in cells.computing(topology)
            ),
            *(
                pool.submit(await_agents, region)
                for region in topology.regions
            ),
        ]:
            one.result()
    if topology.cells:
        availability_zones(renderer)
    progress('all hosts can take instances')


def _await(
    what: str,
    region: str,
    wanted: set[str],
    look: Callable[[], set[str]],
    seconds: float,
) -> None:
    from openstack import exceptions

    deadline = time.monotonic() + seconds
    while True:
        try:
            missing = wanted - look()
        except exceptions.SDKException:
            missing = wanted
        if not missing:
            return
        if time.monotonic() > deadline:
            raise machines.MachineError(
                f'{region}: the {what} of {", ".join(sorted(missing))} do '
                'not come up'
            )
        time.sleep(0.5)
