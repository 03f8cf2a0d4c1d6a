# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Kill -9 of a process of the cloud while it does what a test asks for."""

from collections.abc import Callable, Iterator
import contextlib

import pytest

from tests.functional import cloud as clouds


def victim(cloud: clouds.Cloud, who: str) -> clouds.Process:
    """Return a process by ``central``, ``xjob`` or its region's name."""
    return {'central': cloud.central, 'xjob': cloud.xjob, **cloud.regions}[who]


@contextlib.contextmanager
def killed_at(process: clouds.Process, point: str) -> Iterator[None]:
    """Kill a process when it reaches a point; start it again after.

    In the block, or soon after: what is in the background reaches its points
    at its own time.
    """
    process.arm(point)
    yield
    process.wait_death()
    process.start()


def dies(
    process: clouds.Process, point: str, call: Callable[[], object]
) -> None:
    """Kill a process before it answers a call, and start it again."""
    with killed_at(process, point), pytest.raises(clouds.INTERRUPTED):
        call()
        # A kill that comes after the answer would be no test.
        pytest.fail(f'{point}: the process lives')
