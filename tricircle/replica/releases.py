# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What a program runs: the release, as one side tells it to the other.

The rule for how far apart releases may be is that of OpenStack's rolling
upgrades: of a release and the one before it the programs work with each
other, and servers are upgraded before what they serve (Neutron,
``doc/source/contributor/internals/upgrade.rst``, "Rolling upgrade", and the
tag ``assert:supports-rolling-upgrade`` of OpenStack's governance). Central is
the server here, a region what is served. A release is the first number of a
version: one of OpenStack's releases raises it by one. Of documents the same
holds for their format, both ways (:mod:`tricircle.replica.document`).
"""

from collections.abc import Collection, Iterable
import dataclasses
import re
from typing import Any, Final

from tricircle.replica import document

#: As many fit the column of a database; Neutron has some two hundred.
_MOST: Final = 500
_WORD: Final = re.compile(r'[!-~]{1,64}', re.ASCII)
_MAJOR: Final = re.compile(r'(?:\d+!)?(\d{1,9})(?:\D|\Z)', re.ASCII)
_LARGEST: Final = 2**31 - 1
#: Extensions of central alone, and of what only it means.
_CENTRALS: Final = ('tricircle-', 'quota', 'network-segment-range')


class InvalidRelease(ValueError):
    """What a region says of its release cannot be read; the text says why."""


@dataclasses.dataclass(frozen=True)
class Release:
    """What a Neutron runs.

    :ivar version: of Tricircle
    :ivar document_schema: version of the format of documents
    :ivar extensions: aliases of the extensions of its API, in order
    """

    version: str
    document_schema: int
    extensions: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            'version': self.version,
            'document_schema': self.document_schema,
            'extensions': list(self.extensions),
        }


def own(version: str, extensions: Iterable[str] = ()) -> Release:
    """Return what this process runs.

    :param version: of Tricircle
    :param extensions: aliases
    """
    return Release(
        version, document.SCHEMA_VERSION, tuple(sorted(set(extensions)))
    )


def read(said: Any) -> Release:
    """Return what a region says; keys that are not known are let pass.

    It is written to the database and shown to operators: whatever is not in
    its form is refused, so that a region can hurt nobody by it.

    :param said: plain data
    :raises InvalidRelease: it is not in this form
    """
    if not isinstance(said, dict):
        raise InvalidRelease('the release is no object')
    version = said.get('version')
    schema = said.get('document_schema')
    extensions = said.get('extensions')
    if not isinstance(version, str) or not _is_word(version):
        raise InvalidRelease('version is no short text')
    if type(schema) is not int or not 0 <= schema <= _LARGEST:
        raise InvalidRelease('document_schema is no number')
    if (
        not isinstance(extensions, list)
        or len(extensions) > _MOST
        or not all(_is_word(one) for one in extensions)
    ):
        raise InvalidRelease('extensions are no list of short texts')
    return Release(version, schema, tuple(sorted(set(extensions))))


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def lacking(central: Collection[str], region: Collection[str]) -> list[str]:
    """Return the extensions of central that a region lacks, in order.

    What documents say for them is omitted there, and the state of each
    replica names it.
    """
    return sorted(
        alias
        for alias in set(central) - set(region)
        if not alias.startswith(_CENTRALS)
    )


def major(version: str) -> int | None:
    """Return the number of a version's release, None when it has none."""
    found = _MAJOR.match(version)
    return None if found is None else int(found.group(1))


def apart(central: Release, region: Release) -> str | None:
    """Return why a region does not go with a program of central's.

    None when it does: it is of the same release or the one before, and reads
    the same format of documents or one next to it. What has no number of a
    release is judged by the format alone.
    """
    if abs(central.document_schema - region.document_schema) > 1:
        return (
            f'documents of format {region.document_schema} and '
            f'{central.document_schema} are more than one apart'
        )
    ours, theirs = major(central.version), major(region.version)
    if ours is None or theirs is None:
        return None
    if theirs > ours:
        return 'a region is of a later release than central'
    if ours - theirs > 1:
        return 'the releases are more than one apart'
    return None
