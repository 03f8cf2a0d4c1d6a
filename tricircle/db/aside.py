# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What a caller of Neutron says that no argument of Neutron's can carry.

Whoever overrides or extends a step deep inside is handed the context of the
request, or a copy of it: what it is to know goes along with that.
"""

from collections.abc import Iterator
import contextlib
from typing import Any, Generic, TypeVar

_T = TypeVar('_T')


class Aside(Generic[_T]):
    """One thing that is said with a context.

    :param name: of the attribute, without its prefix
    """

    def __init__(self, name: str) -> None:
        self._attribute = f'tricircle_{name}'

    @contextlib.contextmanager
    def said(self, context: Any, what: _T) -> Iterator[None]:
        """Say it to what is called in here with this context, or a copy."""
        before = self.of(context)
        setattr(context, self._attribute, what)
        try:
            yield
        finally:
            setattr(context, self._attribute, before)

    def of(self, context: Any) -> _T | None:
        """Return what is said with a context; None when nothing is."""
        found: _T | None = getattr(context, self._attribute, None)
        return found
