# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The kinds of resources of a region."""

from typing import Final

from tricircle.local import address_group
from tricircle.local import address_scope
from tricircle.local import group_members
from tricircle.local import subnet_pool
from tricircle.local.engine import kinds
from tricircle.local.group import kind as group
from tricircle.local.network import kind as network
from tricircle.local.port import kind as port
from tricircle.local.qos import kind as qos
from tricircle.local.router import kind as router
from tricircle.local.shadow import kind as shadow
from tricircle.local.trunk import kind as trunk

KINDS: Final[tuple[kinds.Kind, ...]] = (
    network.KIND,
    port.KIND,
    trunk.KIND,
    address_scope.KIND,
    subnet_pool.KIND,
    address_group.KIND,
    qos.KIND,
    group.KIND,
    group_members.KIND,
    shadow.KIND,
    router.KIND,
)
