# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The document of a security group's members elsewhere."""

from collections.abc import Iterable

import netaddr

from tricircle.replica.body import bodies


def cidr(address: str) -> str:
    """Return an address or prefix as Neutron has those of address groups."""
    network = netaddr.IPNetwork(address)
    return f'{network.network}/{network.prefixlen}'


def body(group_id: str, addresses: Iterable[str]) -> bodies.GroupMembersBody:
    """Return the body of the document of a group's members.

    :param addresses: fixed IPs and allowed address pairs of the ports that
        the region has not, in any order, any number of times
    """
    return bodies.GroupMembersBody(
        security_group_id=group_id,
        addresses=sorted({cidr(one) for one in addresses}),
    )
