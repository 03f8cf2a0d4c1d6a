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
decorators below say. Where a user reads, what is here as the region's means
only stays out of sight.
"""

from collections.abc import Callable, Iterator
import contextlib
import contextvars
import enum
from typing import Any

from tricircle.db import retries


class _For(enum.Enum):
    """For whom a thread acts."""

    ANYBODY = enum.auto()
    READER = enum.auto()
    CENTRAL = enum.auto()


# Of the thread: Neutron takes many of its steps with contexts that it makes
# itself, and some without one.
_acting: contextvars.ContextVar[_For] = contextvars.ContextVar(
    'tricircle_acting_for', default=_For.ANYBODY
)


def is_applying() -> bool:
    """Tell whether this thread is carrying out a document."""
    return _acting.get() is _For.CENTRAL


def is_reading() -> bool:
    """Tell whether this thread reads for a user, not for a document."""
    return _acting.get() is _For.READER


@contextlib.contextmanager
def _acting_for(whom: _For) -> Iterator[None]:
    token = _acting.set(whom)
    try:
        yield
    finally:
        _acting.reset(token)


@contextlib.contextmanager
def applying() -> Iterator[None]:
    """Mark what runs inside as done for central, which does not wait long."""
    with _acting_for(_For.CENTRAL), retries.impatient():
        yield


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Have what is read in here for a user leave out the region's means.

    What is read for a document sees them, also where it goes through here.
    """
    with _acting_for(_For.CENTRAL if is_applying() else _For.READER):
        yield


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
