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
from tricircle.gateway import merging
from tricircle.gateway import regions
from tricircle.gateway import rewriting
from tricircle.gateway.behaviours import of_one

_OURS = ('limit', 'marker', merging.MARKS)
#: What a short list has of a server.
_SHORT = ('id', 'name', 'links')


class _Refused(Exception):
    """A region refused the list."""

    def __init__(self, region: str, answer: exchange.Answer) -> None:
        super().__init__(region)
        self.region = region
        self.answer = answer


def act(cloud: asking.Cloud, asked: asking.Asked) -> exchange.Answer:
    """Answer with a page of the list of all regions.

    A region that does not answer is left out, and named in a header.
    """
    limit = _limit(cloud, asked)
    order = merging.order_of(
        asked.query.getall('sort_key'), asked.query.getall('sort_dir')
    )
    reading = _Reading(cloud, asked, limit)
    try:
        page = merging.page(
            reading.streams(order), order, limit, reading.marks
        )
    except _Refused as exc:
        return of_one.told(cloud, asked, exc.region, exc.answer)
    if reading.away and not reading.answered:
        raise next(iter(reading.away.values()))
    for region in {region for region, _item in page.items}:
        cloud.homes.note(
            asked.route.resource,
            region,
            [item for home, item in page.items if home == region],
            asked.project_id,
        )
    body: dict[str, Any] = {
        asked.route.key: [
            _shown(item, asked.path.endswith('/detail'))
            for _region, item in page.items
        ]
    }
    if page.has_more:
        body[f'{asked.route.key}_links'] = [
            {'rel': 'next', 'href': _next(asked, page)}
        ]
    return asking.answer(body, headers=asking.missing(reading.away))


def _shown(item: Mapping[str, Any], is_long: bool) -> Mapping[str, Any]:
    if is_long:
        return item
    return {key: item[key] for key in _SHORT if key in item}


def _limit(cloud: asking.Cloud, asked: asking.Asked) -> int:
    text = asked.query.get('limit')
    if text is None:
        return cloud.max_limit
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise faults.Fault(
            400, f'limit: {text[:40]!r} is no number that is not negative'
        )
    # Nova takes 0 for no limit of the client's.
    return min(int(text) or cloud.max_limit, cloud.max_limit)


def _next(asked: asking.Asked, page: merging.Page) -> str:
    query = asking.encoded(
        asked.query,
        ('marker', merging.MARKS),
        [
            ('marker', str(page.items[-1][1]['id'])),
            (merging.MARKS, merging.write_marks(page.marks)),
        ],
    )
    return f'{asked.root}/v2.1{asked.path}?{query}'


@dataclasses.dataclass
class _Reading:
    """The lists of all regions, read as far as a page needs them.

    :ivar marks: where each region's list goes on
    :ivar away: the regions that did not answer
    :ivar answered: those that did
    """

    cloud: asking.Cloud
    asked: asking.Asked
    limit: int
    away: dict[str, regions.RegionAway] = dataclasses.field(
        default_factory=dict
    )
    answered: set[str] = dataclasses.field(default_factory=set)
    marks: dict[str, str] = dataclasses.field(default_factory=dict)

    def streams(
        self, order: merging.Order
    ) -> dict[str, Iterator[merging.Item]]:
        """Return what each region has, from the marker on.

        :raises tricircle.api.faults.Fault: no region has the marker
        """
        names = self.cloud.regions.names()
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
        return streams

    def _skip(self, region: str, item: merging.Item) -> None:
        self.marks[region] = str(item['id'])

    def _marked(self, marker: str) -> tuple[str, merging.Item]:
        resource = self.asked.route.resource
        gone = faults.Fault(400, f'marker [{marker[:64]}] not found')
        try:
            region = self.cloud.homes.find(resource, marker, self.asked)
        except faults.Fault as exc:
            raise gone if exc.status == 404 else exc from exc
        answer = self.cloud.regions.ask(
            region,
            self.asked.question(
                path=f'/servers/{parse.quote(marker, safe="")}', query=''
            ),
            self.cloud.list_timeout,
        )
        if not answer.is_fine:
            raise gone
        return region, answer.json['server']

    def _ask(self, region: str, marker: str | None) -> exchange.Answer:
        ours = [('limit', str(self.limit))]
        if marker:
            ours.append(('marker', marker))
        return self.cloud.regions.ask(
            region,
            # The short list says nothing that could be compared.
            self.asked.question(
                path='/servers/detail',
                query=asking.encoded(self.asked.query, _OURS, ours),
            ),
            self.cloud.list_timeout,
        )

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
                yield rewriting.item(item, zone)
            if not items or f'{key}_links' not in said:
                return
            try:
                answer = self._ask(region, str(items[-1]['id']))
            except regions.RegionAway as exc:
                # What it has beyond this is missing, and the answer says so.
                self.away[region] = exc
                return
            if not answer.is_fine:
                raise _Refused(region, answer)
