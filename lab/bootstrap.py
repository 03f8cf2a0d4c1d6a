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

from typing import Any

from lab import addresses
from lab import cells
from lab import layout as layouts
from lab import machines
from lab import topology as topologies
from lab.rendering import Renderer

ADMIN = 'admin'
DEMO = 'demo'
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
            for region in cells.computing(topology)
            for service in (
                'nova',
                'placement',
                'glance',
                *(('cinder',) if topology.volumes else ()),
            )
        },
        # Also who computes are, and who tells their Nova of ports.
        **{
            f'nova-{region.name}': ['service', 'admin']
            for region in topology.regions
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
    for region in topology.regions:
        # One for all of them.
        url = addresses.url(topology, addresses.KEYSTONE, '/v3')
        found.append(('keystone', 'identity', region.name, url))
        found.append(_endpoint(topology, region, 'neutron', 'network'))
        if topology.volumes:
            found.append(
                _endpoint(topology, region, 'cinder', 'block-storage', '/v3')
            )
    for position, region in enumerate(cells.computing(topology)):
        found += [
            _endpoint(topology, region, 'nova', 'compute', '/v2.1'),
            _endpoint(topology, region, 'placement', 'placement'),
            ('glance', 'image', region.name, image_url(topology, position)),
        ]
    return found


def _endpoint(
    topology: topologies.Topology,
    region: topologies.Region,
    service: str,
    kind: str,
    path: str = '',
) -> tuple[str, str, str, str]:
    url = addresses.url(topology, addresses.port(region, service), path)
    return service, kind, region.name, url


def image_url(topology: topologies.Topology, position: int) -> str:
    """Return the URL of the images of what has a Nova, given its place there.

    A server that may be in any region is made of an image that all have:
    with a gateway there is one Glance, the first region's.
    """
    places = cells.computing(topology)
    region = places[0 if topology.gateway else position]
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
