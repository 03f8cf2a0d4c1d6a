# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""IDs that a region chose itself: they come no further than here.

Cinder chooses the IDs of types itself. Clients see that of the region that
made one first, whichever region answers. What goes to a region has its own
IDs in their place, in path, query and body, and what it answers has them
replaced the other way.
"""

from collections.abc import Mapping
import dataclasses
import threading
import time
from typing import Any, Final

from oslo_db import exception as db_exc
from oslo_utils import uuidutils

from tricircle.gateway import exchange
from tricircle.gateway import regions
from tricircle.gateway.home import noted
from tricircle.gateway.mirroring import rows
from tricircle.replica import types

#: Seconds for which the IDs of a region are not read again.
_KEPT: Final = 2.0
_KINDS: Final = (types.VOLUME_TYPE, types.VOLUME_QOS, types.GROUP_TYPE)


def replaced(text: bytes, found: Mapping[str, str]) -> bytes:
    """Return a text with other IDs, wherever they stand."""
    for old, new in found.items():
        text = text.replace(old.encode(), new.encode())
    return text


def for_region(
    question: exchange.Question, own: Mapping[str, str]
) -> exchange.Question:
    """Return a question with a region's own IDs.

    :param own: these, by what clients know
    """
    return dataclasses.replace(
        question,
        path=replaced(question.path.encode(), own).decode(),
        query=replaced(question.query.encode(), own).decode(),
        body=replaced(question.body, own),
    )


class Translating:
    """Of the APIs of regions: what is asked has the IDs of the region.

    Before :class:`tricircle.gateway.regions.Regions` in a class.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._reading = threading.Lock()
        self._ids: dict[str, tuple[float, dict[str, str]]] = {}

    def ask(
        self,
        region_name: str,
        question: exchange.Question,
        timeout: float | None = None,
    ) -> exchange.Answer:
        """Ask one region.

        :raises tricircle.gateway.regions.RegionAway: it does not answer
        """
        own = self._own(region_name)
        answer = self.ask_as_it_is(
            region_name, for_region(question, own), timeout
        )
        if not own or not answer.body:
            return answer
        theirs = {value: key for key, value in own.items()}
        return dataclasses.replace(answer, body=replaced(answer.body, theirs))

    def ask_as_it_is(
        self,
        region_name: str,
        question: exchange.Question,
        timeout: float | None = None,
    ) -> exchange.Answer:
        """Ask one region, by its own IDs."""
        base: Any = super()
        answer: exchange.Answer = base.ask(region_name, question, timeout)
        return answer

    def ids_changed(self) -> None:
        """Have the IDs read again."""
        with self._reading:
            self._ids.clear()

    def _own(self, region_name: str) -> dict[str, str]:
        until, found = self._ids.get(region_name, (0.0, {}))
        if time.monotonic() < until:
            return found
        there: Any = self
        pods = [
            pod.pod_id
            for pod in there.pods()
            if pod.region_name == region_name
        ]
        try:
            found = {
                name: own_id
                for kind in _KINDS
                for own_id, name in rows.own_ids(kind, pods).items()
                if own_id != name and uuidutils.is_uuid_like(own_id)
            }
        except db_exc.DBError as exc:
            noted.missed('IDs of types are not read', exc)
        with self._reading:
            self._ids[region_name] = (time.monotonic() + _KEPT, found)
        return found


class Regions(Translating, regions.Regions):
    """The APIs of a service in all regions, each by its own IDs."""
