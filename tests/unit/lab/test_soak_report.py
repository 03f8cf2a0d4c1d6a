# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What a soak says of itself."""

import json

import pytest

from lab import log_surprises
from lab.soak import report as reports

FAILURE = reports.Failure(
    'ab:0:1',
    'soak0-1f',
    '2026-11-28 08:00:00',
    'step 2, delete network net1',
    ('RegionOne: network net1 is there, though it was deleted',),
    ('create network net1 55ee', 'delete network net1 55ee'),
)


def report(**more: object) -> reports.Report:
    found = reports.Report('ab', 2.0, 3, steps=10, lives=2)
    for name, value in more.items():
        setattr(found, name, value)
    return found


def surprise() -> log_surprises.Surprise:
    (found,) = log_surprises.grouped(
        log_surprises.failures('s', ['DAMN ! worker 1 died'])
    )
    return found


def test_all_is_well_when_nothing_failed_and_nothing_is_left() -> None:
    assert report().ok


@pytest.mark.parametrize(
    'more',
    [
        {'steps': 0},
        {'failures': [FAILURE]},
        {'left': ['RegionOne: port 1']},
        {'surprises': [surprise()]},
    ],
)
def test_anything_else_is_not(more: dict[str, object]) -> None:
    assert not report(**more).ok


def test_a_failure_can_be_done_again_by_what_is_told_of_it() -> None:
    told = report(failures=[FAILURE]).text()

    assert 'seed ab' in told
    assert '2026-11-28 08:00:00 life ab:0:1 of soak0-1f' in told
    assert 'though it was deleted' in told
    assert 'delete network net1 55ee' in told


def test_memory_is_told_at_both_ends() -> None:
    memory = reports.compared({'central': 183, 'gone': 5}, {'central': 370})

    assert memory == {'central': (183, 370), 'gone': (5, 0)}
    assert 'central   183   370  +187' in report(memory=memory).text()


def test_the_report_is_plain_data() -> None:
    found = report(
        failures=[FAILURE],
        left=['x'],
        memory={'central': (1, 2)},
        surprises=[surprise()],
    ).data()

    data = json.loads(json.dumps(found))
    assert not data['ok']
    assert data['memory'] == {'central': {'start': 1, 'end': 2}}
    assert data['failures'][0]['seed'] == 'ab:0:1'
    assert data['surprises'][0]['services'] == {'s': 1}


def test_a_long_list_is_cut() -> None:
    told = report(left=[f'port {number}' for number in range(50)]).text()

    assert 'left behind: 50' in told
    assert 'port 39' in told
    assert 'port 40' not in told
    assert 'and 10 more' in told
