# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The kinds of resources of central."""

from typing import Final

from tricircle.central import address_group
from tricircle.central import address_scope
from tricircle.central import subnet_pool
from tricircle.central import trunk
from tricircle.central.engine import kinds
from tricircle.central.group import kind as group
from tricircle.central.network import kind as network
from tricircle.central.port import kind as port
from tricircle.central.qos import kind as qos
from tricircle.central.router import kind as router

KINDS: Final[tuple[kinds.Kind, ...]] = (
    network.KIND,
    port.KIND,
    trunk.KIND,
    address_scope.KIND,
    subnet_pool.KIND,
    address_group.KIND,
    qos.KIND,
    group.KIND,
    router.KIND,
)
