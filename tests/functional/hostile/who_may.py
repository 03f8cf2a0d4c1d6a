# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Who may call what: asked of a running cloud, and written as a table.

The table is a page of the documentation. It is written anew by
``python -m tests.functional.hostile.who_may``; a test says when it is to be.
"""

from collections.abc import Callable, Sequence
import dataclasses
from pathlib import Path
import uuid

import requests

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import roles

PAGE = (
    Path(__file__).parents[3] / 'doc' / 'source' / 'admin' / 'who-may-what.inc'
)
#: Of a region that obeys its own services only.
POLICY = Path(__file__).with_name('policy-of-a-region.yaml')
#: Options of the cloud: regions that take documents of XJob only.
OPTIONS = {
    'region': {
        'tricircle': {
            'central_user_id': roles.service_user(roles.CENTRAL_REGION)
        },
        'oslo_policy': {'policy_file': str(POLICY)},
    }
}
SERVICE = ('service',)
ADMIN_API = 'administrator API'


@dataclasses.dataclass(frozen=True)
class Caller:
    """Somebody who calls, as Keystone knows it."""

    name: str
    identity: clouds.Identity

    def of(self, api: clouds.NeutronProcess) -> clouds.NeutronClient:
        """Return its client of a Neutron."""
        return clouds.NeutronClient(api.url, self.identity)

    def by(self, api: clouds.NeutronProcess) -> clouds.NeutronClient:
        """Return a client of the owner's whose calls it passes on.

        Only a service does so; anybody else calls itself.
        """
        if 'service' not in self.identity.roles:
            return self.of(api)
        return clouds.NeutronClient(
            api.url,
            dataclasses.replace(
                OWNER.identity,
                service_roles=SERVICE,
                service_user=self.identity.user,
            ),
        )


OWNER = Caller('owner', clouds.Identity(uuid.uuid4().hex, 'alice'))
READER = Caller(
    'reader',
    clouds.Identity(OWNER.identity.project, 'rita', clouds.READER),
)
STRANGER = Caller('other tenant', clouds.Identity(uuid.uuid4().hex, 'bob'))
ADMIN = Caller('admin', clouds.Identity('admin', 'root', clouds.ADMIN))
CALLERS: Sequence[Caller] = (
    OWNER,
    READER,
    STRANGER,
    ADMIN,
    Caller('Nova', clouds.Identity('service', 'nova', SERVICE)),
    *(
        Caller(
            {'CentralRegion': 'XJob'}.get(region, region),
            clouds.Identity('service', roles.service_user(region), SERVICE),
        )
        for region in ('RegionTwo', 'RegionOne', roles.CENTRAL_REGION)
    ),
)


@dataclasses.dataclass(frozen=True)
class There:
    """What is in RegionOne."""

    cloud: clouds.Cloud
    network_id: str
    port_id: str
    address_group_id: str

    @classmethod
    def made(cls, cloud: clouds.Cloud) -> 'There':
        """Make a network with a port in RegionOne.

        A rule of the port's group names an address group.
        """
        project = OWNER.identity.project
        network, _subnet = regions.make_network(cloud, project)
        group = regions.named_address_group(cloud, project)
        port = cloud.one.client(project).create_port(network['id'])
        return cls(cloud, network['id'], port['id'], group['id'])


_Ask = Callable[[There, Caller], requests.Response]


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """A call that names RegionOne.

    :ivar done: the status when it was allowed; often that of a request that
        is found to be wrong after that
    """

    api: str
    name: str
    ask: _Ask
    done: int


def _central(method: str, path: str, done: int, **body: object) -> Endpoint:
    """Return a call of central; names in braces are of :class:`There`."""

    def ask(there: There, caller: Caller) -> requests.Response:
        nothing = str(uuid.uuid4())
        return caller.of(there.cloud.central).request(
            method,
            path.format(
                network=there.network_id, port=there.port_id, nothing=nothing
            ),
            json={'replica': body} if body else None,
        )

    shown = path
    for name, text in (('network', 'id'), ('port', 'id'), ('nothing', 'id')):
        shown = shown.replace(f'{{{name}}}', f'{{{text}}}')
    what = f' ({next(iter(body))})' if body else ''
    return Endpoint('central', f'{method} {shown}{what}', ask, done)


def _allocate(there: There, caller: Caller) -> requests.Response:
    return caller.by(there.cloud.central).post(
        '/ports',
        {
            'port': {
                'id': str(uuid.uuid4()),
                'network_id': there.network_id,
                'tricircle:region': 'RegionOne',
            }
        },
    )


def _pull(there: There, caller: Caller) -> requests.Response:
    """Ask for the network with the owner's token beside the service's."""
    return caller.by(there.cloud.central).put(
        f'/networks/{there.network_id}/replicas/RegionOne',
        {
            'replica': {
                'pull': {
                    'project_id': OWNER.identity.project,
                    'is_admin': False,
                    'dhcp_agents': 1,
                }
            }
        },
    )


def _write(there: There, caller: Caller) -> requests.Response:
    """Write a port of RegionOne by Neutron's own API."""
    return caller.of(there.cloud.central).put(
        f'/ports/{there.port_id}', {'port': {'description': caller.name}}
    )


