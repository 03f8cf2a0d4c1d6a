# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A region with a network of its own, as XJob sees it."""

import copy
from typing import Any

from tricircle.client import region as region_client
from tricircle.plan.adoption import networks as adoption


def _refusal(status: int, name: str) -> region_client.ReplicaRefused:
    return region_client.ReplicaRefused(status, name, 'the reason')


class Region:
    """RegionOne, as XJob sees it.

    :ivar taken: digests with which the network was taken over
    :ivar reported: how often central was told of its ports
    :ivar changing: how many more times it changes before it is taken over
    :ivar failure: raised by every call
    """

    region_name = 'RegionOne'

    def __init__(self, found: adoption.Network) -> None:
        self.word: dict[str, Any] = {
            'network': found.network,
            'subnets': list(found.subnets),
            'ports': list(found.ports),
            'groups': list(found.groups),
            'floating_ips': [],
            'rbac': [],
        }
        self.revision = 1
        self.is_central = False
        self.changing = 0
        self.reported = 0
        self.looks = 0
        self.failure: Exception | None = None
        self.default_group: str | None = None

    def _answer(self, network_id: str) -> None:
        if self.failure is not None:
            raise self.failure
        if network_id != self.word['network']['id']:
            raise _refusal(404, 'NetworkNotFound')

    def own_network(self, network_id: str) -> dict[str, Any]:
        self._answer(network_id)
        self.looks += 1
        digest = str(self.revision)
        if self.changing:
            self.changing -= 1
            self.revision += 1
        return copy.deepcopy(
            {**self.word, 'digest': digest, 'is_central': self.is_central}
        )

    def take_over(
        self, network_id: str, digest: str, default_group: str | None
    ) -> None:
        self._answer(network_id)
        self.default_group = default_group
        if self.is_central:
            self.reported += 1
            return
        if digest != str(self.revision):
            raise _refusal(409, 'AdoptionOutdated')
        self.is_central = True

    def give_back(self, network_id: str) -> None:
        self._answer(network_id)
        self.is_central = False
