# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The behaviour for lists with an order and pages, of all regions."""

from collections.abc import Iterator, Mapping
import dataclasses
import functools
from typing import Any
from urllib import parse

from tricircle.api import faults
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway.answer import merging
from tricircle.gateway.answer import rewriting
from tricircle.gateway.answer import unknown
from tricircle.gateway.api import service as services
from tricircle.gateway.behaviours import of_one

_OURS = ('limit', 'marker', 'offset', merging.MARKS)
_DETAIL = '/detail'
#: The filter of lists by zone.
_ZONE = 'availability_zone'


class _Refused(Exception):
    """A region refused the list."""

    def __init__(self, region: str, answer: exchange.Answer) -> None:
        super().__init__(region)
        self.region = region
        self.answer = answer


def act(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Answer with a page of the list of all regions.

    A region that does not answer is left out, or told by what is noted of it
    where clients expect that; a header names it.
    """
    kind = cloud.service.kinds[asked.route.resource]
    limit = _limit(cloud, asked)
    skipped = 0
    if cloud.service.skips_by_offset:
        skipped = asking.number(asked, 'offset') or 0
    order = (
        cloud.service.order(asked.query)
        if kind.is_ordered
        else merging.Order(())
    )
    reading = _Reading(cloud, asked, kind, max(1, limit))
    try:
        page = merging.page(
            reading.streams(order), order, limit, reading.marks, skipped
        )
    except _Refused as exc:
        return of_one.told(cloud, asked, exc.region, exc.answer)
    if reading.away and not reading.answered:
        raise next(iter(reading.away.values()))
    _note(cloud, asked, page, reading)
    body: dict[str, Any] = {
        asked.route.key: [
            _shown(item, kind, asked.path.endswith(_DETAIL))
            for _region, item in page.items
        ]
    }
    if page.has_more and page.items:
        body[reading.links] = [
            {'rel': 'next', 'href': _next(cloud.service.version, asked, page)}
        ]
    if reading.counts:
        body['count'] = sum(reading.counts)
    return asking.answer(body, headers=asking.missing(reading.away))


def _note(
    cloud: asking.Cloud,
    asked: asking.Asked,
    page: merging.Page,
    reading: '_Reading',
) -> None:
    """Note where all is that was told, and what is there no more."""
    resource, project_id = asked.route.resource, asked.project_id
    for region in sorted(reading.answered):
        items = [item for home, item in page.items if home == region]
        if items:
            cloud.homes.note(resource, region, items, project_id)
        if reading.is_whole(region) and not page.has_more:
            ids = {str(item['id']) for item in items}
            cloud.homes.are_all(resource, region, ids, project_id)


def _shown(
    item: Mapping[str, Any], kind: services.Kind, is_long: bool
) -> Mapping[str, Any]:
    if is_long or not kind.short:
        return item
    if item.get('status') == unknown.STATUS and 'name' not in item:
        return unknown.shortened(dict(item))
    return {key: item[key] for key in kind.short if key in item}


def _limit(cloud: asking.Cloud, asked: asking.Asked) -> int:
    found = asking.number(asked, 'limit', cloud.service.bad_limit)
    if found is None or (found == 0 and cloud.service.all_by_zero):
        return cloud.max_limit
    return min(found, cloud.max_limit)


def _next(version: str, asked: asking.Asked, page: merging.Page) -> str:
    query = asking.encoded(
        asked.query,
        ('marker', 'offset', merging.MARKS),
        [
            ('marker', str(page.items[-1][1]['id'])),
            (merging.MARKS, merging.write_marks(page.marks)),
        ],
    )
    return f'{asked.root}/{version}{asked.path}?{query}'


@dataclasses.dataclass
class _Reading:
    """The lists of all regions, read as far as a page needs them.

    :ivar marks: where each region's list goes on
    :ivar away: the regions that did not answer
    :ivar answered: those that did
    :ivar counts: how many each says that it has, when it is asked for that
    """

    cloud: asking.Cloud
    asked: asking.Asked
    kind: services.Kind
    limit: int
    away: dict[str, regions.RegionAway] = dataclasses.field(
        default_factory=dict
    )
    answered: set[str] = dataclasses.field(default_factory=set)
    marks: dict[str, str] = dataclasses.field(default_factory=dict)
    counts: list[int] = dataclasses.field(default_factory=list)

    @property
    def links(self) -> str:
        """The key of links to other pages."""
        return self.kind.links or f'{self.asked.route.key}_links'

    def streams(
        self, order: merging.Order
    ) -> dict[str, Iterator[merging.Item]]:
        """Return what each region has, from the marker on.

        :raises tricircle.api.faults.Fault: no region has the marker
        """
        names = [pod.region_name for pod in self._pods()]
        marker = self.asked.query.get('marker')
        marks = merging.read_marks(self.asked.query.get(merging.MARKS, ''))
        marked: tuple[str, merging.Item] | None = None
        if marker is not None and marker in marks.values():
            self.marks = {
                name: mark for name, mark in marks.items() if name in names
            }
        elif marker is not None:
            marked = self._marked(marker)
            self.marks = {marked[0]: marker}
        first, self.away = self.cloud.regions.at_once(
            lambda name: self._ask(name, self.marks.get(name)), names
        )
        streams = {}
        for name, answer in first.items():
            if not answer.is_fine:
                raise _Refused(name, answer)
            self.answered.add(name)
            if 'with_count' in self.asked.query:
                self._count(answer.json.get('count'))
            items = self._items(name, answer)
            if marked is not None and name != marked[0]:
                items = merging.after(
                    items,
                    name,
                    marked,
                    order,
                    functools.partial(self._skip, name),
                )
            streams[name] = items
        if unknown.is_told(self.cloud.service, self.asked):
            streams |= {name: self._noted(name) for name in self.away}
        return streams

    def is_whole(self, region: str) -> bool:
        """Tell whether all of a region that the caller has was asked for."""
        return not self.asked.query and region not in self.away

    def _noted(self, region: str) -> Iterator[merging.Item]:
        """Return what is noted of a region that is away."""
        homes = self.cloud.homes.there(
            self.asked.route.resource,
            region,
            self.asked.project_id,
            self.limit + 1,
        )
        return unknown.records(homes, self.cloud.service, self.asked)

    def _count(self, count: Any) -> None:
        # Older versions do not know what it means.
        if isinstance(count, int):
            self.counts.append(count)

    def _skip(self, region: str, item: merging.Item) -> None:
        self.marks[region] = str(item['id'])

    @functools.cached_property
    def _own_zones(self) -> dict[str, str]:
        """What regions call the zone that is asked for; {} when none is."""
        if not self.kind.takes_zone or _ZONE not in self.asked.query:
            return {}
        return {pod.region_name: pod.own_zone for pod in self._pods()}

    def _pods(self) -> list[placing.Pod]:
        """Return the regions that the list is of."""
        zone = self.asked.query.get(_ZONE) if self.kind.takes_zone else None
        return sorted(
            (
                pod
                for pod in self.cloud.regions.pods()
                if zone in (None, pod.az_name, pod.region_name)
            ),
            key=lambda pod: pod.region_name,
        )

    def _marked(self, marker: str) -> tuple[str, merging.Item]:
        resource = self.asked.route.resource
        status, text = self.cloud.service.lost_marker or (
            404,
            self.kind.nothing,
        )
        gone = faults.Fault(status, text.format(marker[:64]))
        try:
            region = self.cloud.homes.find(resource, marker, self.asked)
        except faults.Fault as exc:
            raise gone if exc.status == 404 else exc from exc
        answer = self.cloud.regions.ask(
            region,
            self.asked.question(
                path=f'{self.kind.path}/{parse.quote(marker, safe="")}',
                query='',
            ),
            self.cloud.list_timeout,
        )
        if not answer.is_fine:
            raise gone
        return region, answer.json[self.kind.key]

    def _ask(self, region: str, marker: str | None) -> exchange.Answer:
        ours = [('limit', str(self.limit))]
        if marker:
            ours.append(('marker', marker))
        own_zone = self._own_zones.get(region)
        if own_zone:
            ours.append((_ZONE, own_zone))
        return self.cloud.regions.ask(
            region,
            self.asked.question(
                path=self._path,
                query=asking.encoded(
                    self.asked.query,
                    (*_OURS, _ZONE) if self.kind.takes_zone else _OURS,
                    ours,
                ),
            ),
            self.cloud.list_timeout,
        )

    @property
    def _path(self) -> str:
        """What regions are asked for."""
        if not self.kind.short:
            return self.asked.path
        # The short list says nothing that could be compared.
        return self.asked.path.removesuffix(_DETAIL) + _DETAIL

    def _items(
        self, region: str, answer: exchange.Answer
    ) -> Iterator[merging.Item]:
        zone = self.cloud.regions.zone(region)
        root = self.cloud.regions.root(region)
        key = self.asked.route.key
        while True:
            said = dataclasses.replace(
                answer,
                body=rewriting.links(answer.body, root, self.asked.root),
            ).json
            items = said[key]
            for item in items:
                yield rewriting.item(item, self.cloud.service.zone_field, zone)
            if not items or self.links not in said:
                return
            try:
                answer = self._ask(region, str(items[-1]['id']))
            except regions.RegionAway as exc:
                # What it has beyond this is missing, and the answer says so.
                self.away[region] = exc
                return
            if not answer.is_fine:
                raise _Refused(region, answer)
