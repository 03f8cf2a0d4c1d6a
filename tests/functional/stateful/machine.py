# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""The steps that users take, in any order."""

import uuid

import hypothesis
from hypothesis import stateful
from hypothesis import strategies

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.stateful import checks
from tests.functional.stateful import model

#: Steps that a known defect makes fail, with the reason. Temporary: each is
#: removed with the mend of its defect. ``STATEFUL_KNOWN=1`` takes them too.
EXCLUDED: dict[str, str] = {}

REGIONS = strategies.sampled_from(['RegionOne', 'RegionTwo'])
NUMBERS = strategies.integers(0, 1000)


def machine(
    cloud: clouds.Cloud, known_defects: bool
) -> type[stateful.RuleBasedStateMachine]:
    """Return the machine that works in a cloud.

    :param known_defects: whether steps of EXCLUDED are taken
    """

    class Users(stateful.RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.project = uuid.uuid4().hex
            self.user = cloud.central.client(self.project)
            self.known = model.Model()

        def _note(self, text: str) -> None:
            self.known.calls.append(text)
            hypothesis.note(text)

        def _port(self, number: int) -> model.Port:
            ports = list(self.known.ports.values())
            return ports[number % len(ports)]

        @stateful.precondition(lambda self: len(self.known.networks) < 3)
        @stateful.rule()
        def make_network(self) -> None:
            network, _subnet = regions.make_network(cloud, self.project)
            self._note(f'central: POST network and subnet {network["id"]}')
            self.known.networks.append(network['id'])

        @stateful.precondition(lambda self: self.known.networks)
        @stateful.rule(number=NUMBERS, region=REGIONS)
        def make_port(self, number: int, region: str) -> None:
            networks = self.known.networks
            network_id = networks[number % len(networks)]
            made = (
                cloud.region(region)
                .client(self.project)
                .create_port(network_id)
            )
            self._note(f'{region}: POST port {made["id"]} on {network_id}')
            self.known.ports[made['id']] = model.Port(
                made['id'], network_id, region
            )

        @stateful.precondition(
            lambda self: (
                self.known.ports
                and (known_defects or 'rename_port' not in EXCLUDED)
            )
        )
        @stateful.rule(number=NUMBERS)
        def rename_port(self, number: int) -> None:
            port = self._port(number)
            name = f'renamed-{number}'
            self._note(f'central: PUT port {port.id} name={name}')
            self.user.update('port', port.id, name=name)
            port.name = name

        @stateful.precondition(lambda self: self.known.ports)
        @stateful.rule(number=NUMBERS, in_central=strategies.booleans())
        def delete_port(self, number: int, in_central: bool) -> None:
            port = self._port(number)
            where = 'central' if in_central else port.region
            self._note(f'{where}: DELETE port {port.id}')
            client = (
                self.user
                if in_central
                else cloud.region(port.region).client(self.project)
            )
            client.remove('port', port.id)
            del self.known.ports[port.id]
            self.known.deleted_ports.append(port.id)

        @stateful.precondition(lambda self: self.known.networks)
        @stateful.rule(number=NUMBERS, region=REGIONS)
        def pull_network(self, number: int, region: str) -> None:
            networks = self.known.networks
            network_id = networks[number % len(networks)]
            self._note(f'{region}: GET network {network_id}')
            cloud.region(region).client(self.project).show(
                'network', network_id
            )

        def teardown(self) -> None:
            checks.quiet(cloud)
            eventually(
                lambda: checks.ports_are_as_answered(cloud, self.known), 5
            )
            for port in self.known.ports.values():
                self.user.remove('port', port.id)
            checks.quiet(cloud)
            for network_id in self.known.networks:
                self.user.remove('network', network_id)
            checks.quiet(cloud)
            eventually(
                lambda: checks.nothing_left(cloud, self.known.networks), 10
            )

    return Users
