# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a soak makes of requests whose answers were lost."""

import types
from typing import Any

from openstack import exceptions
import pytest

from lab.soak import actions
from lab.soak import steps


class Network:
    """A Neutron that adds an interface, or not, and dies before it answers.

    It answers from the second request on.
    """

    def __init__(self, done: bool) -> None:
        self._done = done
        self.asked = 0
        self._ports: list[Any] = []

    def add_interface_to_router(self, router: str, subnet_id: str) -> None:
        self.asked += 1
        if self._ports:
            raise exceptions.BadRequestException(http_status=400)
        if self._done or self.asked > 1:
            fixed = [{'subnet_id': subnet_id, 'ip_address': '10.0.0.1'}]
            self._ports = [types.SimpleNamespace(fixed_ips=fixed)]
        if self.asked == 1:
            raise exceptions.SDKException('the connection broke')

    def ports(self, device_id: str) -> list[Any]:
        return self._ports


@pytest.mark.parametrize(('done', 'asked'), [(True, 1), (False, 2)])
def test_an_interface_is_added_once(
    monkeypatch: pytest.MonkeyPatch, done: bool, asked: int
) -> None:
    monkeypatch.setattr(actions.time, 'sleep', lambda _seconds: None)
    network = Network(done)
    connection = types.SimpleNamespace(network=network)
    lab: Any = None
    doing = actions.Actions(
        lab, lambda _place: connection, 'external', 'life', lambda: True
    )
    for kind, name in ((steps.ROUTER, 'r'), (steps.SUBNET, 's')):
        doing.world.taken(steps.Step(steps.CREATE, kind, name), name)

    doing.take(steps.Step(steps.PLUG, steps.ROUTER, 'r', on=('s',)))

    assert network.asked == asked
