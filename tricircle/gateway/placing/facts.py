# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is known when something is placed: of the regions, and of the wish."""

from collections.abc import Mapping, Sequence
import dataclasses
import datetime


@dataclasses.dataclass(frozen=True)
class Pod:
    """A region that resources can be placed in.

    :ivar region_name: as Keystone has it
    :ivar az_name: availability zone that users name
    :ivar own_zone: what the region itself calls it, '' for its default
    :ivar away: why it takes nothing now, '' when it does
    :ivar pod_id: ID of its pod
    :ivar created_at: since when it is a pod, in UTC without a zone; None when
        that was not noted yet
    :ivar affinity: key and value of the extra specs of flavors that it is
        for, None for all others
    """

    region_name: str
    az_name: str
    own_zone: str = ''
    away: str = ''
    pod_id: str = ''
    created_at: datetime.datetime | None = None
    affinity: tuple[str, str] | None = None


@dataclasses.dataclass(frozen=True)
class Flavor:
    """A flavor as a region has it.

    :ivar specs: extra specs; None when they are not told
    :ivar resources: amounts by class of Placement
    :ivar required: traits of Placement
    :ivar root_disk: GiB of DISK_GB that a volume may take the place of
    :ivar mixed: processors of which some are dedicated, so that it is not
        told how many are of which class; else 0
    """

    specs: Mapping[str, str] | None
    resources: Mapping[str, int]
    required: frozenset[str] = frozenset()
    root_disk: int = 0
    mixed: int = 0


@dataclasses.dataclass(frozen=True)
class Wish:
    """What a request says of the place, and what is known for it.

    :ivar zone: availability zone or region, '' for any
    :ivar scopes: regions that each network, by what it is called in errors,
        may be in; a network that names none may be in all
    :ivar homes: regions where something that is needed is, such as a port, a
        volume or a server group, by what it is called in errors
    :ivar bound: regions where the project has something already, the
        preferred one first
    :ivar standing: IDs of the pods that the project is bound to
    :ivar room: hosts that have room for it, by region, as far as is known
    :ivar flavor: ID of a flavor, '' of none
    :ivar flavors: that flavor by region, as far as is known; None where there
        is none
    :ivar image: ID of an image, '' of none
    :ivar images: whether that is there, by region, as far as is known
    :ivar affinities: keys of extra specs that any pod is for
    """

    zone: str = ''
    scopes: Mapping[str, frozenset[str]] = dataclasses.field(
        default_factory=dict
    )
    homes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    bound: Sequence[str] = ()
    standing: frozenset[str] = frozenset()
    room: Mapping[str, int] = dataclasses.field(default_factory=dict)
    flavor: str = ''
    flavors: Mapping[str, Flavor | None] = dataclasses.field(
        default_factory=dict
    )
    image: str = ''
    images: Mapping[str, bool] = dataclasses.field(default_factory=dict)
    affinities: frozenset[str] = frozenset()
