# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What XJob asks of central: to reserve addresses.

Only central can. Its threads are its tenants', so XJob asks for one resource
once at a time and for few at a time in a region, and what central could not
do it asks for again after a pause that grows, whichever job wants it: a
network that cannot be reserved for holds up many.
"""

import collections
from collections.abc import Iterator
import contextlib
import dataclasses
import threading
import time
from typing import Final

from oslo_config import cfg

from tricircle.client import back_off
from tricircle.client import region as region_client
from tricircle.conf import durations

#: Requests to central at a time for one region.
AT_A_TIME: Final = 4
#: Resources that failed, beyond which old ones are forgotten.
_REMEMBERED: Final = 1000


class CentralNotNamed(Exception):
    """``[client] top_region_name`` is not set."""

    def __init__(self) -> None:
        super().__init__(
            '[client] top_region_name does not say which region to ask'
        )


class NotNow(Exception):
    """Central is not asked now.

    :ivar delay: seconds after which to come again
    """

    def __init__(self, reason: str, delay: float) -> None:
        super().__init__(reason)
        self.delay = delay


@dataclasses.dataclass
class _Failure:
    """Why central could not do something, and when to ask again."""

    reason: str
    times: int
    until: float


class Turns:
    """Who may ask central now; for several threads.

    :param at_a_time: for one region
    """

    def __init__(self, at_a_time: int = AT_A_TIME) -> None:
        self._at_a_time = at_a_time
        self._lock = threading.Lock()
        self._asking: set[tuple[str, str]] = set()
        self._of_region: collections.Counter[str] = collections.Counter()
        self._failed: dict[tuple[str, str], _Failure] = {}

    @contextlib.contextmanager
    def take(
        self, resource: str, region_name: str, first: float, longest: float
    ) -> Iterator[None]:
        """Ask for a resource in a region, or be told to come again.

        :param first: seconds of the first pause after a failure
        :param longest: most seconds of one
        :raises NotNow: when somebody asks for it, or the pause is not over
        """
        key = resource, region_name
        self._enter(key, first)
        try:
            yield
        except region_client.RegionError as exc:
            self._note(
                key, exc, first, min(longest, durations.CENTRAL_ASKED_AGAIN)
            )
            raise
        else:
            with self._lock:
                self._failed.pop(key, None)
        finally:
            with self._lock:
                self._asking.discard(key)
                self._of_region[region_name] -= 1

    def _enter(self, key: tuple[str, str], first: float) -> None:
        resource, region_name = key
        with self._lock:
            failed = self._failed.get(key)
            left = failed.until - time.monotonic() if failed else 0.0
            if failed is not None and left > 0:
                raise NotNow(
                    f'{failed.reason}; failed {failed.times} times, central '
                    f'is asked again in {left:.1f} s',
                    left,
                )
            if key in self._asking:
                raise NotNow(f'central is being asked for {resource}', first)
            if self._of_region[region_name] >= self._at_a_time:
                raise NotNow(
                    f'central is being asked for {self._at_a_time} others '
                    f'in {region_name}',
                    first,
                )
            self._asking.add(key)
            self._of_region[region_name] += 1

    def _note(
        self,
        key: tuple[str, str],
        exc: region_client.RegionError,
        first: float,
        longest: float,
    ) -> None:
        with self._lock:
            before = self._failed.get(key)
            times = before.times + 1 if before else 1
            pause = back_off.seconds(times - 1, first, longest)
            if isinstance(exc, region_client.CentralBusy):
                # It is not the resource that is to blame.
                times -= 1
                pause = max(pause, exc.retry_after)
            now = time.monotonic()
            self._failed[key] = _Failure(str(exc), times, now + pause)
            if len(self._failed) > _REMEMBERED:
                self._failed = {
                    one: failure
                    for one, failure in self._failed.items()
                    if failure.until > now - durations.CENTRAL_ASKED_AGAIN
                }


_turns: Final = Turns()
_lock: Final = threading.Lock()
_clients: Final[dict[str, region_client.RegionClient]] = {}


def _client(conf: cfg.ConfigOpts) -> region_client.RegionClient:
    name = conf.client.top_region_name
    if not name:
        raise CentralNotNamed
    with _lock:
        if name not in _clients:
            _clients[name] = region_client.RegionClient(conf, name)
        return _clients[name]


def reserve(
    conf: cfg.ConfigOpts,
    resource_type: str,
    resource_id: str,
    region_name: str,
) -> None:
    """Have central reserve what a region needs of a resource.

    :raises CentralNotNamed: when nobody said where central is
    :raises NotNow: when central is not to be asked now
    :raises region_client.RegionError: when central did not do it
    """
    client = _client(conf)
    with _turns.take(
        f'{resource_type} {resource_id}',
        region_name,
        conf.retry_interval,
        conf.max_retry_interval,
    ):
        client.reserve(resource_id, region_name, resource_type)
