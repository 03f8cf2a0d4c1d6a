# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Regions that have types of volumes as Cinder has them: dictionaries."""

import json
from typing import Any
from urllib import parse
import uuid

from tests.unit.gateway import cinders
from tricircle.gateway import asked as asking
from tricircle.gateway import exchange
from tricircle.gateway import placing
from tricircle.gateway import regions
from tricircle.gateway.mirroring import own_ids

_NONE = asking.answer({'itemNotFound': {}}, 404)
_DONE = exchange.Answer(202, {}, b'')
_PUBLIC = 'os-volume-type-access:is_public'


def _public(there: dict[str, Any], query: Any) -> list[dict[str, Any]]:
    """Return what Cinder lists to an administrator."""
    if (query or {}).get('is_public') == 'None':
        return list(there.values())
    return [one for one in there.values() if one['is_public']]


class Region(cinders.Region):
    """A Cinder that chooses the IDs of types itself."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.types: dict[str, Any] = {}
        self.access: dict[str, set[str]] = {}
        self.encryption: dict[str, Any] = {}
        self.qos: dict[str, Any] = {}
        self.group_types: dict[str, Any] = {}
        self.defaults: dict[str, str] = {}
        #: IDs of types that volumes have
        self.in_use: set[str] = set()

    def id_of(self, name: str, what: str = 'types') -> str:
        """Return the ID of what has a name."""
        there = getattr(self, what)
        return next(key for key, one in there.items() if one['name'] == name)

    def answer(self, question: exchange.Question) -> exchange.Answer:
        """Answer as Cinder does."""
        if self.refuses:
            return asking.answer({'error': self.name}, self.refuses)
        what, *parts = (
            parse.unquote(one) for one in question.path.split('/')[1:]
        )
        said = json.loads(question.body) if question.body else {}
        query = dict(parse.parse_qsl(question.query))
        match what:
            case 'types':
                found = self._types(question.method, parts, said, query)
            case 'qos-specs':
                found = self._qos(question.method, parts, said, query)
            case 'group_types':
                found = self._group_types(question.method, parts, said, query)
            case 'default-types':
                found = self._defaults(question.method, parts, said)
            case _:
                return super().answer(question)
        self.asked.append(question)
        return found

    def _new(self, there: dict[str, Any], one: Any) -> str | None:
        if any(other['name'] == one['name'] for other in there.values()):
            return None
        key = str(uuid.uuid4())
        there[key] = {**one, 'id': key}
        return key

    def _types(
        self, method: str, parts: list[str], said: Any, query: Any = None
    ) -> exchange.Answer:
        if not parts and method == 'GET':
            return asking.answer({'volume_types': _public(self.types, query)})
        if not parts:
            wish = dict(said['volume_type'])
            key = self._new(
                self.types,
                {
                    'description': None,
                    'extra_specs': wish.pop('extra_specs', {}),
                    'is_public': wish.pop(_PUBLIC, True),
                    'qos_specs_id': None,
                    **wish,
                },
            )
            if key is None:
                return asking.answer({'conflictingRequest': {}}, 409)
            self.access[key] = set()
            return asking.answer({'volume_type': self.types[key]})
        key, *below = parts
        if key not in self.types:
            return _NONE
        one = self.types[key]
        match method, below:
            case 'GET', []:
                return asking.answer({'volume_type': one})
            case 'PUT', []:
                one.update(said['volume_type'])
                return asking.answer({'volume_type': one})
            case 'DELETE', []:
                if key in self.in_use:
                    return asking.answer({'badRequest': {}}, 400)
                del self.types[key]
                return _DONE
            case 'POST', ['extra_specs']:
                one['extra_specs'].update(said['extra_specs'])
                return asking.answer(said)
            case 'GET', ['extra_specs']:
                return asking.answer({'extra_specs': one['extra_specs']})
            case 'DELETE', ['extra_specs', name]:
                one['extra_specs'].pop(name, None)
                return _DONE
            case 'GET', ['os-volume-type-access']:
                access = [
                    {'volume_type_id': key, 'project_id': project}
                    for project in sorted(self.access[key])
                ]
                return asking.answer({'volume_type_access': access})
            case 'POST', ['action']:
                for name, project in said.items():
                    if name == 'addProjectAccess':
                        self.access[key].add(project['project'])
                    else:
                        self.access[key].discard(project['project'])
                return _DONE
            case 'GET', ['encryption']:
                return asking.answer(self.encryption.get(key, {}))
            case 'POST', ['encryption']:
                self.encryption[key] = {
                    'encryption_id': str(uuid.uuid4()),
                    'volume_type_id': key,
                    'cipher': None,
                    'key_size': None,
                    **said['encryption'],
                }
                return asking.answer(said)
            case 'PUT', ['encryption', _any]:
                self.encryption[key].update(said['encryption'])
                return asking.answer(said)
            case 'DELETE', ['encryption', _any]:
                del self.encryption[key]
                return _DONE
        raise AssertionError((method, parts))

    def _qos(
        self, method: str, parts: list[str], said: Any, query: Any = None
    ) -> exchange.Answer:
        if not parts and method == 'GET':
            # What it does not know it takes for a field that none of them has.
            asks = query.keys() - {'limit', 'marker', 'sort_key', 'sort_dir'}
            found = [] if asks else list(self.qos.values())
            return asking.answer({'qos_specs': found})
        if not parts:
            wish = dict(said['qos_specs'])
            key = self._new(
                self.qos,
                {
                    'name': wish.pop('name'),
                    'consumer': wish.pop('consumer', 'back-end'),
                    'specs': wish,
                },
            )
            if key is None:
                return asking.answer({'conflictingRequest': {}}, 409)
            return asking.answer({'qos_specs': self.qos[key]})
        key, *below = parts
        if key not in self.qos:
            return _NONE
        one = self.qos[key]
        match method, below:
            case 'GET', []:
                return asking.answer({'qos_specs': one})
            case 'PUT', []:
                new = dict(said['qos_specs'])
                one['consumer'] = new.pop('consumer', one['consumer'])
                one['specs'].update(new)
                return asking.answer(said)
            case 'PUT', ['delete_keys']:
                for name in said['keys']:
                    del one['specs'][name]
                return _DONE
            case 'DELETE', []:
                self._disassociate(key)
                del self.qos[key]
                return _DONE
            case 'GET', ['associate']:
                if query['vol_type_id'] not in self.types:
                    return _NONE
                self.types[query['vol_type_id']]['qos_specs_id'] = key
                return _DONE
            case 'GET', ['disassociate']:
                self.types[query['vol_type_id']]['qos_specs_id'] = None
                return _DONE
            case 'GET', ['disassociate_all']:
                self._disassociate(key)
                return _DONE
        raise AssertionError((method, parts))

    def _disassociate(self, key: str) -> None:
        for one in self.types.values():
            if one['qos_specs_id'] == key:
                one['qos_specs_id'] = None

    def _group_types(
        self, method: str, parts: list[str], said: Any, query: Any = None
    ) -> exchange.Answer:
        if not parts and method == 'GET':
            return asking.answer(
                {'group_types': _public(self.group_types, query)}
            )
        if not parts:
            key = self._new(
                self.group_types,
                {
                    'description': None,
                    'is_public': True,
                    'group_specs': {},
                    **said['group_type'],
                },
            )
            return asking.answer({'group_type': self.group_types[key or '']})
        key, *below = parts
        if key not in self.group_types:
            return _NONE
        one = self.group_types[key]
        match method, below:
            case 'GET', []:
                return asking.answer({'group_type': one})
            case 'PUT', []:
                one.update(said['group_type'])
                return asking.answer({'group_type': one})
            case 'DELETE', []:
                del self.group_types[key]
                return _DONE
            case 'POST', ['group_specs']:
                one['group_specs'].update(said['group_specs'])
                return asking.answer(said)
        raise AssertionError((method, parts))

    def _defaults(
        self, method: str, parts: list[str], said: Any
    ) -> exchange.Answer:
        if not parts:
            return asking.answer({'default_types': []})
        project = parts[0]
        if method == 'PUT':
            wish = said['default_type']['volume_type']
            names = {one['name']: key for key, one in self.types.items()}
            if wish not in {*names, *names.values()}:
                return asking.answer({'badRequest': {}}, 400)
            self.defaults[project] = names.get(wish, wish)
        if project not in self.defaults:
            return _NONE
        if method == 'DELETE':
            del self.defaults[project]
            return exchange.Answer(204, {}, b'')
        return asking.answer(
            {
                'default_type': {
                    'project_id': project,
                    'volume_type_id': self.defaults[project],
                }
            }
        )


class Regions(own_ids.Translating, cinders.Regions):
    """Regions with such Cinders."""

    there: dict[str, Region]  # type: ignore[assignment]

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self.there = {name: Region(name) for name in names}

    def away(self, name: str) -> None:
        """Have one go away."""
        self.there[name].fails = regions.RegionAway(name, 'no connection')

    def back(self, name: str) -> None:
        """Have one come back."""
        self.there[name].fails = None

    def join(self, name: str) -> Region:
        """Have one join."""
        self.there[name] = Region(name)
        return self.there[name]

    def pod(self, name: str) -> placing.Pod:
        """Return a pod."""
        return next(one for one in self.pods() if one.region_name == name)


def cloud(there: Regions) -> asking.Cloud:
    """Return the cloud of some regions."""
    return cinders.cloud_of(there, lambda networks, ports: {})
