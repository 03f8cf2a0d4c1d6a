# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Scripts: what users do and what befalls them, as plain data and as text.

A step is a verb and three small numbers, which the verb takes for who, what
and where among what there is at the time. So a step means something wherever
it stands, and a script from which steps were taken out is a script.
"""

from collections.abc import Iterable
import dataclasses


@dataclasses.dataclass(frozen=True)
class Step:
    """One thing that is done.

    :ivar numbers: who, what and where; any number does
    """

    verb: str
    numbers: tuple[int, int, int]

    def __str__(self) -> str:
        return ' '.join([self.verb, *map(str, self.numbers)])


#: Steps that are taken at once.
Line = tuple[Step, ...]
#: Lines that are taken one after the other.
Script = tuple[Line, ...]


def written(script: Iterable[Line]) -> str:
    """Return a script as text, a line of it a line."""
    return '\n'.join(' | '.join(map(str, line)) for line in script)


def read(text: str) -> Script:
    """Return the script that a text is; ``#`` begins a comment.

    :raises ValueError: for what is no verb and three numbers
    """
    lines = (line.partition('#')[0].strip() for line in text.splitlines())
    return tuple(
        tuple(_step(step) for step in line.split('|'))
        for line in lines
        if line
    )


def _step(text: str) -> Step:
    verb, who, what, where = text.split()
    return Step(verb, (int(who), int(what), int(where)))


def size(script: Iterable[Line]) -> int:
    """Return how many steps there are."""
    return sum(len(line) for line in script)
