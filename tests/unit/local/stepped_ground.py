# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is in a region before documents of every kind are interrupted there."""

from collections.abc import Mapping
from typing import Any

from tests.unit.local import documents
from tests.unit.local import stepped
from tricircle.replica.document import Document


class Ground:
    """What is in the region before: networks, groups, ports."""

    def __init__(self, region: stepped.Running) -> None:
        self.region = region
        self.group = documents.group(documents.rule(22))
        self.other = documents.group(documents.rule(80))
        self.network = documents.network()
        self.outside = moved(
            documents.network(**{'router:external': True}), '203.0.113.'
        )
        self.scope = documents.address_scope()
        self.parent, *self.carried = [
            documents.port(
                self.network,
                self.group,
                mac_address=f'fa:16:3e:00:02:{number}',
                fixed_ips=self.address(number),
            )
            for number in (41, 42, 43)
        ]
        region.apply(
            self.group,
            self.other,
            self.network,
            self.outside,
            self.scope,
            self.parent,
            *self.carried,
        )

    def address(self, last: int) -> list[dict[str, str]]:
        """Return an address on the network, as of a port."""
        subnet_id = self.network.body['subnets'][0]['id']
        return [{'subnet_id': subnet_id, 'ip_address': f'10.0.0.{last}'}]

    def gateway(self) -> dict[str, Any]:
        """Return a router's way out."""
        subnet_id = self.outside.body['subnets'][0]['id']
        return {
            'port_id': documents.new_id(),
            'network_id': self.outside.id,
            'mac_address': 'fa:16:3e:00:03:10',
            'fixed_ips': [
                {'subnet_id': subnet_id, 'ip_address': '203.0.113.10'}
            ],
            'enable_snat': True,
        }

    def floating_ip(self) -> dict[str, Any]:
        """Return a floating IP of a port."""
        port = self.carried[1]
        return {
            'id': documents.new_id(),
            'project_id': documents.PROJECT,
            'floating_network_id': self.outside.id,
            'floating_ip_address': '203.0.113.20',
            'port_id': port.id,
            'fixed_ip_address': _address_of(port),
            'description': '',
        }

    def forwarding_ip(self, *numbers: int) -> dict[str, Any]:
        """Return a floating IP that forwards TCP ports to a port."""
        port = self.carried[1]
        forwarded = [
            {
                'id': documents.new_id(),
                'protocol': 'tcp',
                'internal_port_id': port.id,
                'internal_ip_address': _address_of(port),
                'internal_port_range': f'{number}:{number}',
                'external_port_range': f'{8000 + number}:{8000 + number}',
                'description': '',
            }
            for number in numbers
        ]
        body = self.floating_ip()
        del body['port_id'], body['fixed_ip_address']
        return {
            **body,
            'port_forwardings': sorted(
                forwarded, key=lambda one: str(one['id'])
            ),
        }


def _address_of(port: Document) -> str:
    return str(port.body['port']['fixed_ips'][0]['ip_address'])


def moved(network: Document, prefix: str) -> Document:
    """Return a network as another, with other addresses."""

    def move(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: move(one) for key, one in value.items()}
        if isinstance(value, list):
            return [move(one) for one in value]
        if isinstance(value, str):
            return value.replace('10.0.0.', prefix).replace(
                'fa:16:3e:00:00:', 'fa:16:3e:00:04:'
            )
        return value

    body: dict[str, Any] = move(network.body)
    return documents.later(network, body)
