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
from tricircle.gateway.mirroring import named
from tricircle.gateway.mirroring.kinds import Document
from tricircle.gateway.mirroring.kinds import Region
from tricircle.replica import types

_VERSION: Final = 'volume 3.0'
_DEFAULTS: Final = 'volume 3.62'
_PUBLIC: Final = 'os-volume-type-access:is_public'
_ENCRYPTION: Final = ('provider', 'control_location', 'key_size', 'cipher')
#: Below a type; Cinder looks at the type alone.
_ANY: Final = 'provider'


class VolumeType(named.Named):
    """Types of volumes, with access, encryption and their QoS."""

    type = types.VOLUME_TYPE
    called = 'volume type'
    key = 'volume_type'
    prefix = '/types'
    fixed = ()
    collection = 'volume_types'
    version = _VERSION
    query = named.PRIVATE_TOO

    def read(
        self, region: Region, own_id: str, owner: str
    ) -> dict[str, Any] | None:
        """Return what a region has."""
        said = self.said(region, own_id)
        if said is None:
            return None
        path = self.path(own_id)
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
        said = region.do('GET', QOS.path(qos_id), version=_VERSION)
        return str(said['qos_specs']['name'])

    def make(self, region: Region, document: Document) -> str:
        """Make one; what it has beside itself is set by a change."""
        return self.post(
            region,
            {
                'name': document['name'],
                'description': document['description'],
                _PUBLIC: document['is_public'],
            },
        )

    def change(
        self, region: Region, own_id: str, there: Document, wanted: Document
    ) -> None:
        """Set what differs."""
        path = self.path(own_id)
        self.rename(region, own_id, there, wanted)
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
            found = QOS.find(region, {'name': name})
            if found is None:
                raise kinds.NotSo(
                    f'{region.name} has no QoS specifications {name} yet'
                )
            region.do(
                'GET',
                f'{QOS.path(found)}/{action}',
                query=parse.urlencode({'vol_type_id': own_id}),
                version=_VERSION,
            )


class Qos(named.Named):
    """QoS specifications; which types have them, the types say."""

    type = types.VOLUME_QOS
    called = 'QoS specifications'
    key = 'qos_specs'
    prefix = '/qos-specs'
    fixed = ('name',)
    collection = 'qos_specs'
    version = _VERSION

    def read(
        self, region: Region, own_id: str, owner: str
    ) -> dict[str, Any] | None:
        """Return what a region has."""
        said = self.said(region, own_id)
        if said is None:
            return None
        return {
            'name': said['name'],
            'consumer': said['consumer'],
            'specs': said.get('specs') or {},
        }

    def make(self, region: Region, document: Document) -> str:
        """Make some."""
        return self.post(
            region,
            {
                **document['specs'],
                'name': document['name'],
                'consumer': document['consumer'],
            },
        )

    def change(
        self, region: Region, own_id: str, there: Document, wanted: Document
    ) -> None:
        """Set what differs."""
        path = self.path(own_id)
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
        region.ask(
            'DELETE',
            self.path(own_id),
            query='force=True',
            version=_VERSION,
        )


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
