# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A host whose own clock is wrong."""

from collections.abc import Iterator
import contextlib
import datetime
import time
from typing import Final
from unittest import mock

from oslo_utils import timeutils

HOUR: Final = 3600.0
#: By how much a host's clock is wrong: fast, and slow.
WRONG: Final = (HOUR, -HOUR)


@contextlib.contextmanager
def host_clock(seconds: float) -> Iterator[None]:
    """Have the clocks that a process reads be wrong; not its database's.

    :param seconds: by how much they are fast
    """
    now = time.time

    def wrong() -> float:
        return now() + seconds

    def utcnow(with_timezone: bool = False) -> datetime.datetime:
        moment = datetime.datetime.fromtimestamp(wrong(), datetime.UTC)
        return moment if with_timezone else moment.replace(tzinfo=None)

    # An attribute of the function, by which tests of others stop it.
    utcnow.override_time = None  # type: ignore[attr-defined]
    with (
        mock.patch.object(time, 'time', wrong),
        mock.patch.object(timeutils, 'utcnow', utcnow),
    ):
        yield
