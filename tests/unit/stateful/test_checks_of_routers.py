# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""What routers do in regions that is not as central says is found."""

from typing import Any

import pytest

from tests.functional.stateful import model as models
from tests.functional.stateful.checks import resources as checks
from tests.functional.stateful.checks import routers as checks_of_routers
from tests.functional.stateful.checks.seen import Json
from tests.functional.stateful.checks.seen import Side
from tests.functional.stateful.checks.seen import Snapshot
from tests.functional.stateful.model import Known
from tests.functional.stateful.model import Made
from tests.functional.stateful.model import Outcome
from tests.functional.stateful.model import Removed
from tests.functional.stateful.model import Thing
from tests.unit.stateful.snapshots import kinds_of
from tests.unit.stateful.snapshots import model_of
from tests.unit.stateful.snapshots import ONE
from tests.unit.stateful.snapshots import port
from tests.unit.stateful.snapshots import side
from tests.unit.stateful.snapshots import snapshot
from tests.unit.stateful.snapshots import TWO

_EXTERNAL = {'id': 'e', 'availability_zone_hints': [ONE]}
_FLOATING_IP = {
    'id': 'f',
    'project_id': 'project',
    'floating_ip_address': 'outside',
    'port_id': None,
}


def _forwarding(**values: Any) -> Json:
    return {
        'id': 'pf',
        'project_id': 'project',
        'floating_ip_address': 'outside',
        'floating_network_id': 'e',
        'protocol': 'tcp',
        'port_id': 'p',
        'internal_ip_address': 'inside',
        'internal_port': 80,
        'external_port': 8080,
        **values,
    }


def _central(**values: Any) -> Side:
    return side(
        'central',
        port(),
        network=[_EXTERNAL],
        floatingip=[_FLOATING_IP],
        port_forwarding=[_forwarding(**values)],
    )


def _region(name: str, **values: Any) -> Side:
    return side(
        name,
        floatingip=[_FLOATING_IP],
        port_forwarding=[_forwarding(**values)],
    )


def _found(shown: Snapshot) -> set[str]:
    return kinds_of(
        [
            *checks_of_routers.port_forwardings(shown),
            *checks_of_routers.floating_ips(shown),
        ]
    )


_ANOTHER = {'port forwarding of a region is another'}


def test_a_port_forwarding_in_the_region_of_its_network_is_right() -> None:
    # In the region it is to the port of its router.
    shown = snapshot(_central(), _region(ONE, port_id='leg'), side(TWO))

    assert _found(shown) == set()


def test_a_port_forwarding_that_did_not_arrive() -> None:
    assert _found(snapshot(_central(), side(ONE), side(TWO))) == _ANOTHER


def test_a_port_forwarding_in_another_region() -> None:
    shown = snapshot(_central(), _region(ONE), _region(TWO))

    assert _found(shown) == _ANOTHER


@pytest.mark.parametrize(
    'values',
    [
        {'protocol': 'udp'},
        {'external_port': 1},
        {'internal_port': 1},
        {'internal_ip_address': 'another'},
        {'floating_ip_address': 'another'},
        {'id': 'another'},
    ],
)
def test_a_port_forwarding_that_missed_a_change(
    values: dict[str, Any],
) -> None:
    shown = snapshot(_central(), _region(ONE, **values), side(TWO))

    assert _found(shown) == _ANOTHER


def test_a_port_forwarding_that_was_left_in_its_region() -> None:
    shown = snapshot(side('central', network=[_EXTERNAL]), _region(ONE))

    assert _found(shown) == {*_ANOTHER, 'floating IP left in a region'}


def _made(**fields: Any) -> Made:
    values = {key: frozenset([value]) for key, value in fields.items()}
    return Made(Thing(models.FORWARDING, 'pf', 'project', values, parent='f'))


_PORT = Made(Thing(models.PORT, 'p', 'project', {}, network='n'))
_IP = Made(Thing(models.FLOATING_IP, 'f', 'project', {}))


def test_a_change_of_a_port_forwarding_that_central_lost() -> None:
    model = model_of(_PORT, _IP, _made(protocol='udp'))

    assert kinds_of(checks.promises(model, snapshot(_central()))) == {
        'port_forwarding has another protocol'
    }


def test_a_port_forwarding_goes_with_its_port() -> None:
    model = model_of(_PORT, _IP, _made(port_id='p'))
    model.take([[Removed('p', Outcome.DONE)]])

    model.drop_references()

    assert model.things['pf'].known is Known.GONE


def test_a_port_forwarding_goes_with_its_floating_ip() -> None:
    model = model_of(_PORT, _IP, _made(port_id='p'))

    model.take([[Removed('f', Outcome.DONE)]])

    assert model.things['pf'].known is Known.GONE
