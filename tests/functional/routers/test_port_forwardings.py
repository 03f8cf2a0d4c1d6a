# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Port forwardings reach their region, whoever is away meanwhile."""

import dataclasses
from functools import partial
import uuid

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json
from tests.functional.kills import killed_at
from tests.functional.routers.routed import Routed

WAIT = 120


@dataclasses.dataclass
class Forwarding:
    """A floating IP in RegionTwo that forwards ports to both regions."""

    made: Routed
    floating_ip: Json

    @classmethod
    def make(cls, cloud: clouds.Cloud, project: str) -> 'Forwarding':
        """Make a network with an instance in each region, and a way out."""
        made = Routed.make(cloud, project)
        for number, region in enumerate(('RegionOne', 'RegionTwo'), 1):
            name = f'net{number}'
            made.add_network(name, f'10.0.{number}.0/24', region)
            made.attach(name)
            made.boot(name, region)
        external = made.add_external('RegionTwo')
        made.set_gateway()
        floating_ip = made.user.create(
            'floatingip', floating_network_id=external['id']
        )
        made.floating_ips['none'] = floating_ip
        return cls(made, floating_ip)

    @property
    def path(self) -> str:
        """Where central has the port forwardings."""
        return f'/floatingips/{self.floating_ip["id"]}/port_forwardings'

    def ask(
        self, method: str, path: str = '', status: int = 200, **body: object
    ) -> Json:
        """Make a request of the tenant, in central."""
        answer = self.made.user.request(
            method,
            f'{self.path}{path}',
            {'port_forwarding': body} if body else None,
        )
        assert answer.status_code == status, answer.text
        return dict(answer.json()['port_forwarding']) if answer.text else {}

    def forward(self, instance: clouds.Instance, port: int) -> str:
        """Forward a port; return the ID."""
        made = self.ask(
            'POST',
            status=201,
            internal_port_id=instance.port_id,
            internal_ip_address=instance.addresses[0],
            internal_port=80,
            external_port=port,
            protocol='tcp',
        )
        return str(made['id'])

    def here(self) -> dict[str, tuple[str, str, int]]:
        """Return port, address and outer port of each in the region."""
        piece_id = self.made.north_south_id
        return {
            str(row['id']): (
                str(row['internal_neutron_port_id']),
                str(row['internal_ip_address']),
                int(row['external_port_start']),
            )
            for row in self.made.cloud.region('RegionTwo').database.query(
                'SELECT p.* FROM portforwardings p JOIN floatingips f'
                ' ON f.id = p.floatingip_id WHERE f.router_id = %s',
                piece_id,
            )
        }

    def leg(self) -> str:
        """Return the port of the way out on the bridge network."""
        (port,) = self.made.cloud.region('RegionTwo').admin.list(
            'port',
            device_id=self.made.north_south_id,
            device_owner='network:router_interface',
        )
        return str(port['id'])


def test_they_arrive_though_xjob_dies_and_the_region_is_away(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Forwarding.make(cloud, fresh_project)
    one, two = made.made.instances.values()
    first = made.forward(one, 81)

    def arrived(**wanted: tuple[clouds.Instance, int]) -> None:
        assert made.here() == {
            key: (made.leg(), to.addresses[0], port)
            for key, (to, port) in wanted.items()
        }

    eventually(lambda: arrived(**{first: (one, 81)}), WAIT)
    with killed_at(cloud.xjob, 'xjob.sent'):
        second = made.forward(two, 82)
    eventually(lambda: arrived(**{first: (one, 81), second: (two, 82)}), WAIT)
    region = cloud.region('RegionTwo')
    region.kill9()
    try:
        made.ask('PUT', f'/{first}', external_port=83)
        made.ask('DELETE', f'/{second}', 204)
        third = made.forward(two, 81)
    finally:
        region.start()
    eventually(lambda: arrived(**{first: (one, 83), third: (two, 81)}), WAIT)

    for key in (first, third):
        made.ask('DELETE', f'/{key}', 204)
    eventually(lambda: arrived(), WAIT)
    made.made.delete()
    eventually(made.made.assert_nothing_left, WAIT)


def test_a_user_of_any_region_says_what_a_floating_ip_forwards(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    made = Forwarding.make(cloud, fresh_project)
    one, _two = made.made.instances.values()
    # The way out is in RegionTwo: RegionOne has nothing of the address.
    for number, region in enumerate((cloud.one, cloud.two)):
        user = region.client(fresh_project)
        port = 90 + number
        said = {
            'internal_port_id': one.port_id,
            'internal_ip_address': one.addresses[0],
            'internal_port': 80,
            'external_port': port,
            'protocol': 'tcp',
        }

        answer = user.post(made.path, {'port_forwarding': said})

        assert answer.status_code == 201, answer.text
        shown = answer.json()['port_forwarding']
        assert {key: shown[key] for key in said} == said
        eventually(partial(_arrived, made, shown['id'], one, port), WAIT)
        path = f'{made.path}/{shown["id"]}'
        assert user.get(path).json()['port_forwarding']['id'] == shown['id']
        listed = user.get(made.path).json()['port_forwardings']
        assert [each['id'] for each in listed] == [shown['id']]
        changed = user.put(
            path, {'port_forwarding': {'external_port': port + 10}}
        )
        assert changed.status_code == 200, changed.text
        assert made.ask('GET', f'/{shown["id"]}')['external_port'] == port + 10
        assert user.delete(path).status_code == 204
        left = made.made.user.get(made.path).json()
        assert left == {'port_forwardings': []}
    made.made.delete()
    eventually(made.made.assert_nothing_left, WAIT)


def test_a_region_hands_on_why_central_forwards_nothing(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    external = cloud.central.admin.create(
        'network',
        name='out',
        availability_zone_hints=['RegionTwo'],
        **{'router:external': True},
    )
    cloud.central.admin.create(
        'subnet',
        network_id=external['id'],
        cidr='198.51.104.0/24',
        ip_version=4,
        enable_dhcp=False,
    )
    central = cloud.central.client(fresh_project)
    address = central.create('floatingip', floating_network_id=external['id'])
    port = central.create_port(network['id'])
    path = f'/floatingips/{address["id"]}/port_forwardings'
    said = {
        'internal_port_id': port['id'],
        'internal_ip_address': port['fixed_ips'][0]['ip_address'],
        'internal_port': 80,
        'external_port': 81,
        'protocol': 'tcp',
    }
    stranger = cloud.one.client(uuid.uuid4().hex)

    # The network has no router.
    expected = central.post(path, {'port_forwarding': said})
    refused = cloud.one.client(fresh_project).post(
        path, {'port_forwarding': said}
    )

    assert expected.status_code >= 400
    assert (refused.status_code, refused.json()['NeutronError']['type']) == (
        expected.status_code,
        expected.json()['NeutronError']['type'],
    )
    assert stranger.get(path).status_code == 404
    in_central = cloud.central.client(stranger.project)
    assert (
        stranger.post(path, {'port_forwarding': said}).status_code
        == in_central.post(path, {'port_forwarding': said}).status_code
    )


def _arrived(
    made: Forwarding, key: str, to: clouds.Instance, port: int
) -> None:
    # The way out itself may still be on its way: it is looked up each time.
    assert made.here() == {key: (made.leg(), to.addresses[0], port)}
