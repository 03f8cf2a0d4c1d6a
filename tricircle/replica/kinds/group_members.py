# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Members of a security group elsewhere: what a region must know of them.

A rule that names a remote group lets in the ports of the group that the
region has, and those that this says. They are not in the group's document:
they change with ports, the group with its rules, and every port brings its
groups along.
"""

from typing import Final

from tricircle.replica import fields
from tricircle.replica import types

#: Of what a region cannot have, in the state of a replica.
ADDRESSES: Final = 'security_group_members.addresses'
KIND: Final = fields.Kind(
    type=types.GROUP_MEMBERS,
    named=lambda body: str(body['security_group_id']),
    schema=fields.record(
        security_group_id=fields.ID,
        addresses=fields.CIDRS,
    ),
)
