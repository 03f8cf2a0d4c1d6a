# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Regions that are dictionaries, in place of those of real Novas."""

from collections.abc import Iterable, Mapping
import json
from typing import Any
from urllib import parse

import webob

from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import handler
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway.api import microversions

PROJECT = '0123456789abcdef0123456789abcdef'
Json = dict[str, Any]


class Region:
    """A Nova of servers, key pairs and limits."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root = f'http://{name.lower()}.example:8774'
        self.servers: list[Json] = []
        self.keypairs: dict[str, str] = {}
        self.asked: list[exchange.Question] = []
        #: what is raised in place of an answer, before or after it is done
        self.fails: regions.RegionAway | None = None
        self.refuses = 0

    def boot(self, number: int, created: str) -> str:
        """Have a server, in the place that its age gives it."""
        server = {
            'id': f'{self.name}-{number}',
            'name': f's{number}',
            'created': created,
            'tenant_id': PROJECT,
            'OS-EXT-AZ:availability_zone': 'nova',
            'links': [
                {
                    'rel': 'self',
                    'href': f'{self.root}/v2.1/servers/{self.name}-{number}',
                }
            ],
        }
        self.servers.append(server)
        self.servers.sort(key=lambda one: str(one['created']), reverse=True)
        return str(server['id'])

    def answer(self, question: exchange.Question) -> exchange.Answer:
        """Answer as Nova does."""
        self.asked.append(question)
        if self.refuses:
            return asking.answer({'error': self.name}, self.refuses)
        match question.method, question.path.split('/')[1:]:
            case 'GET', ['servers', 'detail']:
                return self._list(dict(parse.parse_qsl(question.query)))
            case 'POST', ['servers']:
                name = json.loads(question.body)['server']['name']
                new = self.boot(len(self.servers) + 1, f't9-{name}')
                return asking.answer({'server': {'id': new}}, 202)
            case method, ['servers', server_id, *_below]:
                return self._server(method, server_id)
            case 'GET', ['limits']:
                return asking.answer({'limits': {'absolute': {'cores': 20}}})
            case 'GET', ['os-availability-zone', 'detail']:
                zones: list[Json] = [
                    {
                        'zoneName': name,
                        'zoneState': {'available': True},
                        'hosts': {f'{self.name}-{name}': {}},
                    }
                    for name in ('internal', 'nova')
                ]
                return asking.answer({'availabilityZoneInfo': zones})
            case 'POST', ['os-keypairs']:
                wish = json.loads(question.body)['keypair']
                key = wish.get('public_key', f'made in {self.name}')
                if wish['name'] in self.keypairs:
                    return asking.answer({'conflictingRequest': {}}, 409)
                self.keypairs[wish['name']] = key
                return asking.answer({'keypair': {**wish, 'public_key': key}})
            case 'GET', ['os-keypairs']:
                return asking.answer({'keypairs': []})
            case 'GET', ['os-keypairs', name] if name in self.keypairs:
                one = {'name': name, 'public_key': self.keypairs[name]}
                return asking.answer({'keypair': {**one, 'type': 'ssh'}})
            case 'DELETE', ['os-keypairs', name]:
                there = self.keypairs.pop(name, None)
                return asking.answer({}, 404 if there is None else 202)
            case _:
                return asking.answer({'said by': self.name})

    def _list(self, query: Mapping[str, str]) -> exchange.Answer:
        items = self.servers
        if 'marker' in query:
            ids = [one['id'] for one in items]
            items = items[ids.index(query['marker']) + 1 :]
        limit = int(query['limit'])
        body: Json = {'servers': items[:limit]}
        if len(items) > limit:
            body['servers_links'] = [{'rel': 'next', 'href': 'of no interest'}]
        return asking.answer(body)

    def _server(self, method: str, server_id: str) -> exchange.Answer:
        found = [one for one in self.servers if one['id'] == server_id]
        if not found:
            return asking.answer({'itemNotFound': {}}, 404)
        if method == 'DELETE':
            self.servers.remove(found[0])
            return exchange.Answer(204, {}, b'')
        return asking.answer({'server': found[0]})


class Regions:
    """What behaviours ask of :class:`tricircle.gateway.regions.Regions`."""

    def __init__(self, *names: str, make: Any = Region) -> None:
        self.there = {name: make(name) for name in names}

    def pods(self) -> list[placing.Pod]:
        """One zone a region."""
        return [
            placing.Pod(
                name,
                f'az-{name}',
                away=(
                    regions.SILENT
                    if region.fails and not region.fails.may_be_done
                    else ''
                ),
                pod_id=f'pod-{name}',
            )
            for name, region in self.there.items()
        ]

    def look(self, name: str) -> bool:
        """Tell whether one answers again."""
        return self.there[name].fails is None

    def names(self) -> list[str]:
        """Their names."""
        return sorted(self.there)

    def expected(self) -> list[str]:
        """Those that serve, or will."""
        return self.names()

    def own_headers(self) -> dict[str, str]:
        """Of the gateway itself."""
        return {'X-Auth-Token': 'the gateway'}

    def zone(self, region_name: str) -> str:
        """The zone of one."""
        return f'az-{region_name}'

    def root(self, region_name: str) -> str:
        """The URL of one."""
        return str(self.there[region_name].root)

    def ask(
        self,
        region_name: str,
        question: exchange.Question,
        timeout: float | None = None,
    ) -> exchange.Answer:
        """Ask one."""
        region = self.there[region_name]
        if region.fails is not None:
            if region.fails.may_be_done:
                region.answer(question)
            raise region.fails
        found: exchange.Answer = region.answer(question)
        return found

    def ask_as_it_is(
        self,
        region_name: str,
        question: exchange.Question,
        timeout: float | None = None,
    ) -> exchange.Answer:
        """Ask one, by its own IDs."""
        return self.ask(region_name, question, timeout)

    def ids_changed(self) -> None:
        """Take IDs as they are."""

    def ask_all(
        self,
        question: exchange.Question,
        timeout: float,
        names: Iterable[str] | None = None,
    ) -> Any:
        """Ask several."""
        return self.at_once(
            lambda name: self.ask(name, question),
            self.names() if names is None else names,
        )

    def at_once(self, act: Any, names: Iterable[str]) -> Any:
        """Do something for several, one after the other."""
        answers, away = {}, {}
        for name in names:
            try:
                answers[name] = act(name)
            except regions.NotThere:
                continue
            except regions.RegionAway as exc:
                away[name] = exc
        return answers, away

    def range(self) -> microversions.Range:
        """As Nova 34."""
        return microversions.Range(
            microversions.Version(2, 1), microversions.Version(2, 104)
        )


class Client:
    """A user of the gateway to some regions."""

    def __init__(self, cloud: asking.Cloud) -> None:
        self.application = handler.Handler(cloud)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> webob.Response:
        """Ask as a member of the project."""
        request = webob.Request.blank(
            path,
            method=method,
            base_url='http://cloud.example:19998',
            headers={
                'X-User-Id': 'a-user',
                'X-Project-Id': PROJECT,
                'X-Auth-Token': 'a-token',
                **(headers or {}),
            },
        )
        if body is not None:
            request.body = json.dumps(body).encode()
            request.content_type = 'application/json'
        return request.get_response(self.application)
