# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""Which releases go with each other, by OpenStack's rule."""

import dataclasses

import pytest

from tests.unit.cli.test_diagnosis import _CLOUD
from tests.unit.cli.test_diagnosis import in_program
from tests.unit.cli.test_diagnosis import in_status
from tests.unit.cli.test_diagnosis import status
from tricircle.cli.diagnosis import checkers
from tricircle.cli.diagnosis import facts

_MIXED = 'TRI0401'
_APART = 'TRI0402'


def numbers(known: facts.Facts) -> list[str]:
    return [one.number for one in checkers.findings(known)]


@pytest.mark.parametrize(
    ('version', 'found'),
    [
        ('9.1.0', []),
        ('9.2.0', [_MIXED]),
        ('8.0.0', [_MIXED]),
        ('7.9.9', [_MIXED, _APART]),
        # Servers are upgraded before what they serve.
        ('10.0.0', [_MIXED, _APART]),
        ('unnumbered', [_MIXED]),
    ],
)
def test_a_region_is_of_central_s_release_or_the_one_before(
    version: str, found: list[str]
) -> None:
    assert numbers(in_status(version=version)) == found


@pytest.mark.parametrize(
    ('version', 'found'),
    [
        ('8.0.0', [_MIXED, _APART]),
        ('10.0.0', [_MIXED]),
        ('11.0.0', [_MIXED, _APART, _APART]),
    ],
)
def test_central_s_programs_are_upgraded_one_by_one(
    version: str, found: list[str]
) -> None:
    """XJob of another release than the rest, a region of the rest's."""
    assert numbers(in_program('xjob', version=version)) == found


@pytest.mark.parametrize(
    ('schema', 'found'), [(0, []), (1, []), (2, []), (3, [_APART])]
)
def test_documents_of_formats_next_to_each_other_are_read_both_ways(
    schema: int, found: list[str]
) -> None:
    assert numbers(in_status(document_schema=schema)) == found


def test_a_region_too_far_from_several_programs_is_one_finding() -> None:
    (found,) = checkers.findings(in_status(version='7.0.0'), {_APART})

    assert 'RegionOne 7.0.0' in found.what
    assert 'tricircle-api on host1 9.1.0' in found.what


def test_of_a_lost_region_no_release_is_expected() -> None:
    lost = status(state='lost', version='1.0.0', release_failure='x')

    assert not numbers(dataclasses.replace(_CLOUD, statuses=(lost,)))


def test_an_admin_api_that_does_not_say_is_no_finding() -> None:
    old = {
        name: value
        for name, value in status().items()
        if name not in ('version', 'document_schema', 'release_failure')
    }

    known = dataclasses.replace(
        _CLOUD, statuses=(old,), releases=(), tables=None
    )

    assert not numbers(known)


@pytest.mark.parametrize(
    ('there', 'found'),
    [
        (None, ['TRI0403']),
        ('0016', ['TRI0403']),
        ('0017', []),
        ('0018', ['TRI0404']),
        # Of a branch that nobody knows.
        ('abc', []),
    ],
)
def test_tables_are_those_that_programs_are_made_for(
    there: str | None, found: list[str]
) -> None:
    assert numbers(dataclasses.replace(_CLOUD, tables=there)) == found


def test_only_the_programs_that_are_behind_the_tables_are_named() -> None:
    (found,) = checkers.findings(in_program('xjob', tables='0016'))

    assert found.number == 'TRI0404'
    assert 'xjob on host1 (0016)' in found.what
    assert 'api' not in found.what
