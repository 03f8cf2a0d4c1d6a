# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What sets the APIs that the gateway offers apart from one another. Data."""

from collections.abc import Callable, Mapping, Sequence
import dataclasses
from typing import Any, Final

from tricircle.api import faults
from tricircle.gateway.answer import merging
from tricircle.gateway.api import microversions
from tricircle.gateway.api import routes

#: What Nova and Cinder call errors, and what they have none of.
FAULTS: Final[Mapping[int, str]] = {
    **faults.TYPES,
    406: 'notAcceptable',
    501: 'notImplemented',
    504: 'gatewayTimeout',
}


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of resource, each of which is in one region.

    :ivar path: of its list; one of them is below it
    :ivar key: what an answer with one of them has it in
    :ivar nothing: what the API says where there is none, {} for its ID
    :ivar short: fields in the short list, where that says nothing that could
        be compared, so that regions are asked for the long one; () where
        they are asked as the client asks
    :ivar links: key of the links of a list, '' for its name and ``_links``
    :ivar is_ordered: whether its lists say by what they are sorted; else they
        come region by region
    :ivar takes_zone: whether a request for a new one may name a zone, and a
        filter of a list as well
    :ivar near: kinds whose places a new one of a project is drawn to
    """

    path: str
    key: str
    nothing: str
    short: tuple[str, ...] = ()
    links: str = ''
    is_ordered: bool = True
    takes_zone: bool = False
    near: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Service:
    """An API that the gateway offers.

    :ivar type: as in the catalogue
    :ivar version: first part of its paths, such as ``v2.1``
    :ivar word: before a version in ``OpenStack-API-Version``
    :ivar document: ID and date of that version, as its document says
    :ivar choices: status of the list of versions at the root
    :ivar has_version: whether the document of a version is the version
        alone, else a list of one
    :ivar routes: what is done at which path
    :ivar kinds: by what routes and homes call them
    :ivar order: the order that the query of a list asks for
    :ivar zone_field: of a resource, in answers
    :ivar bad_limit: what is said of a limit that is none, {} for it
    :ivar all_by_zero: whether a limit of 0 is none
    :ivar skips_by_offset: whether ``offset`` leaves out the first of a list
    :ivar lost_marker: status and text where there is no such marker, {} for
        it; None for what is said where there is no such resource
    :ivar lost_zone: what is said where no pod has a zone, {} for the zone;
        '' for what left out which region
    :ivar faults: names of errors, by status
    :ivar unknown_from: version from which lists have what is in regions that
        are away, by what is noted of it; None where none has
    """

    type: str
    version: str
    word: str
    document: tuple[str, str]
    choices: int
    has_version: bool
    routes: Sequence[routes.Route]
    kinds: Mapping[str, Kind]
    order: Callable[[Any], merging.Order]
    zone_field: str
    bad_limit: str
    all_by_zero: bool
    skips_by_offset: bool
    lost_marker: tuple[int, str] | None = None
    lost_zone: str = ''
    unknown_from: microversions.Version | None = None
    faults: Mapping[int, str] = dataclasses.field(
        default_factory=lambda: FAULTS
    )
