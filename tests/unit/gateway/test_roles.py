# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Each route of the tables, asked by each role: as a region alone answers.

The gateway passes tokens on and has no policies: what a region refuses it
refuses, and does nothing.
"""

from collections.abc import Iterator
import json
from typing import Any

import pytest

from tests.unit.gateway import cinder_types
from tests.unit.gateway import guarded
from tests.unit.gateway import novas
from tests.unit.gateway import stand_in
from tricircle.gateway import exchange
from tricircle.gateway.api import compute
from tricircle.gateway.api import routes
from tricircle.gateway.api import service as services
from tricircle.gateway.api import volume

FLAVOR = {'name': 'f', 'ram': 1, 'vcpus': 1, 'disk': 1, 'id': 'new'}
BODIES: dict[str, Any] = {
    'server': {'server': {'name': 's', 'flavorRef': '1'}},
    'server_group': {'server_group': {'name': 'g', 'policy': 'affinity'}},
    'flavor': {'flavor': FLAVOR},
    'keypair': {'keypair': {'name': 'new', 'public_key': 'k'}},
    'volume': {'volume': {'size': 1}},
    'snapshot': {'snapshot': {'volume_id': '{volume}'}},
    'volume_type': {'volume_type': {'name': 'new'}},
    'qos_specs': {'qos_specs': {'name': 'new'}},
    'group_type': {'group_type': {'name': 'new'}},
    'default_type': {'default_type': {'volume_type': 'fast'}},
    'volumeAttachment': {'volumeAttachment': {'volumeId': '{volume}'}},
    'restore': {'restore': {'volume_id': '{volume}'}},
}
#: What the gateway answers itself, to everybody with a token: zones are in no
#: policy of Nova's but that of who is somebody, and what it does not do, it
#: does for nobody.
OWN = frozenset({'zones', 'refuse', 'quota-sets'})
#: Of these a stand-in has nothing that could be found.
NOT_THERE = frozenset(
    {
        'attachment',
        'message',
        'group',
        'group_snapshot',
        'consistencygroup',
        'cgsnapshot',
        'server-group',
    }
)


class There:
    """The regions of a service, with something in the first."""

    def __init__(self, service: services.Service) -> None:
        guarded.forget()
        self.service = service
        self.regions: Any
        if service is compute.SERVICE:
            self.regions = novas.Regions('One', 'Two')
            cloud = novas.cloud(self.regions)
        else:
            self.regions = cinder_types.Regions('One', 'Two')
            cloud = cinder_types.cloud(self.regions)
        self.client = stand_in.Client(cloud)
        one = self.regions.there['One']
        self.ids: dict[str, str] = {'user': 'admin'}
        if service is compute.SERVICE:
            self.ids['server'] = one.boot(1, '2026-01-01T00:00:00Z')
        else:
            for kind, what in (
                ('volume', 'volumes'),
                ('snapshot', 'snapshots'),
                ('backup', 'backups'),
                ('transfer', 'os-volume-transfer'),
            ):
                self.ids[kind] = one.put(what, 1, '2026-01-01T00:00:00')
        for region in self.regions.there.values():
            guarded.guard(region, self._lists())
        self._make()
        guarded.asked(self.regions)

    def _lists(self) -> dict[str, str]:
        """Return the keys of lists, by path."""
        found = {
            route.path.removesuffix('/**'): route.key
            for route in self.service.routes
            if route.behaviour in ('merge', 'union')
        }
        return {
            **found,
            '/os-aggregates': 'aggregates',
            '/os-keypairs': 'keypairs',
            '/extensions': 'extensions',
            '/default-types': 'default_types',
            '/resource_filters': 'resource_filters',
            '/os-simple-tenant-usage': 'tenant_usages',
            '/flavors': 'flavors',
        }

    def _make(self) -> None:
        """Have what all regions have, through the gateway."""
        for path, key, name in (
            ('flavors', 'flavor', 'there'),
            ('types', 'volume_type', 'fast'),
            ('qos-specs', 'qos_specs', 'gold'),
            ('group_types', 'group_type', 'g'),
        ):
            if not any(one.path == f'/{path}' for one in self.service.routes):
                continue
            wish = {**BODIES[key][key], 'name': name, 'id': name}
            if key != 'flavor':
                del wish['id']
            answer = self.ask(guarded.ADMIN, 'POST', f'/{path}', {key: wish})
            assert answer.status_int == 200, answer.text
            self.ids[key] = str(answer.json[key]['id'])
        if self.service is compute.SERVICE:
            for caller in guarded.CALLERS[:3]:
                wish = {'name': f'of-{caller.name}', 'public_key': 'k'}
                self.ask(caller, 'POST', '/os-keypairs', {'keypair': wish})

    def ask(
        self, caller: guarded.Caller, method: str, path: str, body: Any = None
    ) -> Any:
        return guarded.ask(
            self.client, caller, method, f'/{self.service.version}{path}', body
        )

    def path(self, route: routes.Route, caller: guarded.Caller) -> str:
        """Return a path of a route, with the ID of what is there."""
        kinds = {'type': 'volume_type', 'qos': 'qos_specs'}
        kind = kinds.get(route.resource, route.resource) or route.key
        there = self.ids.get(kind, self.ids.get(route.key, 'some-id'))
        if 'os-keypairs' in route.path:
            there = f'of-{caller.name}'
        if route.path.startswith('/qos-specs'):
            there = self.ids['qos_specs']
        path = route.path.removesuffix('/**').replace('{id}', there)
        if route.behaviour == 'associate' and not path.endswith('_all'):
            path += f'?vol_type_id={self.ids["volume_type"]}'
        return path.replace('{volume_id}', 'some-id')

    def body(self, route: routes.Route, method: str) -> Any:
        """Return a body that a route takes."""
        if method not in ('POST', 'PUT'):
            return None
        text = json.dumps(BODIES.get(route.key, {route.key: {}}))
        return json.loads(
            text.replace('{volume}', self.ids.get('volume', 'some-id'))
        )

    def alone(
        self, caller: guarded.Caller, method: str, path: str, body: Any
    ) -> int:
        """Return what the first region alone answers."""
        path, _mark, query = path.partition('?')
        question = exchange.Question(
            method,
            path,
            query or 'limit=100',
            {'X-Auth-Token': caller.token},
            json.dumps(body).encode() if body else b'',
        )
        status: int = self.regions.there['One'].answer(question).status
        return status


def methods(route: routes.Route) -> Iterator[str]:
    if route.methods == '*':
        yield from ('GET', 'POST', 'PUT', 'DELETE')
    else:
        yield from route.methods.split()


def cases(service: services.Service) -> list[tuple[routes.Route, str]]:
    """Return the routes with the methods that come to them."""
    return [
        (route, method)
        for route in service.routes
        for method in methods(route)
        if routes.find(
            service.routes, method, route.path.replace('/**', '')
        ).route
        == route
    ]


@pytest.mark.parametrize('caller', guarded.CALLERS, ids=lambda one: one.name)
@pytest.mark.parametrize('service', [compute.SERVICE, volume.SERVICE])
def test_it_is_as_a_region_alone_says(
    database: None, service: services.Service, caller: guarded.Caller
) -> None:
    there = There(service)
    wrong: list[object] = []
    for route, method in cases(service):
        path, body = there.path(route, caller), there.body(route, method)
        before = guarded.state(there.regions)
        answer = there.ask(caller, method, path, body)
        questions = guarded.asked(there.regions)
        leaves = guarded.state(there.regions) != before
        # For what it would be alone nothing may have been changed.
        if leaves:
            there = There(service)
            path, body = there.path(route, caller), there.body(route, method)
            before = guarded.state(there.regions)
        alone = there.alone(caller, method, path, body)
        guarded.asked(there.regions)
        if guarded.state(there.regions) != before:
            there = There(service)
        why = {
            'answers otherwise': not _fits(
                answer.status_int, alone, route, caller
            ),
            'asks as somebody else': any(
                one.headers['X-Auth-Token'] != caller.token
                for one in questions
            ),
            'leaves something': answer.status_int >= 400 and leaves,
            'asks for nobody': not caller.role and questions,
        }
        found = [what for what, is_so in why.items() if is_so]
        if found:
            wrong.append((found, method, path, answer.status_int, alone))
    assert wrong == []


def _fits(
    answer: int, alone: int, route: routes.Route, caller: guarded.Caller
) -> bool:
    """Tell whether an answer fits that of a region alone.

    What is in one region is looked for as the caller first: who does not see
    it, hears that it is not there.
    """
    if route.behaviour in OWN:
        return answer == (200 if route.behaviour == 'zones' else 501) or (
            answer == 401 and not caller.role
        )
    if alone in (401, 403):
        hidden = (
            route.resource in NOT_THERE or caller.project_id == guarded.OTHER
        )
        return answer == alone or (hidden and answer in (400, 404))
    if alone == 404:
        return answer == 404
    return answer not in (401, 403, 500)
