# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What of a document is in place is not carried out again.

A document says all of a resource, and mostly one thing of it has changed. What
was there as it is wanted costs neither statements nor locks; what an
interrupted document may have left is looked at in full.
"""

from collections.abc import Iterator
import contextlib
from typing import Any
from unittest import mock

import pytest
import requests

from tests.unit.local import documents
from tests.unit.one_region import region as regions
from tricircle.local.engine import rbac
from tricircle.local.network import dhcp_ports
from tricircle.local.network import subnets
from tricircle.replica.document import Document


def send(region: regions.Region, document: Document) -> Any:
    """Send a document as XJob does, and return what the region has."""
    answer = region.service.put(
        f'/replicas/{document.type}/{document.id}',
        json={'replica': document.to_dict()},
    )
    answer.raise_for_status()
    return answer.json()['replica']


@contextlib.contextmanager
def carried_out() -> Iterator[dict[str, mock.Mock]]:
    """Note which parts of documents are carried out."""
    parts = {
        'subnets': (subnets, 'apply'),
        'dhcp_ports': (dhcp_ports, 'apply'),
        'rbac': (rbac.Entries, 'remove'),
    }
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(
                mock.patch.object(
                    target,
                    function,
                    autospec=True,
                    side_effect=getattr(target, function),
                )
            )
            for name, (target, function) in parts.items()
        }


def called(parts: dict[str, mock.Mock]) -> set[str]:
    return {name for name, one in parts.items() if one.called}


def shared(document: Document) -> list[dict[str, str]]:
    """Return an RBAC entry by which another project has a network."""
    return [
        {
            'id': documents.new_id(),
            'project_id': document.body['network']['project_id'],
            'target_tenant': 'another',
            'action': 'access_as_shared',
        }
    ]


@pytest.fixture
def network(region: regions.Region) -> Document:
    """A network with a subnet that is here."""
    network = documents.network()
    send(region, network)
    return network


def test_of_a_changed_attribute_nothing_else_is_carried_out(
    region: regions.Region, network: Document
) -> None:
    later = documents.changed(network, description='changed')

    with carried_out() as parts:
        reached = send(region, later)

    assert called(parts) == set()
    assert reached['digest'] == later.digest


def test_of_a_changed_subnet_the_subnets_are_carried_out(
    region: regions.Region, network: Document
) -> None:
    (subnet,) = network.body['subnets']
    later = documents.later(
        network, {'subnets': [{**subnet, 'description': 'changed'}]}
    )

    with carried_out() as parts:
        reached = send(region, later)

    assert called(parts) == {'subnets'}
    assert reached['digest'] == later.digest


def test_of_a_network_that_is_shared_the_entries_are_carried_out(
    region: regions.Region, network: Document
) -> None:
    later = documents.later(network, {'rbac': shared(network)})

    with carried_out() as parts:
        reached = send(region, later)

    assert called(parts) == {'rbac'}
    assert reached['digest'] == later.digest


def test_what_was_changed_behind_our_back_is_carried_out(
    region: regions.Region, network: Document
) -> None:
    (subnet,) = network.body['subnets']
    region.database.execute(
        'UPDATE subnets SET name = %s WHERE id = %s', 'by hand', subnet['id']
    )
    later = documents.changed(network, description='changed')

    with carried_out() as parts:
        reached = send(region, later)

    assert called(parts) == {'subnets'}
    assert reached['digest'] == later.digest


@pytest.mark.parametrize('point', ['local.apply.observed', 'local.apply.done'])
def test_after_one_that_was_interrupted_all_is_carried_out(
    region: regions.Region, network: Document, point: str
) -> None:
    region.arm(point)
    with pytest.raises(requests.ConnectionError):
        send(region, documents.changed(network, description='interrupted'))
    region.start()
    later = documents.changed(network, description='later')

    with carried_out() as parts:
        reached = send(region, later)

    # Before it began nothing was touched.
    expected = set() if point.endswith('observed') else set(parts)
    assert called(parts) == expected
    assert reached['digest'] == later.digest


def test_of_a_groups_changed_attribute_its_entries_are_left_alone(
    region: regions.Region,
) -> None:
    group = documents.group(documents.rule(22))
    send(region, group)
    later = documents.changed(group, description='changed')

    with carried_out() as parts:
        reached = send(region, later)

    assert called(parts) == set()
    assert reached['digest'] == later.digest
