# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What the topology tells: regions, resources, and where each of them is."""

import dataclasses
import datetime
import enum

from tricircle.replica import data_path


class State(enum.StrEnum):
    """How a resource is in a region."""

    #: As central wants it.
    IN_SYNC = 'in_sync'
    #: The region has not confirmed what is wanted.
    PENDING = 'pending'
    #: As central wants it, but for what the region has no place for.
    OMITTED = 'omitted'
    #: The last attempt failed; there will be another.
    ERROR = 'error'
    #: An operator does not want it tried any more.
    ENDED = 'ended'
    #: The journal does not say.
    UNKNOWN = 'unknown'


@dataclasses.dataclass(frozen=True)
class Region:
    """A region, and what waits for it.

    :ivar state: how it is served
    :ivar answers: whether it answers XJob; None when nobody has looked lately
    :ivar answers_since: since when it does, or does not; None then, too
    :ivar contact_failure: why it does not
    :ivar pending: changes that it has not confirmed
    :ivar failing: those of them whose last attempt failed
    :ivar paused_at: since when an operator has all wait that is for it
    :ivar pause_reason: what for
    :ivar data_path: how its tunnels to other regions are
    """

    pod_id: str
    name: str
    state: str
    answers: bool | None
    answers_since: datetime.datetime | None
    contact_failure: str | None
    pending: int
    failing: int
    paused_at: datetime.datetime | None
    pause_reason: str | None
    data_path: data_path.Found


@dataclasses.dataclass(frozen=True)
class Resource:
    """A network or a router.

    :ivar type: of :mod:`tricircle.replica.types`
    :ivar bridge_of: ID of the router whose pieces meet on this network; None
        of any other
    """

    type: str
    id: str
    name: str
    project_id: str
    bridge_of: str | None


@dataclasses.dataclass(frozen=True)
class Place:
    """That a resource is in a region, or on its way there or away.

    :ivar replica_id: ID that the region has it under: of a router that of
        its piece there
    :ivar reason: why the last attempt failed
    :ivar omitted: fields that the region has no place for
    """

    resource_id: str
    replica_id: str
    pod_id: str
    state: State
    reason: str | None
    omitted: tuple[str, ...]


@dataclasses.dataclass(frozen=True, order=True)
class Link:
    """That a network is on a router.

    :ivar gateway: the router leaves by it
    """

    router_id: str
    network_id: str
    gateway: bool


@dataclasses.dataclass(frozen=True)
class Topology:
    """One page.

    :ivar resources: by ID
    :ivar links: of the routers among them, also to networks that are not
    :ivar marker: ID after which the next page begins, None of the last
    """

    regions: list[Region]
    resources: list[Resource]
    places: list[Place]
    links: list[Link]
    marker: str | None
