# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What users of a region say of a port, that extensions let them, is told."""

from collections.abc import Iterator
from typing import Any

from neutron_lib import context as neutron_context
import pytest

from tests.functional import cloud as clouds
from tests.unit.central_presence.test_port_extensions import DRIVERS
from tests.unit.central_presence.test_port_extensions import SAID
from tests.unit.one_region import asked_central
from tests.unit.one_region import region as regions
from tricircle.local.port import request
from tricircle.replica.document import Document

#: Those that may be changed.
CHANGES = {
    'hints': SAID['hints'],
    'numa_affinity_policy': 'legacy',
    'propagate_uplink_status': False,
    'trusted': True,
}


@pytest.fixture(scope='module')
def module_region() -> Iterator[regions.Region]:
    """A region whose ML2 has the extension drivers."""
    with regions.running(extension_drivers=DRIVERS) as running:
        yield running


@pytest.fixture
def port(there: asked_central.Central, user: regions.Client) -> Document:
    """A port of central's that is here."""
    port = asked_central.port_that_can_come(there, user)
    user.show('port', port.id)
    there.shown[port.id] = asked_central.as_shown(port)
    return port


@pytest.mark.parametrize(('name', 'value'), CHANGES.items())
def test_a_change_is_centrals_first(
    region: regions.Region,
    there: asked_central.Central,
    port: Document,
    name: str,
    value: Any,
) -> None:
    admin = region.client(asked_central.PROJECT, clouds.ADMIN)

    changed = admin.update('port', port.id, **{name: value})

    assert changed[name] == value
    assert there.asked[-1] == ('update', port.id, {name: value}, None)


def test_who_may_not_change_it_here_does_not_ask_central(
    there: asked_central.Central, user: regions.Client, port: Document
) -> None:
    refused = asked_central.refused(
        lambda: user.update('port', port.id, hints=SAID['hints'])
    )

    assert refused.status == 403
    assert there.asked[-1][0] != 'update'


def test_what_is_said_of_a_new_port_is_said_to_central(
    region: regions.Region,
) -> None:
    said = request.to_central(
        neutron_context.get_admin_context(),
        {**SAID, 'network_id': 'n', 'binding:profile': {'a': 'b'}},
        'p',
        'RegionOne',
    )

    assert {key: said[key] for key in SAID} == SAID
    assert 'binding:profile' not in said


def test_what_is_at_its_default_is_not_said(region: regions.Region) -> None:
    said = request.to_central(
        neutron_context.get_admin_context(),
        {
            'network_id': 'n',
            'hints': None,
            'propagate_uplink_status': True,
        },
        'p',
        'RegionOne',
    )

    assert not {*said} & {*SAID}
