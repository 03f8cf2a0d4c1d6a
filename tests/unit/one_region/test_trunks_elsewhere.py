# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Parent ports of trunks that another region has, and are used here."""

from collections.abc import Iterator
import dataclasses

import pytest

from tests.unit.local import documents
from tests.unit.one_region import region as regions
from tests.unit.one_region.asked_central import as_shown
from tests.unit.one_region.asked_central import Central
from tests.unit.one_region.asked_central import elsewhere
from tests.unit.one_region.asked_central import port_that_can_come
from tests.unit.one_region.asked_central import PROJECT
from tricircle.replica.document import Document


@pytest.fixture(scope='module')
def module_region() -> Iterator[regions.Region]:
    """A region of the module that has trunks."""
    with regions.running('trunk') as running:
        yield running


def _bind(region: regions.Region, port: Document) -> dict[str, object]:
    # Neutron looks at the port first: there is a policy for hosts.
    return dict(
        region.admin.update(
            'port',
            port.id,
            **{
                'binding:host_id': regions.HOST,
                'device_owner': 'compute:nova',
                'device_id': documents.new_id(),
            },
        )
    )


def test_a_trunk_that_carries_nothing_comes_with_its_parent(
    there: Central, region: regions.Region
) -> None:
    port = port_that_can_come(there, region.client(PROJECT))
    trunk = documents.trunk(port)
    there.has(dataclasses.replace(port, along=(trunk,)))
    there.shown[port.id] = as_shown(port)
    there.fails(port.id, elsewhere(port.id))

    bound = _bind(region, port)

    assert bound['binding:host_id'] == regions.HOST
    assert bound['trunk_details'] == {'trunk_id': trunk.id, 'sub_ports': []}


def test_central_is_not_asked_again_for_a_port_that_has_come(
    there: Central, region: regions.Region
) -> None:
    port = port_that_can_come(there, region.client(PROJECT))
    there.shown[port.id] = as_shown(port)
    there.fails(port.id, elsewhere(port.id))

    _bind(region, port)

    asked = [one[0] for one in there.asked if port.id in one]
    assert asked == ['pull', 'show', 'pull']
