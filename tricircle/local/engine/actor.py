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
decides on its own resources, and central on the rest.
"""

from collections.abc import Iterator
import contextlib
import contextvars

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
