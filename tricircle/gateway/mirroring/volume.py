# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Types of volumes, and QoS: what Cinder has, and how it changes.

Cinder chooses IDs itself, so that what one thing says of another is its name.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib import parse

from tricircle.gateway.mirroring import kinds
from tricircle.gateway.mirroring.kinds import Document
from tricircle.gateway.mirroring.kinds import Region
from tricircle.replica import types

_VERSION: Final = 'volume 3.0'
_DEFAULTS: Final = 'volume 3.62'
_PUBLIC: Final = 'os-volume-type-access:is_public'
_ENCRYPTION: Final = ('provider', 'control_location', 'key_size', 'cipher')
#: Below a type; Cinder looks at the type alone.
_ANY: Final = 'provider'


class VolumeType:
    """Types of volumes, with access, encryption and their QoS."""

    type = types.VOLUME_TYPE
    called = 'volume type'
    key = 'volume_type'
    prefix = '/types'
    fixed = ()

    def own_id(self, said: Mapping[str, Any]) -> str:
        """Return the ID."""
        return str(said['id'])

    def find(self, region: Region, document: Document) -> str | None:
        """Return the ID of the one with the name."""
        return kinds.named(
            region,
            '/types',
            'volume_types',
            document['name'],
            _VERSION,
            kinds.PRIVATE_TOO,
        )

    def read(
        self, region: Region, own_id: str, owner: str
    ) -> dict[str, Any] | None:
        """Return what a region has."""
        path = f'/types/{kinds.quoted(own_id)}'
        answer = region.ask('GET', path, version=_VERSION)
        if not answer.is_fine:
            return None
        said = answer.json['volume_type']
        is_public = bool(said.get('is_public', said.get(_PUBLIC)))
        access: list[str] = []
        if not is_public:
            listed = region.do(
                'GET', f'{path}/os-volume-type-access', version=_VERSION
            )
            access = sorted(
                one['project_id'] for one in listed['volume_type_access']
            )
        return {
            'name': said['name'],
            'description': said.get('description') or '',
            'is_public': is_public,
            'extra_specs': kinds.seen(said, 'extra_specs', region) or {},
            'access': access,
            'encryption': self._encryption(region, path),
            'qos': self._qos(region, kinds.seen(said, 'qos_specs_id', region)),
        }

    def _encryption(self, region: Region, path: str) -> Any:
        said = region.do('GET', f'{path}/encryption', version=_VERSION)
        if not said or not said.get('provider'):
            return None
        return {name: said.get(name) for name in _ENCRYPTION}

    def _qos(self, region: Region, qos_id: str | None) -> str | None:
        if not qos_id:
            return None
        path = f'/qos-specs/{kinds.quoted(qos_id)}'
        said = region.do('GET', path, version=_VERSION)
        return str(said['qos_specs']['name'])

    def make(self, region: Region, document: Document) -> str:
        """Make one; what it has beside itself is set by a change."""
        wish = {
            'name': document['name'],
            'description': document['description'],
            _PUBLIC: document['is_public'],
        }
        said = region.do(
            'POST', '/types', {'volume_type': wish}, version=_VERSION
        )
        return str(said['volume_type']['id'])

    def change(
        self, region: Region, own_id: str, there: Document, wanted: Document
    ) -> None:
        """Set what differs."""
        path = f'/types/{kinds.quoted(own_id)}'
        named = {
            name: wanted[name]
            for name in ('name', 'description', 'is_public')
            if there[name] != wanted[name]
        }
        if named:
            region.do('PUT', path, {'volume_type': named}, version=_VERSION)
        kinds.set_specs(
            region,
            f'{path}/extra_specs',
            'extra_specs',
            there['extra_specs'],
            wanted['extra_specs'],
            _VERSION,
        )
        new, old = kinds.set_difference(there['access'], wanted['access'])
        for name, projects in (
            ('addProjectAccess', new),
            ('removeProjectAccess', old if not wanted['is_public'] else []),
        ):
            for project in projects:
                body = {name: {'project': project}}
                region.do('POST', f'{path}/action', body, version=_VERSION)
        self._set_encryption(region, path, there, wanted)
        self._set_qos(region, own_id, there['qos'], wanted['qos'])

    def _set_encryption(
        self, region: Region, path: str, there: Document, wanted: Document
    ) -> None:
        now, then = there['encryption'], wanted['encryption']
        if now == then:
            return
        path = f'{path}/encryption'
        if then is None:
            region.ask('DELETE', f'{path}/{_ANY}', version=_VERSION)
        elif now is None:
            body = {name: one for name, one in then.items() if one is not None}
            region.do('POST', path, {'encryption': body}, version=_VERSION)
        else:
            region.do(
                'PUT',
                f'{path}/{_ANY}',
                {'encryption': then},
                version=_VERSION,
            )

    def _set_qos(
        self, region: Region, own_id: str, there: Any, wanted: Any
    ) -> None:
        if there == wanted:
            return
        for name, action in ((there, 'disassociate'), (wanted, 'associate')):
            if name is None:
                continue
            found = kinds.named(
                region, '/qos-specs', 'qos_specs', name, _VERSION
            )
            if found is None:
                raise kinds.NotSo(
                    f'{region.name} has no QoS specifications {name} yet'
                )
            region.do(
                'GET',
                f'/qos-specs/{kinds.quoted(found)}/{action}',
                query=parse.urlencode({'vol_type_id': own_id}),
                version=_VERSION,
            )

    def remove(self, region: Region, own_id: str, owner: str) -> None:
        """Remove one."""
        path = f'/types/{kinds.quoted(own_id)}'
        region.ask('DELETE', path, version=_VERSION)


