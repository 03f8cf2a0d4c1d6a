# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""How often a side that is away is asked."""

from hypothesis import given
from hypothesis import strategies as st
import pytest

from tricircle.client import back_off
from tricircle.client import breaker


@given(st.integers(0, 1000))
def test_back_off_grows_to_its_cap_and_never_to_zero(attempts: int) -> None:
    wait = back_off.seconds(attempts, 1.0, 300.0)

    assert 0.5 <= wait <= 300.0
    assert wait <= 2.0 ** min(attempts, 20)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What time it is; the tests move it."""
    clock = [100.0]
    monkeypatch.setattr(breaker.time, 'monotonic', lambda: clock[0])
    return clock


def opened(failures: int = 3) -> breaker.Breaker:
    """Return one that has just opened; it pauses 2, 3, 4, ... seconds."""
    made = breaker.Breaker(failures, lambda looks: 2.0 + looks)
    for _ in range(failures):
        made.failed('it is away')
    return made


def test_it_opens_after_so_many_failures(now: list[float]) -> None:
    made = breaker.Breaker(3, lambda _looks: 2.0)
    assert not made.failures

    for _ in range(2):
        made.failed()
    assert not made.is_open
    assert made.failures
    assert (made.wait(), made.refusal()) == (0.0, None)

    made.failed('it is away')
    assert made.is_open
    assert (made.wait(), made.refusal()) == (2.0, 'it is away')


def test_an_answer_closes_it_and_tells_that_it_was_open(
    now: list[float],
) -> None:
    made = opened()

    assert made.answered()
    assert not made.is_open
    assert not made.failures
    assert not made.answered()


def test_of_several_callers_one_looks(now: list[float]) -> None:
    made = opened()

    now[0] += 2.0

    assert made.refusal() is None
    assert made.refusal() == 'it is away'
    assert made.wait() > 0.0


def test_each_look_in_vain_makes_the_next_wait_longer(
    now: list[float],
) -> None:
    made = opened()

    waits = []
    for _ in range(3):
        waits.append(made.wait())
        now[0] += made.wait()
        made.failed()

    assert waits == [2.0, 3.0, 4.0]
