# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What the ledger keeps of a port, and of which host that holds."""

import json

from tricircle.local.port import detail


def test_an_address_is_known_of_the_host_that_it_was_told_of() -> None:
    kept = detail.told(None, '192.0.2.1', 'a', used=True)

    assert detail.known_address(kept, 'a') == '192.0.2.1'
    assert detail.known_address(kept, 'b') is None
    assert detail.told_address(kept) == '192.0.2.1'


def test_what_an_earlier_release_told_is_of_the_host_that_a_port_is_on() -> (
    None
):
    kept = json.dumps({'tunnel_ip': '192.0.2.1'})

    assert detail.known_address(kept, 'a') == '192.0.2.1'
    assert detail.known_address(None, 'a') is None


def test_what_central_was_told_leaves_what_a_routers_port_is() -> None:
    kept = detail.told(
        json.dumps({'kind': 'interface', detail.SHOWN: True}),
        '192.0.2.1',
        'a',
        used=True,
    )

    assert detail.is_shown(kept)
    assert not detail.is_shown(None)
    assert json.loads(kept)['kind'] == 'interface'
