# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Instances find each other by name, whichever region they are in."""

from collections.abc import Iterator
import itertools
from typing import Any

import pytest

from lab import cloud
from lab import topology as topologies
from tests.lab import packets
from tests.lab import tenant
from tests.lab import waiting


@pytest.fixture(scope='module')
def network(module_tenant: tenant.Tenant) -> Any:
    """A network that each region has."""
    return module_tenant.network('10.53.1.0/24', name='named')


@pytest.fixture(scope='module')
def instances(
    module_tenant: tenant.Tenant, network: Any
) -> Iterator[dict[str, tenant.Instance]]:
    """An instance of it in each region."""
    made = module_tenant.boot_everywhere(network.id)
    yield made
    module_tenant.delete(*made.values())


def _name(owner: tenant.Tenant, instance: tenant.Instance) -> str:
    """Return the name that Nova has given to an instance's port."""
    found = owner.at(instance.region).network.get_port(instance.port_id)
    return str(found.dns_name)


def _server(owner: tenant.Tenant, network: Any, region: str) -> str:
    """Return the address of a region's DHCP server, which serves DNS."""
    (port,) = owner.at(region).network.ports(
        network_id=network.id, device_owner='network:dhcp'
    )
    return str(port.fixed_ips[0]['ip_address'])


def test_a_name_leads_to_the_instance_in_all_regions(
    lab: cloud.Lab,
    module_tenant: tenant.Tenant,
    network: Any,
    instances: dict[str, tenant.Instance],
) -> None:
    for one, other in itertools.permutations(instances.values(), 2):
        name = _name(module_tenant, other)
        assert name
        question = [
            'busybox',
            'nslookup',
            f'{name}.{topologies.DNS_DOMAIN}',
            _server(module_tenant, network, one.region),
        ]

        def answered(
            place: str = one.id,
            question: list[str] = question,
            address: str = other.ip,
        ) -> None:
            done = packets.inside(lab, place, question)
            assert address in done.stdout.split(), done

        waiting.eventually(answered)


def test_central_shows_the_names_that_nova_gave(
    module_tenant: tenant.Tenant, instances: dict[str, tenant.Instance]
) -> None:
    for instance in instances.values():
        name = _name(module_tenant, instance)

        def shown(port_id: str = instance.port_id, name: str = name) -> None:
            assert module_tenant.central.get_port(port_id).dns_name == name

        waiting.eventually(shown)
