# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Who runs what: central's programs and the regions' Neutrons."""

from collections.abc import Iterator
from typing import NamedTuple

from tricircle.cli.diagnosis import facts
from tricircle.replica import releases

_PROGRAMS = {
    'api': 'tricircle-api',
    'central': 'central Neutron',
    'xjob': 'tricircle-xjob',
}


class Party(NamedTuple):
    """Somebody who said what it runs.

    :ivar region: where it is
    :ivar who: what operators call it
    """

    region: str
    who: str
    release: releases.Release

    @property
    def major(self) -> int | None:
        """Number of the release, None when the version has none."""
        return releases.major(self.release.version)

    def __str__(self) -> str:
        return f'{self.who} {self.release.version}'


def of_central(found: facts.Facts) -> Iterator[Party]:
    """Yield central's programs."""
    for one in found.releases:
        program = str(one['program'])
        yield Party(
            found.central.region,
            f'{_PROGRAMS.get(program, program)} on {one["host"]}',
            releases.Release(str(one['version']), int(one['document_schema'])),
        )


def of_regions(found: facts.Facts) -> Iterator[Party]:
    """Yield the Neutrons of regions that have said what they run.

    Of those that are lost nothing is expected.
    """
    for one in found.statuses:
        # The Admin API of a release before has no word of it.
        if one['state'] != 'lost' and one.get('version') is not None:
            yield Party(
                one['region_name'],
                f'the Neutron of {one["region_name"]}',
                releases.Release(
                    str(one['version']), int(one['document_schema'])
                ),
            )
