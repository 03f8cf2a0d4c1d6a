# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What is found in the logs of services, and by what it is grouped."""

import datetime

import pytest

from lab import log_surprises

_AT = '2026-11-28 08:12:35.974 6554'
_REQUEST = '[None req-6bedc67b-7256-4faf-ad3c-1b3c02ddf6a0 - - - - - -]'


def found(text: str) -> list[log_surprises.Failure]:
    return list(log_surprises.failures('nova-api', text.splitlines()))


def test_a_log_without_errors_has_none() -> None:
    assert (
        found(
            f'{_AT} INFO nova.api {_REQUEST} ERROR is what it says\n'
            f'{_AT} WARNING nova.api [-] 1 of 2\n'
            'DEPRECATED: to be removed: Error\n'
        )
        == []
    )


@pytest.mark.parametrize('level', ['ERROR', 'CRITICAL'])
def test_an_error_without_a_traceback_is_its_own_cause(level: str) -> None:
    (one,) = found(f'{_AT} {level} nova.api {_REQUEST} No host: x')

    assert one == log_surprises.Failure(
        'nova-api',
        level,
        'nova.api',
        'No host: x',
        'No host: x',
        datetime.datetime(2026, 11, 28, 8, 12, 35, 974000),
        False,
    )


def test_the_cause_of_a_traceback_is_its_last_exception() -> None:
    (one,) = found(
        f'{_AT} ERROR nova.api {_REQUEST} Failed: ValueError: b\n'
        f'{_AT} ERROR nova.api Traceback (most recent call last):\n'
        f'{_AT} ERROR nova.api   File "a.py", line 1, in f\n'
        f'{_AT} ERROR nova.api     raise KeyError()\n'
        f'{_AT} ERROR nova.api KeyError: a\n'
        f'{_AT} ERROR nova.api \n'
        f'{_AT} ERROR nova.api During handling of the above exception, '
        'another exception occurred:\n'
        f'{_AT} ERROR nova.api \n'
        f'{_AT} ERROR nova.api Traceback (most recent call last):\n'
        f'{_AT} ERROR nova.api   File "a.py", line 2, in f\n'
        f'{_AT} ERROR nova.api sqlalchemy.exc.Error: (1) gone\n'
        f'{_AT} ERROR nova.api [SQL: SELECT 1]\n'
        f'{_AT} ERROR nova.api \n'
        f'{_AT} INFO nova.api {_REQUEST} on it goes\n'
    )

    assert one.text == 'Failed: ValueError: b'
    assert one.cause == 'sqlalchemy.exc.Error: (1) gone'
    assert one.traceback


def test_a_traceback_after_a_warning_is_found() -> None:
    (one,) = found(
        f'{_AT} WARNING nova.api {_REQUEST} Failed\n'
        f'{_AT} ERROR nova.api Traceback (most recent call last):\n'
        f'{_AT} ERROR nova.api KeyError: a\n'
    )

    assert (one.level, one.cause) == ('WARNING', 'KeyError: a')


def test_what_nova_adds_of_an_instance_is_not_in_the_cause() -> None:
    instance = '[instance: 81709081-6c4c-4be1-89af-c8b55c10c01f]'
    (one,) = found(
        f'{_AT} ERROR nova.api {_REQUEST} {instance} Failed\n'
        f'{_AT} ERROR nova.api {instance} Traceback (most recent call last):\n'
        f'{_AT} ERROR nova.api {instance} KeyError: a\n'
    )

    assert one.cause == 'KeyError: a'


def test_two_errors_in_a_row_are_two() -> None:
    assert [
        one.text
        for one in found(
            f'{_AT} ERROR nova.api {_REQUEST} one\n'
            f'{_AT} ERROR nova.api [-] two\n'
        )
    ] == ['one', 'two']


def test_a_traceback_that_no_logger_wrote_has_the_time_before_it() -> None:
    (one,) = found(
        f'{_AT} INFO nova.api {_REQUEST} all is well\n'
        'Exception ignored in: <function f>\n'
        'Traceback (most recent call last):\n'
        '  File "a.py", line 1, in f\n'
        '    g()\n'
        'KeyError: a\n'
        '\n'
        'During handling of the above exception, another occurred:\n'
        '\n'
        'Traceback (most recent call last):\n'
        '  File "a.py", line 2, in f\n'
        'ValueError: b\n'
        'more of it\n'
    )

    assert one.cause == 'ValueError: b'
    assert one.time == datetime.datetime(2026, 11, 28, 8, 12, 35, 974000)


def test_a_traceback_that_is_indented_is_found() -> None:
    (one,) = found(
        'Error processing line 1 of a.pth:\n'
        '\n'
        '  Traceback (most recent call last):\n'
        '    File "a.py", line 1, in f\n'
        '  KeyError: a\n'
        '\n'
        'Remainder of file ignored\n'
    )

    assert one.cause == 'KeyError: a'


def test_two_tracebacks_that_no_logger_wrote_are_two() -> None:
    text = (
        'Traceback (most recent call last):\n'
        '  File "a.py", line 1, in f\n'
        'KeyError: a\n'
    )
    assert len(found(f'{text}\nsomething else\n{text}')) == 2


@pytest.mark.parametrize(
    ('line', 'logger', 'text'),
    [
        (
            '2026-11-28T08:09:40.1Z|00012|bridge|ERR|no such device',
            'bridge',
            'no such device',
        ),
        (
            '2026-11-28  8:11:17 33 [ERROR] InnoDB: gone',
            '',
            'InnoDB: gone',
        ),
        (
            '2026-11-28 08:09:42.932848+00:00 [error] <0.2.0> closing',
            '',
            '<0.2.0> closing',
        ),
        ('DAMN ! worker 1 (pid: 3) died', '', 'DAMN ! worker 1 (pid: 3) died'),
    ],
)
def test_errors_of_other_programs_are_found(
    line: str, logger: str, text: str
) -> None:
    (one,) = found(line)
    assert (one.logger, one.text) == (logger, text)


def test_those_that_differ_in_ids_and_numbers_are_one_group() -> None:
    ids = [
        '81709081-6c4c-4be1-89af-c8b55c10c01f',
        '55ee2c88-0207-421c-b6fa-c30af77fa2fb',
    ]
    lines = [
        f'2026-11-28 08:12:3{number}.000 1 ERROR nova.api [-] port {one} of '
        f'10.0.0.{number} fa:16:3e:00:00:0{number} has no host {number}'
        for number, one in enumerate(ids)
    ]
    (group,) = log_surprises.grouped(
        [
            *log_surprises.failures('one', lines[:1]),
            *log_surprises.failures('two', reversed(lines)),
        ]
    )

    assert group.services == {'one': 1, 'two': 2}
    assert group.count == 3
    assert group.first.time == datetime.datetime(2026, 11, 28, 8, 12, 30)
    assert group.last == datetime.datetime(2026, 11, 28, 8, 12, 31)
    assert group.cause == 'port <id> of <ip> <mac> has no host <n>'
    told = log_surprises.described(group)
    assert '3 x ERROR of nova.api: port <id>' in told
    assert 'one (1), two (2), from 2026-11-28 08:12:30 to' in told
    assert ids[0] in told


def test_the_most_frequent_group_comes_first() -> None:
    lines = [f'{_AT} ERROR a [-] x'] + [f'{_AT} ERROR b [-] x'] * 2
    groups = log_surprises.grouped(log_surprises.failures('s', lines))
    assert [one.logger for one in groups] == ['b', 'a']
