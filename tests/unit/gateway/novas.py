# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Regions that have flavors as Nova has them: dictionaries."""

import json
from typing import Any
from urllib import parse

from tests.unit.gateway import stand_in
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway.api import compute
from tricircle.gateway.home import homes

_NONE = asking.answer({'itemNotFound': {}}, 404)
_PUBLIC = 'os-flavor-access:is_public'
_DONE = exchange.Answer(202, {}, b'')


class Region(stand_in.Region):
    """A Nova of flavors with extra specs, and of key pairs."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.flavors: dict[str, Any] = {}
        self.access: dict[str, set[str]] = {}
        #: how many answers come before it goes away
        self.goes_after: int | None = None

    def answer(self, question: exchange.Question) -> exchange.Answer:
        """Answer as Nova does."""
        if self.goes_after == 0:
            raise regions.RegionAway(self.name, 'no connection')
        if self.goes_after is not None:
            self.goes_after -= 1
        if self.refuses:
            return asking.answer({'error': self.name}, self.refuses)
        parts = [parse.unquote(one) for one in question.path.split('/')[1:]]
        if parts[0] == 'flavors':
            self.asked.append(question)
            said = json.loads(question.body) if question.body else {}
            return self._flavors(question.method, parts[1:], said)
        if question.method == 'GET' and parts[:-1] == ['os-keypairs']:
            self.asked.append(question)
            if parts[1] not in self.keypairs:
                return _NONE
        return super().answer(question)

    def _flavors(
        self, method: str, parts: list[str], said: Any
    ) -> exchange.Answer:
        if not parts:
            return self._make(said['flavor'])
        one, *below = parts
        if one not in self.flavors:
            return _NONE
        there = self.flavors[one]
        match method, below:
            case 'GET', []:
                return asking.answer({'flavor': there})
            case 'PUT', [] if set(said['flavor']) != {'description'}:
                return asking.answer({'badRequest': {}}, 400)
            case 'PUT', []:
                there.update(said['flavor'])
                return asking.answer({'flavor': there})
            case 'DELETE', []:
                del self.flavors[one]
                return _DONE
            case 'POST', ['os-extra_specs']:
                there['extra_specs'].update(said['extra_specs'])
                return asking.answer(said)
            case 'DELETE', ['os-extra_specs', name]:
                gone = there['extra_specs'].pop(name, None)
                return _NONE if gone is None else _DONE
            case 'GET', ['os-flavor-access']:
                access = [
                    {'flavor_id': one, 'tenant_id': project}
                    for project in sorted(self.access[one])
                ]
                return asking.answer({'flavor_access': access})
            case 'POST', ['action']:
                for name, what in said.items():
                    if name == 'addTenantAccess':
                        self.access[one].add(what['tenant'])
                    else:
                        self.access[one].discard(what['tenant'])
                return asking.answer({'flavor_access': []})
        raise AssertionError((method, parts))

    def _make(self, wish: Any) -> exchange.Answer:
        found = wish.get('id') or f'made-in-{self.name}'
        if found in self.flavors:
            return asking.answer({'conflictingRequest': {}}, 409)
        self.flavors[found] = {
            'rxtx_factor': 1.0,
            'OS-FLV-EXT-DATA:ephemeral': 0,
            _PUBLIC: True,
            'description': None,
            **wish,
            'id': found,
            'swap': wish.get('swap') or '',
            'extra_specs': {},
        }
        self.access[found] = set()
        return asking.answer({'flavor': self.flavors[found]})


class Regions(stand_in.Regions):
    """Of which one may join later, or leave."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names, make=Region)

    def away(self, name: str) -> None:
        """Have one go away."""
        self.there[name].fails = regions.RegionAway(name, 'no connection')

    def back(self, name: str) -> None:
        """Have one come back."""
        self.there[name].fails = None

    def join(self, name: str) -> Any:
        """Have one join."""
        self.there[name] = Region(name)
        return self.there[name]

    def pod(self, name: str) -> placing.Pod:
        """Return a pod."""
        return next(one for one in self.pods() if one.region_name == name)

    def has(self) -> list[set[str]]:
        """Return the flavors of each."""
        return [set(one.flavors) for one in self.there.values()]


def cloud(there: stand_in.Regions) -> asking.Cloud:
    """Return the cloud of some regions."""
    return asking.Cloud(
        service=compute.SERVICE,
        regions=there,  # type: ignore[arg-type]
        homes=homes.Homes(compute.SERVICE, there, 1.0),  # type: ignore[arg-type]
        scopes=lambda networks, ports: {},
        list_timeout=1.0,
        max_limit=1000,
    )
