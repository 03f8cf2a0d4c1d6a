# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a request costs in central, beside what it costs in plain ML2."""

from collections.abc import Callable
from typing import Any
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional.conformance import recording
from tests.functional.conformance.sides import Sides

#: Most that central may cost, in times of plain ML2.
MOST = 1.2

Measured = dict[str, int]


def _measure(neutron: clouds.NeutronProcess) -> Measured:
    user = neutron.client(uuid.uuid4().hex)
    # The first group, the first everything: not counted.
    other = user.create_network()
    user.create_subnet(other['id'], '10.9.0.0/24')
    user.create_port(other['id'])
    counts: Measured = {}

    def count(name: str, act: Callable[[], Any]) -> Any:
        with neutron.count_statements() as counted:
            result = act()
        counts[name] = counted.count.total
        return result

    network = count('create network', user.create_network)
    subnet = count(
        'create subnet',
        lambda: user.create_subnet(network['id'], '10.1.0.0/24'),
    )
    port = count('create port', lambda: user.create_port(network['id']))

    def all_of(kind: str, id_: str) -> None:
        def update() -> Any:
            return user.update(kind, id_, name='n')

        count(f'show {kind}', lambda: user.show(kind, id_))
        count(f'list {kind}s', lambda: user.list(kind))
        count(f'update {kind}', update)

    all_of('network', network['id'])
    all_of('subnet', subnet['id'])
    all_of('port', port['id'])
    count('delete port', lambda: user.remove('port', port['id']))
    count('delete subnet', lambda: user.remove('subnet', subnet['id']))
    count('delete network', lambda: user.remove('network', network['id']))
    return counts


@pytest.fixture(scope='module')
def costs(sides: Sides) -> tuple[Measured, Measured]:
    """Statements of each request in plain ML2, and in central."""
    _measure(sides.central)
    central = _measure(sides.central)
    recorded = sides.recorded.costs
    if sides.plain is None:
        return recorded, central
    _measure(sides.plain)
    plain = _measure(sides.plain)
    if sides.how is recording.How.RECORD:
        recorded.update(plain)
    return plain, central


@pytest.mark.parametrize(
    'request_',
    [
        'create network',
        'create subnet',
        'create port',
        'show network',
        'list networks',
        'update network',
        'update subnet',
        'update port',
        'delete port',
        'delete subnet',
        'delete network',
    ],
)
def test_statements(costs: tuple[Measured, Measured], request_: str) -> None:
    plain, central = costs

    assert central[request_] <= MOST * plain[request_], (
        f'{request_}: {central[request_]} statements, plain {plain[request_]}'
    )
