# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What a tenant reads of a reason."""

import pytest

from tricircle.replica import redaction

OWN = '4bd0c5f2-1a47-4e0f-9f0e-3f8f6d0a7c11'
OTHER = '9d3c5f62-7a41-4f38-8f1e-2f4f1d7b6a10'


@pytest.mark.parametrize(
    'reason, shown',
    [
        (
            'RegionTwo does not answer: Unable to establish connection to '
            'http://10.20.0.3:9696/v2.0/replicas/network/x: '
            "HTTPConnectionPool(host='10.20.0.3', port=9696): Max retries",
            'RegionTwo does not answer: Unable to establish connection to '
            '<URL> <address>: Max retries',
        ),
        (
            f'409 PortInUse: port {OTHER} of network {OWN} is in use',
            f'409 PortInUse: port <ID> of network {OWN} is in use',
        ),
        (
            'project ' + '0123456789abcdef' * 2 + ' has none',
            'project <ID> has none',
        ),
        ('it is bound to compute-3.cell1', 'it is bound to <host>'),
        (
            'Binding failed on host compute-3 for it',
            'Binding failed on host <host> for it',
        ),
        ('rabbit.inside:5672 is away', '<address> is away'),
        ('[fd00::1]:9696 is away', '<address> is away'),
        # What is the tenant's own, or says nothing.
        (
            'IP address 100.0.0.1 already allocated in fd00::/64',
            'IP address 100.0.0.1 already allocated in fd00::/64',
        ),
        ('MAC fa:16:3e:00:00:01 is taken', 'MAC fa:16:3e:00:00:01 is taken'),
        ("physical_network 'bridge' unknown",) * 2,
    ],
)
def test_a_reason_holds_nothing_of_the_inside(reason, shown):
    assert redaction.for_tenants(reason, OWN) == shown
