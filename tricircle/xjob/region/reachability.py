# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Whether a region answers, and what it then says of itself."""

from collections.abc import Callable
import threading

from oslo_config import cfg
from oslo_log import log as logging

from tricircle.client import back_off
from tricircle.client import breaker
from tricircle.client import region as region_client
from tricircle.conf import durations
from tricircle.replica import types
from tricircle.xjob.region import contact
from tricircle.xjob.region import data_path
from tricircle.xjob.region import release

LOG = logging.getLogger(__name__)


class Reachability:
    """What this process knows of whether one region answers.

    Each call to the region says so; while there is none, the region is looked
    at now and then. All threads of a lane share it.

    :param came_back: called when a region answers that did not
    :param stop: set when nothing more is asked
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        region_name: str,
        client: region_client.RegionClient,
        came_back: Callable[[], None],
        stop: threading.Event,
    ) -> None:
        self._conf = conf
        self._region_name = region_name
        self._client = client
        self._came_back = came_back
        self._stop = stop
        self._breaker = breaker.Breaker(
            conf.breaker_failures,
            lambda looks: back_off.seconds(
                looks, 1.0, conf.max_probe_interval
            ),
        )
        self._contact = contact.Contact(region_name, conf.probe_interval)
        self._release = release.RegionRelease(client)
        self._data_path = data_path.RegionDataPath(client)
        self._probes = conf.sweep_interval > 0 or conf.probe_interval > 0

    @property
    def is_away(self) -> bool:
        """Whether it did not answer several times in a row."""
        return self._breaker.is_open

    @property
    def failures(self) -> int:
        """How often in a row it did not answer."""
        return self._breaker.failures

    def wait(self) -> float:
        """Return the seconds for which nothing is sent there."""
        return self._breaker.wait()

    def answered(self) -> None:
        """Note an answer, whatever it said."""
        self._contact.answered()
        if self._breaker.answered():
            LOG.info('%s answers again', self._region_name)
            self._came_back()

    def lost(self, exc: region_client.RegionUnreachable) -> None:
        """Note that there was none."""
        self._breaker.failed()
        if self._breaker.is_open:
            self._contact.lost(str(exc))
            self._release.soon()

    def probe(self) -> None:
        """Look if it answers when there is no job to find out by."""
        if self._breaker.wait() or not self._probes:
            return
        try:
            self._client.page(types.NETWORK, None, 1)
        except region_client.RegionUnreachable as exc:
            self.lost(exc)
        except region_client.RegionError:
            self.answered()
        else:
            self.answered()

    def probe_in(self) -> float | None:
        """Return the seconds until the next probe, None for none."""
        if self._breaker.is_open:
            return back_off.about(self._conf.worker_sleep_time)
        if self._conf.probe_interval <= 0:
            return None
        wait = 0.0 if self._breaker.failures else self._contact.wait()
        return max(durations.CONTACT_AGAIN, wait)

    def look(self) -> None:
        """Look for what operators want to know of a region that answers."""
        if self._contact.answers and not self._stop.is_set():
            self._release.look()
            self._data_path.look()
