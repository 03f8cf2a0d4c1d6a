# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Regions that are dictionaries, in place of those of real Cinders."""

from collections.abc import Callable, Mapping
import json
from typing import Any
from urllib import parse

import webob

from tests.unit.gateway import stand_in
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import regions
from tricircle.gateway.api import microversions
from tricircle.gateway.api import volume
from tricircle.gateway.home import homes

Json = dict[str, Any]
#: What of a volume is in the short list.
_SHORT = ('id', 'name', 'links')
#: Lists, and what an item of each is called.
_LISTS: Mapping[str, str] = {
    'volumes': 'volume',
    'snapshots': 'snapshot',
    'backups': 'backup',
    'types': 'volume_type',
    'os-volume-transfer': 'transfer',
}


class Region:
    """A Cinder of volumes, snapshots, backups, types and limits."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root = f'http://{name.lower()}.example:8776'
        self.has: dict[str, list[Json]] = {name: [] for name in _LISTS}
        self.asked: list[exchange.Question] = []
        #: transfers that the caller may accept, and not see
        self.hidden: set[str] = set()
        self.fails: regions.RegionAway | None = None
        self.refuses = 0

    def put(self, what: str, number: int, created: str, **more: Any) -> str:
        """Have something, in the place that Cinder gives it in lists."""
        key = f'{number:02}-{self.name}-{_LISTS[what]}'
        self.has[what].append(
            {
                'id': key,
                'name': f'n{number}',
                'created_at': created,
                'links': [{'rel': 'self', 'href': self._href(what, key)}],
                **more,
            }
        )
        self.has[what].sort(
            key=lambda one: (str(one['created_at']), str(one['id'])),
            reverse=True,
        )
        return key

    def volume(self, number: int, created: str, **more: Any) -> str:
        """Have a volume."""
        return self.put(
            'volumes',
            number,
            created,
            size=number,
            availability_zone='nova',
            metadata={},
            **more,
        )

    def _href(self, what: str, key: str) -> str:
        return f'{self.root}/v3/{what}/{key}'

    def answer(self, question: exchange.Question) -> exchange.Answer:
        """Answer as Cinder does."""
        self.asked.append(question)
        if self.refuses:
            return asking.answer({'error': self.name}, self.refuses)
        query = dict(parse.parse_qsl(question.query))
        match question.method, question.path.split('/')[1:]:
            case 'GET', ['volumes', 'summary']:
                return asking.answer(
                    {
                        'volume-summary': {
                            'total_count': len(self.has['volumes']),
                            'metadata': {'k': ['v', self.name]},
                        }
                    }
                )
            case 'GET', ['types']:
                return asking.answer({'volume_types': self.has['types']})
            case 'GET', [what] if what in _LISTS:
                return self._list(what, query, what != 'snapshots')
            case 'GET', [what, 'detail'] if what in _LISTS:
                return self._list(what, query, False)
            case 'POST', ['groups', 'action']:
                return asking.answer({'group': {'id': 'g'}}, 202)
            case 'POST', [what] if what in _LISTS:
                new = self.put(what, 90 + len(self.has[what]), 't9')
                return asking.answer({_LISTS[what]: {'id': new}}, 202)
            case 'POST', ['os-volume-transfer', key, 'accept']:
                self.hidden.discard(key)
                return self._one('GET', 'os-volume-transfer', key)
            case method, [what, key, *_below] if what in _LISTS:
                return self._one(method, what, key)
            case 'GET', ['limits']:
                return asking.answer(
                    {'limits': {'rate': [], 'absolute': {'volumes': 10}}}
                )
            case 'GET', ['os-quota-sets', project, *_below]:
                return asking.answer(
                    {
                        'quota_set': {
                            'id': project,
                            'volumes': 10,
                            'snapshots': -1,
                            'per_volume_gigabytes': 100,
                        }
                    }
                )
            case _:
                return asking.answer({'said by': self.name})

    def _list(
        self, what: str, query: Mapping[str, str], is_short: bool
    ) -> exchange.Answer:
        items = self.has[what]
        if 'name' in query:
            items = [one for one in items if one['name'] == query['name']]
        body: Json = {}
        if 'with_count' in query:
            body['count'] = len(items)
        if 'marker' in query:
            ids = [one['id'] for one in items]
            items = items[ids.index(query['marker']) + 1 :]
        limit = int(query['limit'])
        key = 'transfers' if what == 'os-volume-transfer' else what
        body[key] = [
            {field: one[field] for field in _SHORT} if is_short else one
            for one in items[:limit]
        ]
        # Cinder has a link after each page that is full.
        if len(body[key]) == limit:
            body[f'{key}_links'] = [{'rel': 'next', 'href': 'elsewhere'}]
        return asking.answer(body)

    def _one(self, method: str, what: str, key: str) -> exchange.Answer:
        found = [one for one in self.has[what] if one['id'] == key]
        if not found or key in self.hidden:
            return asking.answer({'itemNotFound': {}}, 404)
        if method == 'DELETE':
            self.has[what].remove(found[0])
            return exchange.Answer(202, {}, b'')
        return asking.answer({_LISTS[what]: found[0]})


class Regions(stand_in.Regions):
    """Regions with Cinders."""

    there: dict[str, Region]

    def __init__(self, *names: str) -> None:
        super().__init__(*names, make=Region)

    def range(self) -> microversions.Range:
        """As Cinder 29."""
        return microversions.Range(
            microversions.Version(3, 0), microversions.Version(3, 71)
        )


def homes_of(there: Any) -> homes.Homes:
    """Return what knows where the things of Cinders are."""
    return homes.Homes(volume.SERVICE, there, 1.0)


def cloud_of(there: Any, scopes: Callable[..., Any]) -> asking.Cloud:
    """Return a cloud of Cinders."""
    return asking.Cloud(
        service=volume.SERVICE,
        regions=there,
        homes=homes_of(there),
        scopes=scopes,
        list_timeout=1.0,
        max_limit=1000,
    )


def body_of(question: exchange.Question) -> Any:
    """Return what a region was sent."""
    return json.loads(question.body)


def away(name: str) -> regions.RegionAway:
    """Return why a region does not answer."""
    return regions.RegionAway(name, 'no connection')


def make(client: stand_in.Client, **wish: Any) -> webob.Response:
    """Have a volume made."""
    return client.ask('POST', '/v3/volumes', {'volume': {'size': 1, **wish}})


def message(answer: webob.Response) -> str:
    """Return what an error says."""
    (said,) = answer.json.values()
    assert said['code'] == answer.status_int
    return str(said['message'])


def counts(there: Any, what: str = 'volumes') -> dict[str, int]:
    """Return how many things regions have."""
    return {name: len(one.has[what]) for name, one in there.there.items()}
