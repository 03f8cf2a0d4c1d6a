# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What users of a region say of ports, through Neutron's API there.

Central knows the port and its network, and refuses to make another.
"""

import json
import time
from typing import Any
from unittest import mock

import hypothesis
from hypothesis import strategies as st
import pytest

from tests.unit.hostile import inputs
from tests.unit.local import documents
from tests.unit.one_region import asked_central
from tests.unit.one_region import region as regions
from tricircle.client import central
from tricircle.client import central_errors
from tricircle.local.port import request
from tricircle.replica import held_ports

EXAMPLES = 60
#: Seconds that no request takes, however busy the machine is.
DEADLINE = 20.0

_TABLES = ('networks', 'ports', 'tricircle_replicas', 'tricircle_outbox')
#: What is settled with central before Neutron's plugin has it. Of what is no
#: MAC address at all, any Neutron makes a 500.
_ATTRIBUTES = (
    *(one for one in request.SENT if one != 'mac_address'),
    'id',
    'tricircle:region',
    'binding:host_id',
)


def _is_json(value: Any) -> bool:
    # Of half a character any Neutron makes a 500 as well.
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return False
    return True


_VALUES = st.one_of(
    inputs.values.filter(_is_json),
    st.sampled_from(
        [
            'compute:shadow',
            'network:dhcp',
            '../replicas/port/x',
            [{'ip_address': '10.0.0.5', 'subnet_id': '../x'}],
            [{'port_id': {}}],
            *held_ports.DEVICE_IDS,
        ]
    ),
)


def _rows(region: regions.Region) -> dict[str, int]:
    return {
        table: int(
            region.database.query(f'SELECT COUNT(*) AS n FROM {table}')[0]['n']  # noqa: S608
        )
        for table in _TABLES
    }


@pytest.fixture
def port(
    there: asked_central.Central, user: regions.Client
) -> documents.Document:
    return asked_central.port_that_can_come(there, user)


def test_no_attribute_of_a_port_is_too_much(
    region: regions.Region,
    there: asked_central.Central,
    user: regions.Client,
    port: documents.Document,
) -> None:
    user.show('port', port.id)
    network_id = port.body['port']['network_id']
    there.shown[port.id] = asked_central.as_shown(port)
    secret = region.client('stranger').create_network(name='secret')['id']

    @hypothesis.settings(max_examples=EXAMPLES)
    @hypothesis.given(
        said=st.dictionaries(
            st.sampled_from(_ATTRIBUTES), _VALUES, min_size=1, max_size=3
        ),
        how=st.sampled_from(['POST', 'bulk', 'PUT']),
    )
    def run(said: dict[str, Any], how: str) -> None:
        before = _rows(region)
        began = time.monotonic()
        if how == 'PUT':
            answer = user.request('PUT', f'/ports/{port.id}', {'port': said})
        else:
            body = {'network_id': network_id, **said}
            answer = user.request(
                'POST',
                '/ports',
                {'ports': [body] * 2} if how == 'bulk' else {'port': body},
            )

        assert time.monotonic() - began < DEADLINE
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert _rows(region) == before
        assert secret not in answer.text

    full = central_errors.CentralError(409, 'OverQuota', 'no more')
    with mock.patch.object(
        central.CentralClient, 'allocate', autospec=True, side_effect=full
    ):
        run()
