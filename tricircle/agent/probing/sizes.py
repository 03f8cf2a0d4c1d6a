# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which is the largest packet that passes, found with few packets. Pure."""

from collections.abc import Set
from typing import Final

#: So many sizes are tried at once.
_AT_ONCE: Final = 8


class Search:
    """Looks for the largest packet that passes to one host.

    What it was is tried again together with one byte more: two sizes when
    nothing has changed. Else the range in which it must be is cut into a few
    parts at once, as what does not pass can only be waited for.

    :param least: a size that passes.
    :param most: larger ones are not tried.
    :param known: what it was, None when it is not known.
    """

    def __init__(self, least: int, most: int, known: int | None) -> None:
        #: The largest that is known to pass now.
        self._passes = least
        #: The smallest that is known not to pass, or one above what is tried.
        self._lost = most + 1
        self._known = known
        if known is not None and not least < known <= most:
            self._known = None

    @property
    def largest(self) -> int:
        """The largest size that passed."""
        return self._passes

    def sizes(self) -> tuple[int, ...]:
        """Return what to try next, in ascending order; nothing at the end."""
        if self._known is not None:
            return tuple(
                size
                for size in (self._known, self._known + 1)
                if size < self._lost
            )
        span = self._lost - self._passes
        if span <= _AT_ONCE:
            return tuple(range(self._passes + 1, self._lost))
        steps = {span * part // _AT_ONCE for part in range(1, _AT_ONCE)}
        # The largest at once: often nothing on the way is smaller.
        return tuple(
            sorted({self._passes + step for step in steps} | {self._lost - 1})
        )

    def tell(self, tried: Set[int], passed: Set[int]) -> None:
        """Note which of the sizes passed.

        One that was lost below one that passed was lost for another reason.
        """
        self._passes = max(passed, default=self._passes)
        lost = {size for size in tried if size > self._passes}
        self._lost = min(lost, default=self._lost)
        self._known = None
