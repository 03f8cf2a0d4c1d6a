# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Regions that count what projects use, and limits that are a dictionary."""

import json
from typing import Any

from oslo_utils import timeutils
import sqlalchemy as sa

from tests.unit.gateway import faulty
from tests.unit.gateway import stand_in
from tricircle.db import session as sessions
from tricircle.db.central import models
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import known
from tricircle.gateway import regions
from tricircle.gateway.api import compute
from tricircle.gateway.home import homes
from tricircle.gateway.lost import placings
from tricircle.gateway.quotas import keeping
from tricircle.gateway.quotas import limits as limiting
from tricircle.gateway.quotas import usages
from tricircle.gateway.quotas import wishes

SERVERS = faulty.SERVERS
#: vcpus, MiB, GiB by the ID of a flavor
FLAVORS = {'1': (1, 512, 1), '2': (2, 2048, 20), '4': (4, 4096, 40)}


def flavor(flavor_id: str) -> stand_in.Json:
    vcpus, ram, disk = FLAVORS[flavor_id]
    return {'vcpus': vcpus, 'ram': ram, 'disk': disk, 'extra_specs': {}}


class Region(faulty.Region):
    """A Nova that counts servers when its scheduler has done with them."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.is_slow = False
        #: HTTP status of its Placement
        self.placement = 200

    def make(self, wish: stand_in.Json, created: Any = None) -> str:
        """Have as many servers as are asked for."""
        count = int(wish.get('max_count', wish.get('min_count', 1)))
        for _one in range(count):
            new = super().make(wish, created)
            self.servers[-1] |= {
                'flavor': {'id': wish['flavorRef'], **self._told(wish)},
                'image': {'id': 'an image'},
                'OS-EXT-STS:task_state': 'scheduling',
            }
        if not self.is_slow:
            self.schedule()
        return new

    def _told(self, wish: stand_in.Json) -> stand_in.Json:
        return flavor(wish['flavorRef'])

    def schedule(self) -> None:
        """Have the scheduler do its work."""
        for server in self.servers:
            server['OS-EXT-STS:task_state'] = None

    def used(self) -> stand_in.Json:
        """Return what is counted: of servers, and by class of Placement."""
        found = {'servers': 0, 'VCPU': 0, 'MEMORY_MB': 0, 'DISK_GB': 0}
        for server in self.servers:
            if server['OS-EXT-STS:task_state'] != 'scheduling':
                found['servers'] += 1
                if server['status'] == 'SHELVED_OFFLOADED':
                    continue
                found['VCPU'] += server['flavor']['vcpus']
                found['MEMORY_MB'] += server['flavor']['ram']
                found['DISK_GB'] += server['flavor']['disk']
        return found

    def _answer(self, question: exchange.Question) -> exchange.Answer:
        match question.method, question.path.split('/')[1:]:
            case 'GET', ['limits']:
                used = self.used()
                absolute = {
                    'maxTotalInstances': 10,
                    'maxTotalCores': 20,
                    'maxTotalRAMSize': 51200,
                    'maxServerMeta': 128,
                    'totalInstancesUsed': used['servers'],
                    'totalCoresUsed': used['VCPU'],
                    'totalRAMUsed': used['MEMORY_MB'],
                }
                return asking.answer({'limits': {'absolute': absolute}})
            case 'GET', ['flavors', flavor_id]:
                if flavor_id not in FLAVORS:
                    return asking.answer({'itemNotFound': {}}, 404)
                return asking.answer({'flavor': flavor(flavor_id)})
            case 'POST', ['servers', server_id, 'action']:
                self.asked.append(question)
                if server_id not in [one['id'] for one in self.servers]:
                    return asking.answer({'itemNotFound': {}}, 404)
                return self._act(server_id, json.loads(question.body or b'{}'))
            case 'GET', ['os-quota-sets', _project, *below]:
                self.asked.append(question)
                return asking.answer({'quota_set': self._quotas(below)})
            case _:
                return super()._answer(question)

    def _act(self, server_id: str, said: Any) -> exchange.Answer:
        (server,) = [one for one in self.servers if one['id'] == server_id]
        if not isinstance(said, dict):
            return exchange.Answer(202, {}, b'')
        if 'resize' in said:
            wanted = said['resize']['flavorRef']
            server['flavor'] = {'id': wanted, **flavor(wanted)}
        if 'unshelve' in said:
            server['status'] = 'ACTIVE'
        return exchange.Answer(202, {}, b'')

    def _quotas(self, below: list[str]) -> stand_in.Json:
        used = self.used()
        names = {'instances': 'servers', 'cores': 'VCPU', 'ram': 'MEMORY_MB'}
        found: stand_in.Json = {'id': stand_in.PROJECT}
        for name in (*names, 'key_pairs', 'server_groups'):
            in_use = used.get(names.get(name, ''), 0)
            found[name] = (
                {'limit': 10, 'in_use': in_use, 'reserved': 0}
                if below == ['detail']
                else 10
            )
        return found


class Placement:
    """The Placements of regions."""

    def __init__(self, there: 'Regions') -> None:
        self._there = there

    def usages(self, region_name: str, project_id: str) -> exchange.Answer:
        """Answer as Placement does: without what is not used at all."""
        region = self._there.there[region_name]
        if region.fails is not None:
            raise region.fails
        used = {
            name: amount
            for name, amount in region.used().items()
            if amount and name != 'servers'
        }
        return asking.answer({'usages': used}, region.placement)


class Regions(stand_in.Regions):
    """Regions that count."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self.there: dict[str, Any] = {name: Region(name) for name in names}

    def servers(self) -> list[stand_in.Json]:
        """Return the servers of all."""
        return [
            server
            for region in self.there.values()
            for server in region.servers
        ]


