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

from collections.abc import Callable, Iterator
import contextvars
import dataclasses
from typing import Any
from unittest import mock

from neutron_lib import context as neutron_context
import pytest

from tests.unit.local import documents
from tests.unit.one_region import region as regions
from tests.unit.one_region.asked_central import as_shown
from tests.unit.one_region.asked_central import Central
from tests.unit.one_region.asked_central import elsewhere
from tests.unit.one_region.asked_central import port_that_can_come
from tests.unit.one_region.asked_central import PROJECT
from tests.unit.one_region.asked_central import refused
from tricircle.client import central_errors
from tricircle.local.asking import pull
from tricircle.local.engine import apply
from tricircle.local.engine import refusals
from tricircle.replica import types
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


def _parent(
    there: Central, region: regions.Region
) -> tuple[Document, Document]:
    """Return a parent port and its trunk, which central gives along."""
    port = port_that_can_come(there, region.client(PROJECT))
    trunk = documents.trunk(port)
    there.has(dataclasses.replace(port, along=(trunk,)))
    there.shown[port.id] = as_shown(port)
    return port, trunk


def _as_another(act: Callable[[], object]) -> None:
    """Act as another worker of the region, which holds nothing of this."""
    contextvars.Context().run(act)


def _give_up(trunk: Document) -> None:
    """Do what central asks for to let another region have a trunk."""
    apply.remove(
        neutron_context.get_admin_context(),
        types.TRUNK,
        trunk.id,
        release=True,
    )


def _have_come_long_ago(port: Document, trunk: Document) -> None:
    apply.apply(
        neutron_context.get_admin_context(),
        dataclasses.replace(port, along=(trunk,)),
    )


def _trunk_of(bound: dict[str, object]) -> object:
    details = bound.get('trunk_details')
    return details['trunk_id'] if isinstance(details, dict) else None


def test_a_parent_that_comes_for_use_is_not_given_up_before_it_is_used(
    there: Central, region: regions.Region
) -> None:
    port, trunk = _parent(there, region)
    there.fails(port.id, elsewhere(port.id))
    applied, refused_for = apply.apply, []

    def and_another_region_wants_it(*args: Any, **options: Any) -> object:
        answer = applied(*args, **options)
        try:
            _as_another(lambda: _give_up(trunk))
        except refusals.ReplicaInUse as exc:
            refused_for.append(str(exc))
        return answer

    with mock.patch.object(pull.apply, 'apply', and_another_region_wants_it):
        bound = _bind(region, port)

    assert _trunk_of(bound) == trunk.id
    assert 'asked for here a moment ago' in refused_for[0]


def test_a_parent_that_was_being_given_up_is_used_with_its_trunk(
    there: Central, region: regions.Region
) -> None:
    port, trunk = _parent(there, region)
    _have_come_long_ago(port, trunk)
    _give_up(trunk)

    bound = _bind(region, port)

    assert _trunk_of(bound) == trunk.id


def test_a_parent_that_is_being_given_up_is_anothers(
    there: Central, region: regions.Region
) -> None:
    port, trunk = _parent(there, region)
    _have_come_long_ago(port, trunk)
    _give_up(trunk)
    there.fails(
        port.id,
        central_errors.CentralError(
            409, 'PortInUse', f'{port.id} is for RegionTwo'
        ),
        use=True,
    )

    error = refused(lambda: _bind(region, port))

    assert (error.status, error.type) == (409, 'PortInUse')
