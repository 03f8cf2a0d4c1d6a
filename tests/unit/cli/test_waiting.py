# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Commands that wait, and what they show meanwhile."""

from collections.abc import Iterator
import io

from osc_lib import exceptions
import pytest

from tricircle.cli import waiting


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """A clock that goes on only while somebody waits."""
    now = [0.0]
    monkeypatch.setattr(waiting.time, 'monotonic', lambda: now[0])

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(waiting.time, 'sleep', sleep)
    yield now


def left(number: int) -> str:
    return f'{number} left' if number else ''


def test_what_is_found_is_told_when_it_changes(clock: list[float]) -> None:
    progress = io.StringIO()
    found = iter([3, 3, 2, 0, 0])

    seen = []
    for one in waiting.looks(lambda: next(found), left, progress):
        seen.append(one)
        if not one:
            break

    assert seen == [3, 3, 2, 0]
    assert progress.getvalue() == '3 left\n2 left\n'
    assert clock[0] == 3 * waiting.LOOK


def test_who_does_not_want_to_wait_longer_is_told_what_is_left(
    clock: list[float],
) -> None:
    looks = waiting.looks(lambda: 1, left, io.StringIO(), 2.0)

    with pytest.raises(exceptions.CommandError, match='1 left after 2 s'):
        for _found in looks:
            pass

    assert clock[0] == 2.0


def test_what_is_there_at_the_first_look_takes_no_time(
    clock: list[float],
) -> None:
    looks = waiting.looks(lambda: 0, left, io.StringIO(), 0.0)
    assert next(looks) == 0
    assert clock[0] == 0.0
