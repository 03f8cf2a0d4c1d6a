# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The step of a router's document that this thread is at.

Neutron's router plugin makes ports, chooses device owners and tells agents
deep inside its own methods. What a document says of that is asked for there,
by what overrides those steps.
"""

from collections.abc import Iterator
import contextlib
import contextvars
import dataclasses
from typing import Any, Final


@dataclasses.dataclass(frozen=True)
class Step:
    """What a document says of what is being done.

    :ivar held_back: ID of the router of which agents are told at the end
    :ivar centralized: ID of the router that it says is not distributed
    :ivar interface: the interface that is being added
    :ivar owner: device owner of that; None where the document does not say,
        as that of a central of the version before
    :ivar gateway: the gateway that is being set
    :ivar floating_ip: central's ID of the floating IP that is being made,
        and that of its router
    """

    held_back: str | None = None
    centralized: str | None = None
    interface: dict[str, Any] | None = None
    owner: str | None = None
    gateway: dict[str, Any] | None = None
    floating_ip: tuple[str, str] | None = None


_NONE: Final = Step()
# Of the thread and not of a context: Neutron tells agents with contexts that
# it makes itself.
_at: contextvars.ContextVar[Step] = contextvars.ContextVar(
    'tricircle_router_step', default=_NONE
)


def current() -> Step:
    """Return the step that this thread is at."""
    return _at.get()


@contextlib.contextmanager
def at(**what: Any) -> Iterator[None]:
    """Be at a step in here, within the one outside.

    :param what: attributes of a :class:`Step`
    """
    token = _at.set(dataclasses.replace(_at.get(), **what))
    try:
        yield
    finally:
        _at.reset(token)