def _write_in_region(there: There, caller: Caller) -> requests.Response:
    """Write a port of RegionOne by that region's own Neutron."""
    return caller.of(there.cloud.one).put(
        f'/ports/{there.port_id}', {'port': {'binding:profile': {}}}
    )


def _read_in_region(there: There, caller: Caller) -> requests.Response:
    return caller.of(there.cloud.one).get(f'/ports/{there.port_id}')


def _in_region(method: str, path: str, done: int) -> Endpoint:
    def ask(there: There, caller: Caller) -> requests.Response:
        return caller.of(there.cloud.one).request(
            method,
            path.format(id=there.network_id, none=uuid.uuid4()),
            json={'replica': {}} if method == 'PUT' else None,
        )

    return Endpoint(
        'RegionOne', f'{method} {path.replace("{none}", "{id}")}', ask, done
    )


def _addresses(api: str) -> Endpoint:
    """Return the call that lets another address in."""

    def ask(there: There, caller: Caller) -> requests.Response:
        neutron = there.cloud.central
        if api != 'central':
            neutron = there.cloud.region(api)
        chance = uuid.uuid4().hex
        new = f'2001:db8::{chance[:4]}:{chance[4:8]}/128'
        return caller.of(neutron).put(
            f'/address-groups/{there.address_group_id}/add_addresses',
            {'addresses': [new]},
        )

    return Endpoint(api, 'PUT /address-groups/{id}/add_addresses', ask, 200)


def _operators(method: str, path: str, done: int, **body: object) -> Endpoint:
    """Return what the administrator API has, asked of a pod that is not."""

    def ask(there: There, caller: Caller) -> requests.Response:
        assert there.cloud.admin_api is not None
        return there.cloud.admin_api.request(
            method,
            path.format(id=uuid.uuid4()),
            json=body or None,
            identity=caller.identity,
        )

    return Endpoint(ADMIN_API, f'{method} /v1.0{path}', ask, done)


_REPORT = {
    'revision': 0,
    'host': '',
    'device_id': '',
    'device_owner': '',
    'vif_type': 'unbound',
    'vnic_type': 'normal',
    'status': 'DOWN',
}
_ROUTER_REPORT = {'revision': 0, 'status': 'ACTIVE', 'floating_ips': {}}
_REPLICA = 'replicas/RegionOne'

