# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What regions say of a flavor and an image, remembered for a moment.

A region that does not answer, or may not say, is not left out for it: what is
not known is in no mapping.
"""

from collections.abc import Callable, Collection, Hashable, Mapping
import dataclasses
import functools
import threading
import time
from typing import Any, Final, Protocol
from urllib import parse

from oslo_log import log as logging

from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import flavors
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway.placing import facts

LOG = logging.getLogger(__name__)

#: Seconds for which an answer counts.
_KEPT: Final = 5.0
_MOST: Final = 10_000
#: The only version in which Nova tells of images.
_IMAGES: Final = 'compute 2.1'


class PlacementOf(Protocol):
    """The Placement APIs of the regions."""

    def ask(self, region_name: str, query: str) -> exchange.Answer:
        """Return the answer to a question for allocation candidates."""


class Unknown(Exception):
    """A region does not say."""


@dataclasses.dataclass(frozen=True)
class _Topic:
    """What regions are asked.

    :ivar key: what the answer is remembered by, with the region
    :ivar ask: asks one region
    """

    key: tuple[str, ...]
    ask: Callable[[str], Any]


class Known:
    """What regions say; safe to use from all threads.

    :param names: of the filters that need it
    :param timeout: seconds to wait for a region
    :param placement: None where nobody asks for room
    :param now: seconds of a clock that only goes forward
    """

    def __init__(
        self,
        names: Collection[str],
        timeout: float,
        placement: PlacementOf | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._names = frozenset(names)
        self._timeout = timeout
        self._placement = placement
        self._now = now
        self._lock = threading.Lock()
        self._said: dict[Hashable, tuple[float, Any]] = {}

    def added(
        self,
        cloud: asking.Cloud,
        asked: asking.Asked,
        wish: placing.Wish,
    ) -> placing.Wish:
        """Return a wish for a server with what regions say for it.

        Those are asked that fit otherwise. The only one answers for itself.

        :raises tricircle.gateway.placing.NoRegion: none does
        """
        wished = asked.said[asked.route.key]
        pods = cloud.regions.pods()
        fitting = [pod.region_name for pod in placing.choose(pods, wish).pods]
        affinities = frozenset(pod.affinity[0] for pod in pods if pod.affinity)
        wish = dataclasses.replace(
            wish,
            flavor=flavors.id_in(wished.get('flavorRef')),
            image=flavors.id_in(wished.get('imageRef')),
            affinities=affinities,
        )
        topics = self._topics(cloud, asked, wish, is_one=len(fitting) == 1)
        said = self._of_all(cloud, topics, fitting)
        others = [
            pod.region_name
            for pod in pods
            if not pod.away and pod.region_name not in fitting
        ]
        for name, found in said.items():
            if any(found.values()) or len(found) < len(fitting):
                continue
            # What is nowhere is for a region to refuse, as it does.
            elsewhere = self._of_all(cloud, {name: topics[name]}, others)
            if not any(elsewhere[name].values()):
                said[name] = {}
        return self._with_room(cloud, wished, _with(wish, said))

    def flavors(
        self, cloud: asking.Cloud, asked: asking.Asked, wanted: str
    ) -> dict[str, facts.Flavor | None]:
        """Return a flavor by region, as far as they say; None of none."""
        topic = _Topic(
            ('flavor', asked.project_id, wanted),
            functools.partial(self._flavor, cloud, asked, wanted),
        )
        names = cloud.regions.names()
        return self._of_all(cloud, {'flavors': topic}, names)['flavors']

    def _topics(
        self,
        cloud: asking.Cloud,
        asked: asking.Asked,
        wish: placing.Wish,
        is_one: bool,
    ) -> dict[str, _Topic]:
        """Return what has to be asked, by the field of the wish.

        :param is_one: whether only one region fits
        """
        needs_flavor = (
            'room' in self._names
            or ('affinity' in self._names and wish.affinities)
            or ('flavor' in self._names and not is_one)
        )
        topics = {}
        if wish.flavor and needs_flavor:
            topics['flavors'] = _Topic(
                ('flavor', asked.project_id, wish.flavor),
                functools.partial(self._flavor, cloud, asked, wish.flavor),
            )
        if wish.image and 'image' in self._names and not is_one:
            topics['images'] = _Topic(
                ('image', asked.project_id, wish.image),
                functools.partial(self._is_image, cloud, asked, wish.image),
            )
        return topics

    def _with_room(
        self,
        cloud: asking.Cloud,
        wished: Mapping[str, Any],
        wish: placing.Wish,
    ) -> placing.Wish:
        if self._placement is None or 'room' not in self._names:
            return wish
        return dataclasses.replace(wish, room=self._room(cloud, wished, wish))

    def _room(
        self,
        cloud: asking.Cloud,
        wished: Mapping[str, Any],
        wish: placing.Wish,
    ) -> dict[str, int]:
        is_on_volume = bool(
            wished.get('block_device_mapping_v2')
            or wished.get('block_device_mapping')
        )
        queries = {
            region: flavors.candidates(flavor, is_on_volume)
            for region, flavor in wish.flavors.items()
            if flavor is not None
        }
        found: dict[str, int] = {}
        for query in set(queries.values()) - {''}:
            topic = _Topic(
                ('room', query), functools.partial(self._count, query)
            )
            names = [one for one in queries if queries[one] == query]
            found |= self._of_all(cloud, {'room': topic}, names)['room']
        return found

    def _count(self, query: str, region: str) -> int:
        assert self._placement is not None  # noqa: S101 asked for only then
        answer = self._placement.ask(region, query)
        if not answer.is_fine:
            LOG.warning(
                'Placement of %s does not say where there is room: HTTP %d',
                region,
                answer.status,
            )
            raise Unknown
        return len(answer.json['allocation_requests'])

    def _flavor(
        self,
        cloud: asking.Cloud,
        asked: asking.Asked,
        wanted: str,
        region: str,
    ) -> facts.Flavor | None:
        path = f'/flavors/{_quoted(wanted)}'
        answer = self._ask(cloud, asked, region, path, flavors.VERSION)
        if answer.status == 404:
            return None
        if not answer.is_fine:
            raise Unknown
        return flavors.read(answer.json['flavor'])

    def _is_image(
        self,
        cloud: asking.Cloud,
        asked: asking.Asked,
        wanted: str,
        region: str,
    ) -> bool:
        path = f'/images/{_quoted(wanted)}'
        answer = self._ask(cloud, asked, region, path, _IMAGES)
        # A Nova that has no images any more answers 404 as well.
        if answer.status == 404 and b'Image not found' in answer.body:
            return False
        if not answer.is_fine:
            raise Unknown
        return True

    def _ask(
        self,
        cloud: asking.Cloud,
        asked: asking.Asked,
        region: str,
        path: str,
        version: str,
    ) -> exchange.Answer:
        question = exchange.Question(
            'GET',
            path,
            headers={**asked.headers, 'OpenStack-API-Version': version},
        )
        return cloud.regions.ask(region, question, self._timeout)

    def _of_all(
        self,
        cloud: asking.Cloud,
        topics: Mapping[str, _Topic],
        names: Collection[str],
    ) -> dict[str, dict[str, Any]]:
        """Return what regions say of each topic, as far as they do."""
        now = self._now()
        found: dict[str, dict[str, Any]] = {topic: {} for topic in topics}
        missing = []
        for topic in topics:
            for region in names:
                kept = self._said.get((region, *topics[topic].key))
                if kept is not None and kept[0] > now:
                    found[topic][region] = kept[1]
                else:
                    missing.append((topic, region))

        def told(which: tuple[str, str]) -> Any:
            topic, region = which
            try:
                return topics[topic].ask(region)
            except (Unknown, ValueError, KeyError, TypeError) as exc:
                raise regions.RegionAway(region, 'it does not say') from exc

        said, _away = cloud.regions.at_once(told, missing)
        with self._lock:
            if len(self._said) > _MOST:
                self._said.clear()
            for (topic, region), one in said.items():
                found[topic][region] = one
                self._said[(region, *topics[topic].key)] = (now + _KEPT, one)
        return found


def _with(
    wish: placing.Wish, said: Mapping[str, dict[str, Any]]
) -> placing.Wish:
    """Return a wish with what regions say, by the fields of the wish."""
    known: dict[str, Any] = dict(said)
    return dataclasses.replace(wish, **known)


def _quoted(text: str) -> str:
    return parse.quote(text, safe='')
