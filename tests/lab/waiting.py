# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Waiting for what the cloud does by itself."""

from collections.abc import Callable, Iterable, Sequence
from concurrent import futures
import time
from typing import TypeVar

from openstack import exceptions

S = TypeVar('S')
T = TypeVar('T')


def together(do: Callable[[S], T], items: Iterable[S]) -> list[T]:
    """Call a function for each item, all at once; return what it returns.

    For what mostly waits. The first error in the order of the items is
    raised, when all have ended.
    """
    found = list(items)
    with futures.ThreadPoolExecutor(len(found) or 1) as pool:
        return list(pool.map(do, found))


def eventually(
    look: Callable[[], T], seconds: float = 60.0, interval: float = 0.3
) -> T:
    """Call a function until it does not fail, and return what it returns.

    :param look: asserts what must become true; it is called again after an
        AssertionError or an error of an API, and its last one is raised when
        the time is over
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return look()
        except (AssertionError, exceptions.SDKException):
            if time.monotonic() > deadline:
                raise
        time.sleep(interval)


def nothing_left(
    looks: Sequence[Callable[[], list[str]]],
    seconds: float = 60.0,
    interval: float = 0.5,
) -> None:
    """Look at one place after the other until nothing is left in all.

    To look at all of them again and again would keep a small machine from
    what it is to do. In the end, all are found empty in a row.

    :param looks: each says what it finds
    :raises AssertionError: when something stays; it lists what
    """
    deadline = time.monotonic() + seconds
    found = True
    while found:
        found = False
        for look in looks:
            while left := look():
                found = True
                assert time.monotonic() < deadline, '\n'.join(left)
                time.sleep(interval)
