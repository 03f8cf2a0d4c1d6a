# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a new cloud needs before it can be used: users, endpoints, pods...

Everything looks before it makes, so that it can be repeated.
"""

from collections.abc import Callable
from concurrent import futures
import time
from typing import Any

from lab import addresses
from lab import layout as layouts
from lab import machines
from lab import topology as topologies
from lab.rendering import Renderer
from lab.supervision import Progress

ADMIN = 'admin'
DEMO = 'demo'
#: (name, disk in GB, memory in MB, virtual CPUs), as DevStack has them.
FLAVORS = (
    ('1', 'm1.tiny', 512, 1, 1),
    ('2', 'm1.small', 2048, 20, 1),
    ('3', 'm1.medium', 4096, 40, 2),
    ('4', 'm1.large', 8192, 80, 4),
    ('5', 'm1.xlarge', 16384, 160, 8),
)
IMAGE = 'cirros'
#: Each API has the same URL as all of these.
INTERFACES = ('public', 'internal', 'admin')


def connect(
    renderer: Renderer,
    region: str,
    project: str = ADMIN,
    user: str = ADMIN,
) -> Any:
    """Return a connection of the SDK to a region of the lab.

    Its proxies are typed as all versions of an API at once.
    """
    # Half a second: not for commands that ask no API, such as exec.
    from openstack import connection

    return connection.Connection(
        region_name=region,
        auth={
            'auth_url': addresses.url(
                renderer.topology, addresses.KEYSTONE, '/v3'
            ),
            'username': user,
            'password': renderer.password,
            'project_name': project,
            'user_domain_name': 'Default',
            'project_domain_name': 'Default',
        },
        identity_api_version='3',
        cacert=renderer.cafile,
    )


def identity(renderer: Renderer, control: machines.Machine) -> None:
    """Make the administrator, the roles, and Keystone's first endpoints.

    The rest is made through Keystone's API.
    """
    url = addresses.url(renderer.topology, addresses.KEYSTONE, '/v3')
    control.run(
        [
            'keystone-manage',
            *('--config-dir', str(renderer.layout.etc('keystone'))),
            'bootstrap',
            *('--bootstrap-region-id', topologies.CENTRAL),
            *('--bootstrap-username', ADMIN),
            *('--bootstrap-project-name', ADMIN),
            *('--bootstrap-role-name', 'admin'),
            *('--bootstrap-service-name', 'keystone'),
            *(
                word
                for interface in INTERFACES
                for word in (f'--bootstrap-{interface}-url', url)
            ),
        ],
        # The password goes in the environment: arguments can be seen.
        environment={'OS_BOOTSTRAP_PASSWORD': renderer.password},
    )


def service_users(topology: topologies.Topology) -> dict[str, list[str]]:
    """Return the users of services, and what each is in their project."""
    return {
        'tricircle': ['service'],
        'neutron': ['service'],
        # What regions get later they get from it.
        **(
            {'tricircle-gateway': ['service', 'admin']}
            if topology.gateway
            else {}
        ),
        **{f'neutron-{one.name}': ['service'] for one in topology.regions},
        **{
            f'{service}-{region.name}': ['service', 'admin']
            for region in topology.regions
            for service in (
                'nova',
                'placement',
                'glance',
                *(('cinder',) if topology.volumes else ()),
            )
        },
    }


def acting_user(region: str) -> str:
    """Return the name of the user that acts for a region; XJob for central."""
    return 'tricircle' if region == topologies.CENTRAL else f'neutron-{region}'


def tell_regions_of_xjob(layout: layouts.Layout, user_id: str) -> None:
    """Write the options by which regions know XJob.

    Keystone makes up the ID, so it is kept with Keystone's database.
    """
    path = layout.xjob_user
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(f'[tricircle]\ncentral_user_id = {user_id}\n')


def endpoints(
    topology: topologies.Topology,
) -> list[tuple[str, str, str, str]]:
    """Return (service, type, region, URL) of all APIs.

    But that of Keystone in CentralRegion, see :func:`identity`.
    """
    found = [
        (
            'neutron',
            'network',
            topologies.CENTRAL,
            addresses.url(topology, addresses.CENTRAL_NEUTRON),
        ),
        (
            'tricircle',
            'tricircle',
            topologies.CENTRAL,
            addresses.url(topology, addresses.TRICIRCLE_API, '/v1.0'),
        ),
    ]
    if topology.gateway:
        found += [
            (
                'nova',
                'compute',
                topologies.CENTRAL,
                addresses.url(topology, addresses.COMPUTE_GATEWAY, '/v2.1'),
            ),
            ('glance', 'image', topologies.CENTRAL, image_url(topology, 0)),
        ]
    if topology.gateway and topology.volumes:
        found.append(
            (
                'cinder',
                'block-storage',
                topologies.CENTRAL,
                addresses.url(topology, addresses.VOLUME_GATEWAY, '/v3'),
            )
        )
    for position, region in enumerate(topology.regions):
        # One for all of them.
        url = addresses.url(topology, addresses.KEYSTONE, '/v3')
        found.append(('keystone', 'identity', region.name, url))
        found += [
            (
                service,
                kind,
                region.name,
                addresses.url(topology, addresses.port(region, service), path),
            )
            for service, kind, path in (
                ('neutron', 'network', ''),
                ('nova', 'compute', '/v2.1'),
                ('placement', 'placement', ''),
                *(
                    (('cinder', 'block-storage', '/v3'),)
                    if topology.volumes
                    else ()
                ),
            )
        ]
        found.append(
            ('glance', 'image', region.name, image_url(topology, position))
        )
    return found


def image_url(topology: topologies.Topology, position: int) -> str:
    """Return the URL of a region's images, given its place in the topology.

    A server that may be in any region is made of an image that all have:
    with a gateway there is one Glance, the first region's.
    """
    region = topology.regions[0 if topology.gateway else position]
    return addresses.url(topology, addresses.port(region, 'glance'))


def users_and_endpoints(renderer: Renderer) -> None:
    """Make projects, users, roles, regions, services and endpoints."""
    with connect(renderer, topologies.CENTRAL) as cloud:
        keystone = cloud.identity
        domain = keystone.find_domain('Default', ignore_missing=False)

        def project(name: str) -> Any:
            return keystone.find_project(name) or keystone.create_project(
                name=name, domain_id=domain.id
            )

        # One list in place of a question for each.
        users = {one.name: one for one in keystone.users()}
        roles = {one.name: one for one in keystone.roles()}

        def user(name: str) -> Any:
            return users.get(name) or keystone.create_user(
                name=name, password=renderer.password, domain_id=domain.id
            )

        def role(name: str) -> Any:
            if name not in roles:
                roles[name] = keystone.create_role(name=name)
            return roles[name]

        service_project = project('service')
        for name, granted_roles in service_users(renderer.topology).items():
            who = user(name)
            for granted in granted_roles:
                keystone.assign_project_role_to_user(
                    service_project.id, who.id, role(granted).id
                )
            if name == acting_user(topologies.CENTRAL):
                tell_regions_of_xjob(renderer.layout, who.id)
        demo = project(DEMO)
        # The administrator may do in it what tenants may not, as with
        # DevStack: provider networks, for one.
        for name, granted in (
            (DEMO, 'member'),
            (ADMIN, 'member'),
            (ADMIN, 'admin'),
        ):
            keystone.assign_project_role_to_user(
                demo.id, user(name).id, role(granted).id
            )
        regions = {one.id for one in keystone.regions()}
        for region in renderer.topology.regions:
            if region.name not in regions:
                keystone.create_region(id=region.name)
        services = {one.type: one for one in keystone.services()}
        known = {
            (one.service_id, one.region_id, one.interface)
            for one in keystone.endpoints()
        }
        for name, kind, where, url in endpoints(renderer.topology):
            if kind not in services:
                services[kind] = keystone.create_service(name=name, type=kind)
            for interface in INTERFACES:
                key = (services[kind].id, where, interface)
                if key not in known:
                    keystone.create_endpoint(
                        service_id=key[0],
                        region_id=where,
                        interface=interface,
                        url=url,
                    )


def zones(topology: topologies.Topology) -> dict[str, str]:
    """Return the availability zone of each pod, by its region."""
    return {
        topologies.CENTRAL: '',
        **{one.name: one.availability_zone for one in topology.regions},
    }


def pods(renderer: Renderer) -> None:
    """Make central and the regions known to Tricircle."""
    from keystoneauth1 import adapter

    with connect(renderer, topologies.CENTRAL) as cloud:
        admin = adapter.Adapter(
            cloud.session,
            service_type='tricircle',
            region_name=topologies.CENTRAL,
        )
        known = {
            one['region_name'] for one in admin.get('/pods').json()['pods']
        }
        users = {one.name: one.id for one in cloud.identity.users()}
        for name, zone in zones(renderer.topology).items():
            if name not in known:
                admin.post(
                    '/pods',
                    json={
                        'pod': {
                            'region_name': name,
                            'az_name': zone,
                            'service_user_id': users[acting_user(name)],
                        }
                    },
                )


def flavors_and_image(renderer: Renderer, region: topologies.Region) -> None:
    """Give a region what servers are made of."""
    with connect(renderer, region.name) as cloud:
        have = {one.id for one in cloud.compute.flavors()}
        for number, name, memory, disk, cpus in FLAVORS:
            if number not in have:
                cloud.compute.create_flavor(
                    id=number, name=name, ram=memory, disk=disk, vcpus=cpus
                )
        if renderer.topology.gateway and region.number > 1:
            return
        image = cloud.image.find_image(IMAGE)
        if image is not None and image.status != 'active':
            # Whoever made it ended before it had its data.
            cloud.image.delete_image(image)
            image = None
        if image is None:
            cloud.image.create_image(
                name=IMAGE,
                data=b'An instance of the lab is a namespace: no system here.',
                disk_format='raw',
                container_format='bare',
                visibility='public',
                wait=True,
            )


def await_hosts(
    renderer: Renderer, progress: Progress, seconds: float = 120.0
) -> None:
    """Wait until every host can take instances, and every agent lives.

    :raises machines.MachineError: when that takes too long
    """

    def await_region(region: topologies.Region) -> None:
        with connect(renderer, region.name) as cloud:
            wanted = set(region.hosts)

            def computes(cloud: Any = cloud) -> set[str]:
                return {
                    one.host
                    for one in cloud.compute.services(binary='nova-compute')
                    if one.state == 'up'
                }

            def hypervisors(cloud: Any = cloud) -> set[str]:
                return {one.name for one in cloud.compute.hypervisors()}

            def agents(cloud: Any = cloud) -> set[str]:
                alive = [
                    one.host for one in cloud.network.agents() if one.is_alive
                ]
                return {one for one in alive if alive.count(one) >= 4}

            for what, look in (
                ('compute services', computes),
                ('hypervisors', hypervisors),
                ('agents', agents),
            ):
                _await(what, region.name, wanted, look, seconds)
            progress(f'{region.name} can take instances')

    with futures.ThreadPoolExecutor() as pool:
        list(pool.map(await_region, renderer.topology.regions))


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
