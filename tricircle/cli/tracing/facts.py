# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is known of two ports and of what is between them."""

from collections.abc import Collection, Mapping, Sequence
import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Packet:
    """What is sent.

    :ivar protocol: as in security group rules, ``icmp`` of IPv6 too
    :ivar port: to which it goes, None for one that knows none
    """

    protocol: str
    port: int | None = None


@dataclasses.dataclass(frozen=True)
class End:
    """One of two ports.

    :ivar body: as central has it
    :ivar region: the region that it is in, '' when it is in none
    :ivar state: what central knows of it in its region; None when it is in
        none
    :ivar here: as its region has it, None when that does not tell
    :ivar agent: of its host, None when there is none
    :ivar groups: its security groups, as central has them
    :ivar knows: the other as its region's agents are told of it: a shadow
        port of a document, None when they are told of none
    """

    body: Mapping[str, Any]
    region: str
    state: Mapping[str, Any] | None
    here: Mapping[str, Any] | None
    agent: Mapping[str, Any] | None
    groups: Sequence[Mapping[str, Any]]
    knows: Mapping[str, Any] | None

    @property
    def id(self) -> str:
        """ID of the port."""
        return str(self.body['id'])

    @property
    def addresses(self) -> list[str]:
        """All its addresses."""
        return [str(one['ip_address']) for one in self.body['fixed_ips']]


@dataclasses.dataclass(frozen=True)
class Between:
    """What both ports need.

    :ivar kind: of resource
    :ivar name: name and ID
    :ivar states: what central knows of it in regions, by region
    :ivar there: regions of the two ports that have it, whether central
        has heard of that or not
    """

    kind: str
    name: str
    states: Mapping[str, Mapping[str, Any]]
    there: Collection[str]


@dataclasses.dataclass(frozen=True)
class Facts:
    """Two ports, and what is between them.

    :ivar networks: that of the first, and that of the second if it is another
    :ivar routers: those that have an interface on both networks; not asked
        for where both are on one
    :ivar is_tunnelled: packets between regions go through tunnels
    :ivar untold: why a region did not tell all that it was asked, by its name
    """

    first: End
    second: End
    networks: Sequence[Between]
    routers: Sequence[Between]
    is_tunnelled: bool
    untold: Mapping[str, str] = dataclasses.field(default_factory=dict)
