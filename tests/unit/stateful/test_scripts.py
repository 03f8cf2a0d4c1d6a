# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Scripts are drawn the same each time, read back, and made shorter."""

import hypothesis
from hypothesis import strategies
import pytest

from tests.functional.stateful.scripts import draw
from tests.functional.stateful.scripts import script as scripts
from tests.functional.stateful.scripts import shrinking
from tests.functional.stateful.scripts.script import Script


@hypothesis.given(strategies.data())
def test_what_is_written_is_read_back(data: strategies.DataObject) -> None:
    script = data.draw(draw.scripts(4, data.draw(strategies.integers(0, 5))))

    assert scripts.read(scripts.written(script)) == script


def test_comments_and_empty_lines_are_no_steps() -> None:
    text = '# nothing\n\nport 1 2 3 # one\n tag 0 0 0 | boot 1 1 1\n'

    script = scripts.read(text)

    assert scripts.written(script) == 'port 1 2 3\ntag 0 0 0 | boot 1 1 1'
    assert scripts.size(script) == 3


def test_what_is_no_step_is_refused() -> None:
    with pytest.raises(ValueError, match='not enough values'):
        scripts.read('port 1 2')


def _with(*verbs: str) -> Script:
    return scripts.read(
        '\n'.join(f'{verb} {n} 0 0' for n, verb in enumerate(verbs))
    )


def _has(script: Script, *verbs: str) -> bool:
    there = [step.verb for line in script for step in line]
    return all(verb in there for verb in verbs)


def test_only_what_is_needed_to_fail_is_left() -> None:
    script = _with('a', 'b', 'c', 'd', 'e', 'f', 'g')

    shortest = shrinking.shrunk(script, lambda one: _has(one, 'b', 'f'))

    assert scripts.written(shortest) == 'b 1 0 0\nf 5 0 0'


def test_steps_at_once_are_taken_apart_where_one_of_them_does() -> None:
    script = scripts.read('a 0 0 0 | b 0 0 0 | c 0 0 0\nd 0 0 0 | e 0 0 0')

    shortest = shrinking.shrunk(script, lambda one: _has(one, 'b', 'd', 'e'))

    assert scripts.written(shortest) == 'b 0 0 0\nd 0 0 0 | e 0 0 0'


def test_script_stays_when_its_time_is_over() -> None:
    script = _with('a', 'b', 'c')

    assert shrinking.shrunk(script, lambda one: False) == script
