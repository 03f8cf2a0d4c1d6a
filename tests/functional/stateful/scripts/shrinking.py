# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""The shortest script that still fails, as far as real processes allow.

Hypothesis would give up on a failure that does not come back each time
(``Flaky``), and a race of real processes does not. So a part of a script
counts as needed when the script without it did not fail in some tries; with
more tries the result is shorter, never wrong: it was seen to fail.
"""

from collections.abc import Callable, Iterator

from tests.functional.stateful.scripts.script import Line
from tests.functional.stateful.scripts.script import Script
from tests.functional.stateful.scripts.script import size


def shrunk(script: Script, fails: Callable[[Script], bool]) -> Script:
    """Return a script of fewer steps that fails as well.

    Whole runs of lines first, then lines, then steps of those that are
    taken at once.

    :param fails: whether a script fails; it says no to everything when its
        time is over
    """
    chunk = max(1, len(script) // 2)
    while True:
        shorter = next(
            (one for one in _without(script, chunk) if fails(one)), None
        )
        if shorter is not None:
            script = shorter
        elif chunk == 1:
            break
        else:
            chunk //= 2
        chunk = max(1, min(chunk, len(script) // 2))
    while True:
        thinner = next((one for one in _thinner(script) if fails(one)), None)
        if thinner is None:
            return script
        assert size(thinner) < size(script)
        script = thinner


def _without(script: Script, chunk: int) -> Iterator[Script]:
    """Yield the script without each run of lines, the last ones first."""
    for end in range(len(script), 0, -chunk):
        rest = script[: max(0, end - chunk)] + script[end:]
        if rest:
            yield rest


def _thinner(script: Script) -> Iterator[Script]:
    for number, line in enumerate(script):
        if len(line) == 1:
            continue
        for left_out in range(len(line)):
            fewer: Line = line[:left_out] + line[left_out + 1 :]
            yield (*script[:number], fewer, *script[number + 1 :])
