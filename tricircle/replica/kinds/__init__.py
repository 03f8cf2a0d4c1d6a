# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Kinds of resources, as both sides know them: one module each.

In come names, field tables and schemas; nothing of either side.
"""

from typing import Final

from tricircle.replica.fields import Kind
from tricircle.replica.kinds import address_group
from tricircle.replica.kinds import address_scope
from tricircle.replica.kinds import group
from tricircle.replica.kinds import group_members
from tricircle.replica.kinds import network
from tricircle.replica.kinds import port
from tricircle.replica.kinds import qos_policy
from tricircle.replica.kinds import router
from tricircle.replica.kinds import shadow
from tricircle.replica.kinds import subnet_pool
from tricircle.replica.kinds import trunk

#: In the order in which they depend on each other.
KINDS: Final[tuple[Kind, ...]] = (
    address_scope.KIND,
    subnet_pool.KIND,
    address_group.KIND,
    qos_policy.KIND,
    group.KIND,
    group_members.KIND,
    network.KIND,
    port.KIND,
    trunk.KIND,
    shadow.KIND,
    router.KIND,
)
BY_TYPE: Final = {one.type: one for one in KINDS}
#: Collections of central's API with the sub-resource ``replicas``, by type.
COLLECTIONS: Final = {
    one.type: one.collection for one in KINDS if one.collection
}
