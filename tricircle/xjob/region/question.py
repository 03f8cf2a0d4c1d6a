# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What a region is asked now and then, its answer noted for operators.

XJob asks, as for whether the region answers: the administrator API calls no
region, so that a region that is slow keeps no operator waiting, and what it
said is known while it is away.
"""

import abc
import time
from typing import ClassVar, Generic, TypeVar

from oslo_log import log as logging

from tricircle.client import region as region_client
from tricircle.db import away

LOG = logging.getLogger(__name__)

Answer = TypeVar('Answer')


class Question(abc.ABC, Generic[Answer]):
    """A question to one region, put again after some seconds.

    A region may say nothing, or anything: that is noted as what is not known,
    and fails nothing. Whether a region answers at all is found out elsewhere;
    what it said before stays noted.

    :cvar what: what it is about, as the logs have it
    :cvar unreadable: raised where an answer is no such thing
    """

    what: ClassVar[str]
    unreadable: ClassVar[type[Exception]]

    def __init__(self, client: region_client.RegionClient) -> None:
        self._client = client
        self._due_at = 0.0

    def soon(self) -> None:
        """Have it put at the next look: the answer may be another."""
        self._due_at = 0.0

    def look(self) -> None:
        """Ask and note, if that is due and nobody else has just done so."""
        now = time.monotonic()
        if now < self._due_at:
            return
        self._due_at = now + self._again()
        name = self._client.region_name
        try:
            if self._is_fresh(name):
                return
            found = self._answer(name)
            if found is not None:
                self._note(name, found)
        except Exception as exc:
            # It is asked anew.
            away.note(LOG, f'{self.what} of {name} could not be noted', exc)

    def _answer(self, name: str) -> Answer | str | None:
        """Return what the region says, why not, or None without an answer."""
        try:
            return self._ask()
        except region_client.RegionUnreachable as exc:
            LOG.info('%s of %s is not known: %s', self.what, name, exc)
            return None
        except (region_client.RegionError, self.unreadable) as exc:
            LOG.info('%s of %s is not known: %s', self.what, name, exc)
            return _reason(exc)

    def _is_fresh(self, region_name: str) -> bool:
        """Whether the answer that is noted needs no other yet."""
        return False

    @abc.abstractmethod
    def _again(self) -> float:
        """Seconds from one time to the next."""

    @abc.abstractmethod
    def _ask(self) -> Answer:
        """Ask the region.

        :raises RegionError: when it does not answer, or refuses
        """

    @abc.abstractmethod
    def _note(self, region_name: str, found: Answer | str) -> None:
        """Note what it said, or why that is not known."""


def _reason(exc: Exception) -> str:
    if isinstance(exc, region_client.ReplicaRefused) and exc.status == 404:
        return 'it is of a release that does not say'
    return str(exc)