class Qos:
    """QoS specifications; which types have them, the types say."""

    type = types.VOLUME_QOS
    called = 'QoS specifications'
    key = 'qos_specs'
    prefix = '/qos-specs'
    fixed = ('name',)

    def own_id(self, said: Mapping[str, Any]) -> str:
        """Return the ID."""
        return str(said['id'])

    def find(self, region: Region, document: Document) -> str | None:
        """Return the ID of those with the name."""
        return kinds.named(
            region, '/qos-specs', 'qos_specs', document['name'], _VERSION
        )

    def read(
        self, region: Region, own_id: str, owner: str
    ) -> dict[str, Any] | None:
        """Return what a region has."""
        path = f'/qos-specs/{kinds.quoted(own_id)}'
        answer = region.ask('GET', path, version=_VERSION)
        if not answer.is_fine:
            return None
        said = answer.json['qos_specs']
        return {
            'name': said['name'],
            'consumer': said['consumer'],
            'specs': said.get('specs') or {},
        }

    def make(self, region: Region, document: Document) -> str:
        """Make some."""
        wish = {
            **document['specs'],
            'name': document['name'],
            'consumer': document['consumer'],
        }
        said = region.do(
            'POST', '/qos-specs', {'qos_specs': wish}, version=_VERSION
        )
        return str(said['qos_specs']['id'])

    def change(
        self, region: Region, own_id: str, there: Document, wanted: Document
    ) -> None:
        """Set what differs."""
        path = f'/qos-specs/{kinds.quoted(own_id)}'
        old = sorted(set(there['specs']) - set(wanted['specs']))
        if old:
            region.do(
                'PUT', f'{path}/delete_keys', {'keys': old}, version=_VERSION
            )
        new = {
            name: value
            for name, value in wanted['specs'].items()
            if there['specs'].get(name) != value
        }
        if there['consumer'] != wanted['consumer']:
            new['consumer'] = wanted['consumer']
        if new:
            region.do('PUT', path, {'qos_specs': new}, version=_VERSION)

    def remove(self, region: Region, own_id: str, owner: str) -> None:
        """Remove some, from the types that have them too."""
        path = f'/qos-specs/{kinds.quoted(own_id)}'
        region.ask('DELETE', path, query='force=True', version=_VERSION)


class DefaultType:
    """The type of a project's volumes that are asked for without one."""

    type = types.DEFAULT_TYPE
    called = 'default volume type of project'
    key = 'default_type'
    prefix = '/default-types'
    fixed = ('project_id',)

    def own_id(self, said: Mapping[str, Any]) -> str:
        """Return the project."""
        return str(said['project_id'])

    def find(self, region: Region, document: Document) -> str | None:
        """Return the project."""
        return str(document['project_id'])

    def read(
        self, region: Region, own_id: str, owner: str
    ) -> dict[str, Any] | None:
        """Return what a region has, by the name of the type."""
        path = f'/default-types/{kinds.quoted(own_id)}'
        answer = region.ask('GET', path, version=_DEFAULTS)
        if not answer.is_fine:
            return None
        type_id = kinds.quoted(answer.json['default_type']['volume_type_id'])
        said = region.do('GET', f'/types/{type_id}', version=_VERSION)
        return {
            'project_id': own_id,
            'volume_type': said['volume_type']['name'],
        }

    def make(self, region: Region, document: Document) -> str:
        """Set it."""
        body = {'default_type': {'volume_type': document['volume_type']}}
        project = str(document['project_id'])
        path = f'/default-types/{kinds.quoted(project)}'
        region.do('PUT', path, body, version=_DEFAULTS)
        return project

    def change(
        self, region: Region, own_id: str, there: Document, wanted: Document
    ) -> None:
        """Set it."""
        self.make(region, wanted)

    def remove(self, region: Region, own_id: str, owner: str) -> None:
        """Unset it."""
        path = f'/default-types/{kinds.quoted(own_id)}'
        region.ask('DELETE', path, version=_DEFAULTS)


VOLUME_TYPE: Final = VolumeType()
QOS: Final = Qos()
DEFAULT_TYPE: Final = DefaultType()
