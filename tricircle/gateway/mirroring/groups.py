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

from typing import Any, Final

from tricircle.gateway.mirroring import kinds
from tricircle.gateway.mirroring import named
from tricircle.gateway.mirroring.kinds import Document
from tricircle.gateway.mirroring.kinds import Region
from tricircle.replica import types


class GroupType(named.Named):
    """Types of groups of volumes."""

    type = types.GROUP_TYPE
    called = 'group type'
    key = 'group_type'
    prefix = '/group_types'
    fixed = ()
    collection = 'group_types'
    version = 'volume 3.11'
    query = named.PRIVATE_TOO

    def read(
        self, region: Region, own_id: str, owner: str
    ) -> dict[str, Any] | None:
        """Return what a region has."""
        said = self.said(region, own_id)
        if said is None:
            return None
        return {
            'name': said['name'],
            'description': said.get('description') or '',
            'is_public': bool(said['is_public']),
            'group_specs': kinds.seen(said, 'group_specs', region) or {},
        }

    def make(self, region: Region, document: Document) -> str:
        """Make one."""
        return self.post(
            region,
            {
                name: document[name]
                for name in ('name', 'description', 'is_public')
            },
        )

    def change(
        self, region: Region, own_id: str, there: Document, wanted: Document
    ) -> None:
        """Set what differs."""
        self.rename(region, own_id, there, wanted)
        kinds.set_specs(
            region,
            f'{self.path(own_id)}/group_specs',
            'group_specs',
            there['group_specs'],
            wanted['group_specs'],
            self.version,
        )


GROUP_TYPE: Final = GroupType()
