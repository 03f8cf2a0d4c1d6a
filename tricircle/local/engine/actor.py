# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""For whom a thread acts: central, whose document it carries out, or others.

What a document asks for is central's to ask for. Everywhere else the region
decides on its own resources, and central on the rest. So most of what our
plugins do beside Neutron's is for the one or for the other: which, the
decorators below say.
"""

from collections.abc import Callable, Iterator
import contextlib
import contextvars
from typing import Any

from tricircle.db import retries

# Of the thread: Neutron takes many of its steps with contexts that it makes
# itself, and some without one.
_applying: contextvars.ContextVar[bool] = contextvars.ContextVar(
    'tricircle_applying', default=False
)


def is_applying() -> bool:
    """Tell whether this thread is carrying out a document."""
    return _applying.get()


@contextlib.contextmanager
def applying() -> Iterator[None]:
    """Mark what runs inside as done for central, which does not wait long."""
    token = _applying.set(True)
    try:
        with retries.impatient():
            yield
    finally:
        _applying.reset(token)


class _Override:
    """A plugin's method that only some need; others go past it.

    For them it is as if the class had not overridden what is behind.
    """

    def __init__(self, method: Callable[..., Any], applying: bool) -> None:
        self._method = method
        self._applying = applying

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name

    def __get__(self, plugin: Any, kind: type | None = None) -> Any:
        if plugin is None:
            return self._method
        if is_applying() is self._applying:
            return self._method.__get__(plugin, kind)
        return getattr(super(self._owner, plugin), self._name)


def for_users(method: Callable[..., Any]) -> Any:
    """Have documents go past a method, to the plugin behind."""
    return _Override(method, applying=False)


def for_documents(method: Callable[..., Any]) -> Any:
    """Have everybody but documents go past a method."""
    return _Override(method, applying=True)
