# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which versions of an API all regions have, and which one a request means.

The rules are those of the API SIG's microversion specification. Pure.
"""

from collections.abc import Iterable, Mapping
import dataclasses
from typing import Final

import microversion_parse

#: What a request that names none means.
LATEST: Final = 'latest'
_LEGACY: Final = {'compute': ['X-OpenStack-Nova-API-Version']}


class NotAcceptable(Exception):
    """No region, or not each of them, has the version of a request."""


class Malformed(Exception):
    """What a request names is no version."""


@dataclasses.dataclass(frozen=True, order=True)
class Version:
    """A version such as 2.104."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> 'Version':
        """Return a version.

        :raises ValueError: it is none
        """
        found = microversion_parse.parse_version_string(text)
        return cls(found.major, found.minor)

    def __str__(self) -> str:
        return f'{self.major}.{self.minor}'


@dataclasses.dataclass(frozen=True)
class Range:
    """The versions that one region has, or all of them."""

    least: Version
    most: Version


def in_all(ranges: Iterable[Range]) -> Range | None:
    """Return what all regions have; None where they have nothing in common.

    :param ranges: of each region
    """
    found = list(ranges)
    if not found:
        return None
    both = Range(
        max(one.least for one in found), min(one.most for one in found)
    )
    return both if both.least <= both.most else None


def wanted(
    headers: Mapping[str, str], service: str, offered: Range
) -> Version:
    """Return the version that a request means.

    :param service: type of the service, such as ``compute``
    :raises Malformed: what it names is no version
    :raises NotAcceptable: not every region has it
    """
    try:
        said = microversion_parse.get_version(
            dict(headers),
            service_type=service,
            legacy_headers=_LEGACY.get(service),
        )
        if said is None:
            return offered.least
        if said == LATEST:
            return offered.most
        version = Version.parse(said)
    except (TypeError, ValueError) as exc:
        raise Malformed(
            'API Version String is of invalid format. Must be of format '
            'MajorNum.MinorNum.'
        ) from exc
    if not offered.least <= version <= offered.most:
        raise NotAcceptable(
            f'Version {version} is not supported by the API. Minimum is '
            f'{offered.least} and maximum is {offered.most}.'
        )
    return version
