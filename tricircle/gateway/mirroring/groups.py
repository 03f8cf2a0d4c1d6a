# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Types of groups of volumes: what Cinder has, and how it changes."""

from collections.abc import Mapping
from typing import Any, Final

from tricircle.gateway.mirroring import kinds
from tricircle.gateway.mirroring.kinds import Document
from tricircle.gateway.mirroring.kinds import Region
from tricircle.replica import types

_GROUPS: Final = 'volume 3.11'


class GroupType:
    """Types of groups of volumes."""

    type = types.GROUP_TYPE
    called = 'group type'
    key = 'group_type'
    prefix = '/group_types'
    fixed = ()

    def own_id(self, said: Mapping[str, Any]) -> str:
        """Return the ID."""
        return str(said['id'])

    def find(self, region: Region, document: Document) -> str | None:
        """Return the ID of the one with the name."""
        return kinds.named(
            region,
            '/group_types',
            'group_types',
            document['name'],
            _GROUPS,
            kinds.PRIVATE_TOO,
        )

    def read(
        self, region: Region, own_id: str, owner: str
    ) -> dict[str, Any] | None:
        """Return what a region has."""
        path = f'/group_types/{kinds.quoted(own_id)}'
        answer = region.ask('GET', path, version=_GROUPS)
        if not answer.is_fine:
            return None
        said = answer.json['group_type']
        return {
            'name': said['name'],
            'description': said.get('description') or '',
            'is_public': bool(said['is_public']),
            'group_specs': kinds.seen(said, 'group_specs', region) or {},
        }

    def make(self, region: Region, document: Document) -> str:
        """Make one."""
        wish = {
            name: document[name]
            for name in ('name', 'description', 'is_public')
        }
        said = region.do(
            'POST', '/group_types', {'group_type': wish}, version=_GROUPS
        )
        return str(said['group_type']['id'])

    def change(
        self, region: Region, own_id: str, there: Document, wanted: Document
    ) -> None:
        """Set what differs."""
        path = f'/group_types/{kinds.quoted(own_id)}'
        named = {
            name: wanted[name]
            for name in ('name', 'description', 'is_public')
            if there[name] != wanted[name]
        }
        if named:
            region.do('PUT', path, {'group_type': named}, version=_GROUPS)
        kinds.set_specs(
            region,
            f'{path}/group_specs',
            'group_specs',
            there['group_specs'],
            wanted['group_specs'],
            _GROUPS,
        )

    def remove(self, region: Region, own_id: str, owner: str) -> None:
        """Remove one."""
        path = f'/group_types/{kinds.quoted(own_id)}'
        region.ask('DELETE', path, version=_GROUPS)


GROUP_TYPE: Final = GroupType()
