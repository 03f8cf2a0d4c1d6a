# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The boot path of an instance, and what comes before it."""

from collections import defaultdict
from collections.abc import Callable
import functools
import uuid

from benchmarks import measure
from tests.functional import cloud as clouds
from tests.functional.cloud import eventually

#: What the original made for a boot (original.md, 1.6; the issue's figures).
ORIGINAL_CALLS = 'the original: 5 to 10 calls to central'


def wait_quiet(cloud: clouds.Cloud) -> None:
    """Let reports and jobs of the last round end before the next."""

    def quiet() -> None:
        for region in cloud.regions.values():
            assert not region.database.query('SELECT 1 FROM tricircle_outbox')

    eventually(quiet, 20)


def run(
    cloud: clouds.Cloud, rounds: int, progress: Callable[[str], None]
) -> list[measure.Result]:
    """Measure, in turns with the plain Neutron beside."""
    ours: dict[str, measure.Samples] = defaultdict(measure.Samples)
    plain: dict[str, measure.Samples] = defaultdict(measure.Samples)
    project = uuid.uuid4().hex
    for number in range(rounds):
        progress(f'round {number + 1} of {rounds}')
        _round(cloud, project, number, ours, plain)
        wait_quiet(cloud)
    return [
        measure.result(
            'central: network create', ours['network'], plain['network'], 1.2
        ),
        measure.result(
            'central: subnet create', ours['subnet'], plain['subnet'], 1.2
        ),
        measure.result(
            'region, cold: list by ID and port create',
            ours['cold'],
            plain['cold'],
            3.0,
            2,
        ),
        measure.result(
            'region, warm: port create', ours['warm'], plain['warm'], 2.0, 1
        ),
        measure.result('region: binding', ours['bind'], plain['bind'], None),
        measure.result(
            'region: port delete', ours['delete'], plain['delete'], None
        ),
        measure.result(
            'last port in the region, then the network in central: delete',
            ours['goodbye'],
            plain['goodbye'],
            None,
        ),
    ]


def _round(
    cloud: clouds.Cloud,
    project: str,
    number: int,
    ours: dict[str, measure.Samples],
    plain: dict[str, measure.Samples],
) -> None:
    cidr = f'10.{100 + number % 100}.0.0/24'
    region = cloud.one
    networks: dict[str, str] = {}

    def create_network(neutron: clouds.NeutronProcess) -> None:
        made = neutron.client(project).create_network(name=f'n{number}')
        networks[neutron.name] = str(made['id'])

    def create_subnet(neutron: clouds.NeutronProcess) -> None:
        neutron.client(project).create_subnet(
            networks[neutron.name], cidr=cidr
        )

    for side, neutron in ((ours, cloud.central), (plain, cloud.vanilla)):
        measure.sample(
            side['network'],
            cloud,
            neutron,
            functools.partial(create_network, neutron),
        )
    for side, neutron in ((ours, cloud.central), (plain, cloud.vanilla)):
        measure.sample(
            side['subnet'],
            cloud,
            neutron,
            functools.partial(create_subnet, neutron),
        )

    central_network = networks[cloud.central.name]
    user = region.client(project)
    plain_user = cloud.vanilla.client(project)

    ports: dict[str, str] = {}

    def warm(client: clouds.NeutronClient, name: str, network: str) -> None:
        made = client.create_port(network, device_id=str(uuid.uuid4()))
        ports[name] = str(made['id'])

    def cold() -> None:
        assert user.list('network', id=[central_network])
        warm(user, 'ours last', central_network)

    def plain_cold() -> None:
        # What the region has to make of it: network, subnet, DHCP port,
        # instance's port.
        network = plain_user.create_network(name=f'cold{number}')
        plain_user.create_subnet(network['id'], cidr=cidr)
        plain_user.list('network', id=[network['id']])
        warm(plain_user, 'plain last', network['id'])
        networks['plain last'] = str(network['id'])

    measure.sample(ours['cold'], cloud, region, cold)
    measure.sample(plain['cold'], cloud, cloud.vanilla, plain_cold)

    measure.sample(
        ours['warm'],
        cloud,
        region,
        lambda: warm(user, 'ours', central_network),
    )
    measure.sample(
        plain['warm'],
        cloud,
        cloud.vanilla,
        lambda: warm(plain_user, 'plain', networks[cloud.vanilla.name]),
    )
    wait_quiet(cloud)

    def bind(neutron: clouds.Region, port_id: str) -> None:
        neutron.service.update(
            'port',
            port_id,
            **{
                'binding:host_id': neutron.default_host,
                'device_owner': 'compute:nova',
            },
        )

    measure.sample(
        ours['bind'], cloud, region, lambda: bind(region, ports['ours'])
    )
    measure.sample(
        plain['bind'],
        cloud,
        cloud.vanilla,
        lambda: bind(cloud.vanilla, ports['plain']),
    )
    wait_quiet(cloud)
    measure.sample(
        ours['delete'],
        cloud,
        region,
        lambda: region.service.remove('port', ports['ours']),
    )
    measure.sample(
        plain['delete'],
        cloud,
        cloud.vanilla,
        lambda: cloud.vanilla.service.remove('port', ports['plain']),
    )

    def goodbye(
        neutron: clouds.NeutronProcess,
        port_id: str,
        owner: clouds.NeutronProcess,
        network_id: str,
    ) -> None:
        # As a user's script does it: at once, and at the first try.
        neutron.service.remove('port', port_id)
        owner.client(project).remove('network', network_id)

    measure.sample(
        ours['goodbye'],
        cloud,
        region,
        lambda: goodbye(
            region, ports['ours last'], cloud.central, central_network
        ),
    )
    measure.sample(
        plain['goodbye'],
        cloud,
        cloud.vanilla,
        lambda: goodbye(
            cloud.vanilla,
            ports['plain last'],
            cloud.vanilla,
            networks['plain last'],
        ),
    )