class Limits:
    """Limits that are a dictionary."""

    def __init__(self, **registered: int) -> None:
        self.registered: dict[str, int] = registered
        self.own: dict[str, int] = {}
        self.is_away = False

    def of(self, project_id: str) -> limiting.Limits:
        """Return the limits, whoever asks."""
        if self.is_away:
            raise limiting.Unknown('Keystone does not tell the limits')
        return limiting.Limits(self.registered, self.own)


def quota_of(
    there: Regions, limits: Limits, patience: placings.Patience
) -> keeping.Quota:
    return keeping.Quota(
        keeping.Sources(
            limits,
            wishes.Wishes(known.Known((), 1.0)),
            usages.Usages(Placement(there)),
        ),
        60.0,
        patience,
    )


def cloud_of(
    there: Any, limits: Limits, patience: faulty.Patience
) -> asking.Cloud:
    return asking.Cloud(
        service=compute.SERVICE,
        regions=there,
        homes=homes.Homes(compute.SERVICE, there, 1.0),
        scopes=lambda networks, ports: {},
        list_timeout=1.0,
        max_limit=1000,
        placings=placings.Placings(60.0, patience),
        quota=quota_of(there, limits, patience),
    )


def away(name: str) -> regions.RegionAway:
    return regions.RegionAway(name, 'no connection')


def reservations() -> list[Any]:
    """Return the reservations that count."""
    with sessions.reader() as session:
        rows = models.QuotaReservation
        return list(
            session.scalars(sa.select(rows).where(rows.settled_at.is_(None)))
        )


def pass_by() -> None:
    """Have the deadlines of all reservations pass by."""
    faulty.pass_by()
    with sessions.writer() as session:
        session.execute(
            sa.update(models.QuotaReservation).values(
                deadline=timeutils.utcnow() - faulty.LATER
            )
        )


def refusal(answer: Any) -> str:
    assert answer.status_int == 403, answer.text
    assert answer.json['forbidden']['code'] == 403
    return str(answer.json['forbidden']['message'])


def bad_request(act: Any, region: Any) -> Any:
    return asking.answer({'badRequest': {'code': 400}}, 400)


def refused() -> Any:
    return asking.answer({'forbidden': {'code': 403}}, 403)
