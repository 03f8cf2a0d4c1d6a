# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What somebody may try to break, and a look whether it is whole."""

from collections.abc import Callable
import dataclasses
import json
import time
from typing import Any
import uuid

import requests

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json
from tests.functional.routers.routed import Routed

#: Seconds in which an unrelated request must be answered.
PROMPT = 5.0


@dataclasses.dataclass
class Scene:
    """A tenant's router with a network in each of two regions and in both.

    :ivar gateway: port that is reserved as RegionOne's gateway
    :ivar dhcp: port that is reserved for RegionOne's DHCP server
    :ivar bridge: network between the pieces of the router
    :ivar address_group: named by a rule of its instances' group
    :ivar own: network of the stranger's, with its subnet
    """

    cloud: clouds.Cloud
    routed: Routed
    stranger: str
    own: Json
    own_subnet: Json
    address_group: str
    gateway: str = ''
    dhcp: str = ''
    bridge: str = ''
    leg: str = ''

    @classmethod
    def made(cls, cloud: clouds.Cloud) -> 'Scene':
        """Make it, and wait until all is in its place."""
        stranger = uuid.uuid4().hex
        own, own_subnet = regions.make_network(cloud, stranger)
        routed = Routed.make(cloud, uuid.uuid4().hex)
        addresses = regions.named_address_group(cloud, routed.project)
        for name, cidr, hints, region in (
            ('a', '10.61.0.0/24', ('RegionOne',), 'RegionOne'),
            ('b', '10.62.0.0/24', ('RegionTwo',), 'RegionTwo'),
            ('both', '10.63.0.0/24', (), 'RegionOne'),
        ):
            routed.add_network(name, cidr, *hints)
            routed.attach(name)
            routed.boot(name, region)
        found = cls(
            cloud, routed, stranger, own, own_subnet, str(addresses['id'])
        )
        eventually(found._complete, 60)
        return found

    def _complete(self) -> None:
        held = self._reserved(self.network)
        assert {'gateway', 'dhcp'} <= held.keys()
        self.gateway, self.dhcp = held['gateway'], held['dhcp']
        bridge = self.routed.bridge()
        assert bridge is not None
        self.bridge = str(bridge['id'])
        legs = self._reserved(self.bridge)
        assert 'bridge_leg' in legs
        self.leg = legs['bridge_leg']
        for region in ('RegionOne', 'RegionTwo'):
            piece = self.routed.regular(region)
            assert piece.gateway is not None
            assert piece.routes
        for instance in self.routed.instances.values():
            shown = self.cloud.central.admin.show('port', instance.port_id)
            assert shown['binding:host_id'] == instance.host

    def _reserved(self, network_id: str) -> dict[str, str]:
        """Return what RegionOne holds on a network, by kind."""
        return {
            str(row['kind']): str(row['port_id'])
            for row in self.cloud.central.database.query(
                'SELECT kind, port_id FROM reserved_ports'
                ' JOIN pods ON pods.pod_id = reserved_ports.pod_id'
                ' WHERE network_id = %s AND region_name = %s',
                network_id,
                'RegionOne',
            )
        }

    def _addresses(self, api: clouds.NeutronProcess) -> Json:
        shown = api.admin.show('address_group', self.address_group)
        rules = api.admin.list(
            'security_group_rule', remote_address_group_id=self.address_group
        )
        return {
            'name': shown['name'],
            'addresses': sorted(shown['addresses']),
            'rules': sorted(str(one['id']) for one in rules),
        }

    @property
    def network(self) -> str:
        """ID of a network over both regions."""
        return str(self.routed.networks['both']['id'])

    @property
    def instance(self) -> clouds.Instance:
        """The instance on it, in RegionOne."""
        return self.routed.instances['both@RegionOne']

    def names(self) -> dict[str, str]:
        """Return IDs by the names that tricks have for them."""
        [group] = self.cloud.central.admin.show('port', self.instance.port_id)[
            'security_groups'
        ]
        return {
            'network': self.network,
            'subnet': str(self.routed.subnets['both']['id']),
            'port': self.instance.port_id,
            'router': str(self.routed.router['id']),
            'group': str(group),
            'address_group': self.address_group,
            'gateway': self.gateway,
            'dhcp': self.dhcp,
            'bridge': self.bridge,
            'bridge_subnet': str(
                self.cloud.central.admin.show('network', self.bridge)[
                    'subnets'
                ][0]
            ),
            'leg': self.leg,
            'own': str(self.own['id']),
            'own_subnet': str(self.own_subnet['id']),
            'nothing': str(uuid.uuid4()),
        }

    def state(self) -> Json:
        """Return all that must be as it was."""
        central = self.cloud.central
        return {
            'ports': {
                instance.port_id: {
                    key: value
                    for key, value in central.admin.show(
                        'port', instance.port_id
                    ).items()
                    if key not in ('updated_at', 'revision_number')
                }
                for instance in self.routed.instances.values()
            },
            'reserved': sorted(
                str(row['port_id'])
                for row in central.database.query(
                    'SELECT port_id FROM reserved_ports'
                    ' JOIN ports ON ports.id = reserved_ports.port_id'
                    ' WHERE reserved_ports.network_id IN (%s, %s)',
                    self.network,
                    self.bridge,
                )
            ),
            'addresses': {
                api.name: self._addresses(api)
                for api in (central, self.cloud.one, self.cloud.two)
            },
            'pieces': {
                region: dataclasses.asdict(self.routed.regular(region))
                for region in ('RegionOne', 'RegionTwo')
            },
            'in RegionOne': sorted(
                regions.ports_of(self.cloud.one.admin, self.network)
            ),
        }

    def is_as(self, before: Json) -> None:
        """Wait until all is as it was, and central answers as ever."""

        def look() -> None:
            assert self.state() == before

        eventually(look, 30)
        started = time.monotonic()
        self.cloud.central.client(self.stranger).list('network')
        assert time.monotonic() - started < PROMPT


