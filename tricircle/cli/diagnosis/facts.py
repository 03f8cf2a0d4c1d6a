# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is known of a cloud when it is looked at."""

from collections.abc import Callable, Iterator, Mapping, Sequence
import dataclasses
import datetime
import enum
from typing import Any


class Stage(enum.IntEnum):
    """How far somebody came who called an endpoint."""

    CATALOGUE = 0
    NAME = 1
    CONNECTION = 2
    TLS = 3
    HTTP = 4


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """An endpoint as it is seen from here.

    :ivar url: as the catalogue has it, '' when it has none
    :ivar failed: the stage that failed, None when there is an answer
    :ivar error: how it failed
    :ivar status: of the answer, None without one
    :ivar clock: seconds by which its clock is before ours, None when it
        does not tell
    :ivar certificate_ends: when its certificate does, None without one
    """

    url: str
    failed: Stage | None = None
    error: str = ''
    status: int | None = None
    clock: float | None = None
    certificate_ends: datetime.datetime | None = None

    @property
    def host(self) -> str:
        """The part of the URL that names host and port."""
        return self.url.partition('://')[2].partition('/')[0]


@dataclasses.dataclass(frozen=True)
class Neutron:
    """The Neutron of a region, or central.

    :ivar extensions: aliases, None when it does not tell
    :ivar agents: as the API has them, None when it does not tell
    :ivar clashes: of networks of its own with central's, as the Admin API
        has them
    """

    region: str
    endpoint: Endpoint
    extensions: frozenset[str] | None = None
    agents: Sequence[Mapping[str, Any]] | None = None
    clashes: Sequence[Mapping[str, Any]] = ()


@dataclasses.dataclass(frozen=True)
class Facts:
    """A cloud.

    :ivar at: when it was looked at, UTC
    :ivar central: central's Neutron
    :ivar regions: those of the regions that are looked at
    :ivar pods: of these regions and of central, as the Admin API has them
    :ivar statuses: of these regions, as the Admin API has them
    :ivar releases: of central's programs, as the Admin API has them; none
        from one that does not say
    :ivar tables: version of central's tables, None when it is not said
    """

    at: datetime.datetime
    central: Neutron
    regions: Sequence[Neutron]
    pods: Sequence[Mapping[str, Any]]
    statuses: Sequence[Mapping[str, Any]]
    releases: Sequence[Mapping[str, Any]] = ()
    tables: str | None = None

    @property
    def neutrons(self) -> Sequence[Neutron]:
        """Central's Neutron and those of the regions."""
        return (self.central, *self.regions)

    def answered(self, is_so: Callable[[int], bool]) -> Iterator[Neutron]:
        """Yield those whose endpoint answers with a status that is so."""
        return (
            one
            for one in self.neutrons
            if one.endpoint.status is not None and is_so(one.endpoint.status)
        )

    def failed_at(self, stage: Stage) -> Iterator[Neutron]:
        """Yield those whose endpoint fails at a stage."""
        return (one for one in self.neutrons if one.endpoint.failed is stage)
