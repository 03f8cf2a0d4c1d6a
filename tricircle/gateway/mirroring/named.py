# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What Cinder gives an ID itself: regions know one another's by its name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final
from urllib import parse

from tricircle.gateway.mirroring import kinds
from tricircle.gateway.mirroring.kinds import Document
from tricircle.gateway.mirroring.kinds import Region

#: Has Cinder list to an administrator what is private as well.
PRIVATE_TOO: Final = MappingProxyType({'is_public': 'None'})
#: As many as Cinder has on a page of a list, by default.
_MOST: Final = 1000
_NAMES: Final = ('name', 'description', 'is_public')


class Named:
    """A kind of these; see :class:`tricircle.gateway.mirroring.kinds.Kind`.

    :cvar collection: key of bodies with several
    :cvar version: as in ``OpenStack-API-Version``
    :cvar query: what has a region list those of others too; Cinder lists
        nothing to an administrator whose query it does not know
    """

    key: str
    prefix: str
    collection: ClassVar[str]
    version: ClassVar[str]
    query: ClassVar[Mapping[str, str]] = MappingProxyType({})

    def own_id(self, said: Mapping[str, Any]) -> str:
        """Return the ID."""
        return str(said['id'])

    def path(self, own_id: str) -> str:
        """Return the path of one."""
        return f'{self.prefix}/{kinds.quoted(own_id)}'

    def find(self, region: Region, document: Document) -> str | None:
        """Return the ID of the one with the name, whoever may see it."""
        listed = region.do(
            'GET',
            self.prefix,
            query=parse.urlencode({**self.query, 'limit': _MOST}),
            version=self.version,
        )
        return next(
            (
                str(one['id'])
                for one in listed[self.collection]
                if one['name'] == document['name']
            ),
            None,
        )

    def said(self, region: Region, own_id: str) -> dict[str, Any] | None:
        """Return what a region says of one, None of nothing."""
        answer = region.ask('GET', self.path(own_id), version=self.version)
        return dict(answer.json[self.key]) if answer.is_fine else None

    def post(self, region: Region, wish: Mapping[str, Any]) -> str:
        """Make one of these attributes, and return its ID."""
        said = region.do(
            'POST', self.prefix, {self.key: dict(wish)}, version=self.version
        )
        return str(said[self.key]['id'])

    def rename(
        self, region: Region, own_id: str, there: Document, wanted: Document
    ) -> None:
        """Set name, description and whether it is public."""
        named = {
            name: wanted[name]
            for name in _NAMES
            if there[name] != wanted[name]
        }
        if named:
            region.do(
                'PUT',
                self.path(own_id),
                {self.key: named},
                version=self.version,
            )

    def remove(self, region: Region, own_id: str, owner: str) -> None:
        """Remove one."""
        region.ask('DELETE', self.path(own_id), version=self.version)