def filled(text: str, names: dict[str, str]) -> str:
    """Return a text with IDs in the place of their names in braces."""
    for name, value in names.items():
        text = text.replace('{%s}' % name, value)
    return text


@dataclasses.dataclass(frozen=True)
class Trick:
    """A request that is not to be done.

    :ivar path: with names of :meth:`Scene.names` in braces, as in the body
    :ivar refused: pairs of status and Neutron's type, one of which it must be
    """

    method: str
    path: str
    body: Any = None
    refused: tuple[tuple[int, str], ...] = ()

    def __str__(self) -> str:
        body = '' if self.body is None else f' {json.dumps(self.body)[:90]}'
        return f'{self.method} {self.path}{body}'

    def play(
        self, scene: Scene, client: clouds.NeutronClient
    ) -> requests.Response:
        """Send it, and check how it is refused."""
        names = scene.names()
        body = None
        if self.body is not None:
            body = json.loads(filled(json.dumps(self.body), names))
        answer = client.request(
            self.method, filled(self.path, names), json=body
        )
        assert answer.status_code >= 400, answer.text
        assert answer.status_code < 500, answer.text
        found = (answer.status_code, error_type(answer))
        assert found in self.refused, (str(self), found, answer.text)
        return answer


def error_type(answer: requests.Response) -> str:
    """Return what Neutron calls an error; '' where it gives no name."""
    found = answer.json().get('NeutronError', {})
    return str(found.get('type', '')) if isinstance(found, dict) else ''


def all_of(
    scene: Scene,
    client: clouds.NeutronClient,
    tricks: tuple[Trick, ...],
    look: Callable[[], None] = lambda: None,
) -> None:
    """Play tricks one after the other; all of them fail, and do nothing."""
    before = scene.state()
    wrong = []
    for trick in tricks:
        try:
            trick.play(scene, client)
        except AssertionError as error:
            wrong.append(str(error))
    assert not wrong, '\n'.join(wrong)
    look()
    scene.is_as(before)
