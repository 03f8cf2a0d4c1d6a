# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Regions that fail at a step of what they are asked to make or delete."""

from collections.abc import Callable
import datetime
import json
from typing import Any
import uuid

from oslo_utils import timeutils
import sqlalchemy as sa

from tests.unit.gateway import stand_in
from tricircle.db import session as sessions
from tricircle.db.central import models
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import regions
from tricircle.gateway.api import compute
from tricircle.gateway.home import homes
from tricircle.gateway.lost import placings

SERVERS = '/v2.1/servers'
GROUPS = '/v2.1/os-server-groups'
LATER = datetime.timedelta(seconds=3600)
Fault = Callable[
    [Callable[[], exchange.Answer], stand_in.Region], exchange.Answer
]


def refused(act: Any, region: stand_in.Region) -> exchange.Answer:
    """No connection is made."""
    raise regions.RegionAway(region.name, 'ConnectTimeout')


def closed_before(act: Any, region: stand_in.Region) -> exchange.Answer:
    """The connection is closed, and nothing was done."""
    raise regions.RegionAway(region.name, 'ConnectionError', True)


def closed_after(act: Any, region: stand_in.Region) -> exchange.Answer:
    """The connection is closed when it was done."""
    act()
    raise regions.RegionAway(region.name, 'ConnectionError', True)


def bad_gateway_after(act: Any, region: stand_in.Region) -> exchange.Answer:
    """A proxy of the region loses its answer."""
    act()
    return asking.answer({'error': 'proxy'}, 502)


def error_after(act: Any, region: stand_in.Region) -> exchange.Answer:
    """It fails when it was done."""
    act()
    return asking.answer({'computeFault': {}}, 500)


def error_before(act: Any, region: stand_in.Region) -> exchange.Answer:
    """It fails, and nothing was done."""
    return asking.answer({'computeFault': {}}, 500)


class Region(stand_in.Region):
    """A Nova of servers and groups that says what they are like."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.groups: list[stand_in.Json] = []
        self.faults: list[Fault] = []
        #: whether its list of servers is longer than what it tells
        self.has_more = False

    def make(self, wish: stand_in.Json, created: Any = None) -> str:
        """Have a server."""
        server = {
            'id': str(uuid.uuid4()),
            'name': wish['name'],
            'status': 'BUILD',
            'created': f'{(created or timeutils.utcnow()).isoformat()}Z',
            'tenant_id': stand_in.PROJECT,
            'flavor': {'id': wish.get('flavorRef', '')},
            'image': {'id': wish['imageRef']} if 'imageRef' in wish else '',
            'key_name': wish.get('key_name'),
            'metadata': wish.get('metadata', {}),
            'OS-DCF:diskConfig': 'MANUAL',
        }
        href = f'{self.root}/v2.1/servers/{server["id"]}'
        server['links'] = [{'rel': 'self', 'href': href}]
        self.servers.append(server)
        return str(server['id'])

    def answer(self, question: exchange.Question) -> exchange.Answer:
        """Answer as Nova does, unless something fails."""
        if question.method in ('POST', 'DELETE') and self.faults:
            self.asked.append(question)
            return self.faults.pop(0)(lambda: self._answer(question), self)
        return self._answer(question)

    def _answer(self, question: exchange.Question) -> exchange.Answer:
        self.asked.append(question)
        match question.method, question.path.split('/')[1:]:
            case 'POST', ['servers']:
                wish = json.loads(question.body)['server']
                new = self.make(wish)
                said = {'id': new, 'adminPass': 'generated'}
                return asking.answer({'server': said}, 202)
            case 'GET', ['servers', 'detail']:
                body: stand_in.Json = {'servers': self.servers}
                if self.has_more:
                    body['servers_links'] = [{'rel': 'next', 'href': ''}]
                return asking.answer(body)
            case 'POST', ['os-server-groups']:
                wish = json.loads(question.body)['server_group']
                group = {'id': str(uuid.uuid4()), 'members': [], **wish}
                self.groups.append(group)
                return asking.answer({'server_group': group})
            case 'GET', ['os-server-groups']:
                return asking.answer({'server_groups': self.groups})
            case method, ['os-server-groups', group_id]:
                found = [one for one in self.groups if one['id'] == group_id]
                if not found:
                    return asking.answer({'itemNotFound': {}}, 404)
                if method == 'DELETE':
                    self.groups.remove(found[0])
                    return exchange.Answer(204, {}, b'')
                return asking.answer({'server_group': found[0]})
            case _:
                return super().answer(question)


class Regions(stand_in.Regions):
    """Regions that may fail."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self.there: dict[str, Any] = {name: Region(name) for name in names}


class Patience(placings.Patience):
    """A clock that goes on when somebody waits.

    :ivar happens: what else goes on meanwhile
    """

    def __init__(self) -> None:
        super().__init__(3.0, 1.0)
        self.waited = 0.0
        self.happens: Callable[[], object] = lambda: None

    def now(self) -> float:
        """Return what was waited in all."""
        return self.waited

    def wait(self, seconds: float) -> None:
        """Have some time pass."""
        self.waited += seconds
        self.happens()


def cloud_of(there: Any, patience: Patience) -> asking.Cloud:
    return asking.Cloud(
        service=compute.SERVICE,
        regions=there,
        homes=homes.Homes(compute.SERVICE, there, 1.0),
        scopes=lambda networks, ports: {},
        list_timeout=1.0,
        max_limit=1000,
        placings=placings.Placings(60.0, patience),
    )


class Killed(BaseException):
    """The gateway is no more."""


def die_at_noted(name: str) -> None:
    if name == 'gateway.placing.noted':
        raise Killed


#: Failures of which nobody is told that it was done.
LOST_AFTER = [
    closed_after,
    bad_gateway_after,
    error_after,
]


def boot(client: stand_in.Client, **wish: Any) -> Any:
    return client.ask(
        'POST', SERVERS, {'server': {'name': 'a', 'flavorRef': '1', **wish}}
    )


def group(client: stand_in.Client, name: str = 'g') -> Any:
    return client.ask('POST', GROUPS, {'server_group': {'name': name}})


def noted() -> dict[str, str]:
    """Return the homes that are noted, by ID."""
    with sessions.reader() as session:
        return {
            home.resource_id: home.region_name
            for home in session.scalars(sa.select(models.ResourceHome))
        }


def open_rows() -> int:
    with sessions.reader() as session:
        return len(list(session.scalars(sa.select(models.Placing))))


def pass_by() -> None:
    """Have the deadlines of all rows pass by."""
    with sessions.writer() as session:
        session.execute(
            sa.update(models.Placing).values(
                deadline=timeutils.utcnow() - LATER
            )
        )