ENDPOINTS: Sequence[Endpoint] = (
    Endpoint('central', 'POST /ports (tricircle:region)', _allocate, 201),
    Endpoint('central', f'PUT /networks/{{id}}/{_REPLICA} (pull)', _pull, 200),
    _central('PUT', f'/ports/{{port}}/{_REPLICA}', 200, report=_REPORT),
    Endpoint('central', 'PUT /ports/{id}', _write, 200),
    _central('DELETE', f'/ports/{{nothing}}/{_REPLICA}', 204),
    _central(
        'PUT', f'/routers/{{nothing}}/{_REPLICA}', 404, report=_ROUTER_REPORT
    ),
    _central('GET', f'/networks/{{network}}/{_REPLICA}', 200),
    _addresses('central'),
    _in_region('GET', '/replicas/network', 200),
    _in_region('GET', '/replicas/network/{id}', 200),
    _in_region('PUT', '/replicas/network/{id}', 400),
    _in_region('DELETE', '/replicas/network/{none}', 404),
    _in_region('PUT', '/replicas/address-group/{id}', 400),
    _in_region('DELETE', '/replicas/address-group/{none}', 404),
    _in_region('GET', '/replicas/release', 200),
    _in_region('GET', '/replicas/data-path', 200),
    _in_region('GET', '/replicas/adoption/{none}', 404),
    _in_region('PUT', '/replicas/adoption/{id}', 400),
    _in_region('DELETE', '/replicas/adoption/{none}', 204),
    _in_region('PUT', '/replicas/probes/{none}', 400),
    # Whoever may see it is told, with 409, to go to central.
    _addresses('RegionOne'),
    Endpoint('RegionOne', 'GET /ports/{id}', _read_in_region, 200),
    Endpoint('RegionOne', 'PUT /ports/{id} (binding)', _write_in_region, 200),
    _operators('GET', '/pods', 200),
    _operators('POST', '/pods', 422, pod={'dc_name': ''}),
    _operators('PUT', '/pods/{id}', 404, pod={'dc_name': ''}),
    _operators('DELETE', '/pods/{id}', 404),
    _operators('GET', '/pods/{id}/departure', 404),
    _operators('PUT', '/pods/{id}/departure', 404, departure={'how': 'drain'}),
    _operators('DELETE', '/pods/{id}/departure', 404),
    _operators('PUT', '/pods/{id}/pause', 404, pause={}),
    _operators('DELETE', '/pods/{id}/pause', 404),
    _operators('GET', '/statuses', 200),
    # Found to name no region after that.
    _operators('GET', '/drifts', 400),
    _operators('GET', '/drifts/{id}/network/{id}', 404),
    _operators('POST', '/drifts', 400, repair={'region_name': 'RegionNine'}),
    _operators('GET', '/releases', 200),
    _operators('GET', '/topology', 200),
    _operators('GET', '/adoptions', 200),
    _operators('GET', '/adoptions/{id}', 404),
    _operators('DELETE', '/adoptions/{id}', 404),
    _operators(
        'POST',
        '/adoptions',
        400,
        adoption={
            'region_name': 'RegionNine',
            'network_id': str(uuid.UUID(int=1)),
        },
    ),
    _operators(
        'POST',
        '/clashes',
        200,
        region={'region_name': 'RegionOne', 'networks': []},
    ),
    _operators('GET', '/jobs', 200),
    _operators('GET', '/jobs/detail', 200),
    _operators('GET', '/jobs/schemas', 200),
    _operators('GET', '/jobs/{id}', 404),
    # Found to be wrong after that.
    _operators('POST', '/jobs', 400, job={'type': 'sweep', 'resource': {}}),
    _operators('PUT', '/jobs/{id}', 404),
    _operators('DELETE', '/jobs/{id}', 404),
    _operators('PUT', '/jobs/{id}/pause', 404, pause={}),
    _operators('DELETE', '/jobs/{id}/pause', 404),
    _operators('GET', '/bindings', 200),
    _operators('GET', '/bindings/{id}', 404),
    _operators('POST', '/bindings', 400, pod_binding={}),
    _operators('PUT', '/bindings/{id}', 404, pod_binding={'pod_id': 'p'}),
    _operators('DELETE', '/bindings/{id}', 404),
    _operators('GET', '/routings', 200),
    _operators('GET', '/routings/{id}', 404),
    _operators('POST', '/routings', 400, routing={}),
    _operators('PUT', '/routings/{id}', 404, routing={}),
    _operators('DELETE', '/routings/{id}', 404),
)


def observe(there: There, endpoint: Endpoint, caller: Caller) -> str:
    """Return a cell of the table: yes, or the status that is answered."""
    answer = endpoint.ask(there, caller)
    if answer.status_code == endpoint.done:
        return 'yes'
    assert answer.status_code in (401, 403, 404, 409), answer.text
    return str(answer.status_code)


def table(
    there: There,
    endpoints: Sequence[Endpoint] = ENDPOINTS,
    callers: Sequence[Caller] = CALLERS,
) -> str:
    """Return the whole table, as a page has it."""
    lines = [
        '.. list-table::',
        '   :header-rows: 1',
        '',
        '   * - API',
        '     - Call',
        *(f'     - {caller.name}' for caller in callers),
    ]
    for endpoint in endpoints:
        lines += [
            f'   * - {endpoint.api}',
            f'     - ``{endpoint.name}``',
            *(
                f'     - {observe(there, endpoint, caller)}'
                for caller in callers
            ),
        ]
    return '\n'.join(lines) + '\n'


def main() -> None:
    """Write the page."""
    with clouds.Cloud.start(**OPTIONS) as cloud:
        PAGE.write_text(table(There.made(cloud)))


if __name__ == '__main__':
    main()
