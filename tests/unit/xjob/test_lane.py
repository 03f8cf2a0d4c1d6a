# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Back-off and breaker of a lane."""

from hypothesis import given
from hypothesis import strategies as st

from tricircle.xjob import back_off
from tricircle.xjob import lane


@given(st.integers(0, 1000))
def test_back_off_grows_to_its_cap_and_never_to_zero(attempts):
    wait = back_off.seconds(attempts, 1.0, 300.0)

    assert 0.5 <= wait <= 300.0
    assert wait <= 2.0 ** min(attempts, 20)


def test_the_breaker_opens_after_so_many_failures():
    breaker = lane.Breaker(3, 30.0)

    for _ in range(2):
        breaker.failed()
    assert not breaker.is_open
    assert breaker.wait() == 0.0

    breaker.failed()
    assert breaker.is_open
    assert breaker.wait() > 0.0


def test_an_answer_closes_it_and_tells_that_it_was_open():
    breaker = lane.Breaker(1, 30.0)
    breaker.failed()

    assert breaker.answered()
    assert not breaker.is_open
    assert not breaker.answered()
