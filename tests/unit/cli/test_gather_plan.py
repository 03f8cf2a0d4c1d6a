# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What ``multiregion networking gather`` plans to ask."""

import pytest

from tricircle.cli.gathering import questions


def plan(**wanted: object) -> tuple[questions.Question, ...]:
    """Return what is asked of central and one region."""
    return questions.others(
        questions.Wanted('Central', ('One',), **wanted)  # type: ignore[arg-type]
    )


def test_no_two_questions_have_one_file() -> None:
    found = plan(
        only=('One', 'Two'),
        gone=(('p1', 'One'),),
        resources=(
            questions.Resource('network', 'n1', 'networks'),
            questions.Resource('port', 'n1', 'ports'),
        ),
    )

    files = [one.file for one in (questions.pods('Central'), *found)]
    assert len(files) == len(set(files))


def test_no_resource_is_named_unless_it_is_asked_for() -> None:
    paths = {one.path for one in plan() if one.how is questions.How.GET}

    assert paths == {'/extensions', '/agents', '/statuses', '/releases'}


def test_a_region_is_asked_for_its_replica_and_for_nothing_by_id() -> None:
    found = plan(resources=(questions.Resource('port', 'n1', 'ports'),))

    of_region = [
        one.path for one in found if one.of == 'One' and 'n1' in one.path
    ]
    assert of_region == ['/replicas/port/n1']


def test_a_lane_has_all_of_one_in_their_order() -> None:
    lanes = questions.lanes(plan())

    assert [{one.of for one in lane} for lane in lanes] == [
        {'client'},
        {'Admin API'},
        {'Central'},
        {'One'},
    ]


@pytest.mark.parametrize(
    ('text', 'found'),
    [('90', 90), ('90s', 90), ('30m', 1800), ('2h', 7200), ('3D', 259200)],
)
def test_times_are_read(text: str, found: int) -> None:
    assert questions.seconds(text) == found


@pytest.mark.parametrize('text', ['', 'h', '-1', '1.5h', '1w', '9' * 10])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match='is no time'):
        questions.seconds(text)


@pytest.mark.parametrize(
    ('name', 'part'),
    [
        ('RegionOne', 'RegionOne'),
        ('eu/west', 'eu%2Fwest'),
        ('..', '%2E%2E'),
        ('eu.west', 'eu.west'),
    ],
)
def test_a_name_is_one_part_of_a_path(name: str, part: str) -> None:
    assert questions.part(name) == part


@pytest.mark.parametrize(
    ('named', 'found'), [('Top', 'Top'), (None, 'C'), ('', 'C')]
)
def test_central_is_named_or_the_pod_without_a_zone(
    named: str | None, found: str
) -> None:
    pods = [
        {'region_name': 'R', 'az_name': 'az'},
        {'region_name': 'C', 'az_name': ''},
    ]

    assert questions.central_of(pods, named) == found
