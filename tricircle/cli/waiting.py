# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Commands that wait, and show meanwhile how far it is."""

from collections.abc import Callable, Iterator
import time
from typing import Any, Final, TypeVar

from osc_lib import exceptions

from tricircle.cli import commands

_T = TypeVar('_T')

#: Seconds between two looks.
LOOK: Final = 0.5


def looks(
    look: Callable[[], _T],
    said: Callable[[_T], str],
    progress: Any,
    seconds: float | None = None,
) -> Iterator[_T]:
    """Yield what is found, look by look, until the caller has enough.

    :param look: finds out
    :param said: says in a line what was found, '' when there is nothing to
        say
    :param progress: a file for these lines, each once until another comes
    :param seconds: to wait at most, None for as long as it takes
    :raises CommandError: when it takes longer
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    shown = ''
    while True:
        found = look()
        text = said(found)
        if text and text != shown:
            commands.tell(progress, text)
            shown = text
        yield found
        if deadline is not None and time.monotonic() >= deadline:
            raise exceptions.CommandError(f'{text} after {seconds:g} s.')
        time.sleep(LOOK)
