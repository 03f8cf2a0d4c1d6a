# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Flavors and key pairs: what Nova has of them, and how it is changed."""

from collections.abc import Mapping
from typing import Any, Final
from urllib import parse

from tricircle.gateway import flavors
from tricircle.gateway.mirroring import kinds
from tricircle.gateway.mirroring.kinds import Document
from tricircle.gateway.mirroring.kinds import Region
from tricircle.replica import types

#: The first whose key pairs may be another user's.
_KEYPAIRS: Final = 'compute 2.10'
#: The first that takes all names of key pairs that there may be.
_NAMES: Final = 'compute 2.92'
_ACCESS: Final = 'os-flavor-access:is_public'
_EPHEMERAL: Final = 'OS-FLV-EXT-DATA:ephemeral'


class Flavor:
    """Flavors, which have the same ID everywhere."""

    type = types.FLAVOR
    called = 'flavor'
    key = 'flavor'
    prefix = '/flavors'
    fixed = (
        'id',
        'name',
        'ram',
        'vcpus',
        'disk',
        'swap',
        'rxtx_factor',
        _EPHEMERAL,
        _ACCESS,
    )

    def own_id(self, said: Mapping[str, Any]) -> str:
        """Return the ID."""
        return str(said['id'])

    def find(self, region: Region, document: Document) -> str | None:
        """Return the ID."""
        return str(document['id'])

    def read(
        self, region: Region, own_id: str, owner: str
    ) -> dict[str, Any] | None:
        """Return what a region has."""
        path = f'{self.prefix}/{kinds.quoted(own_id)}'
        answer = region.ask('GET', path, version=flavors.VERSION)
        if not answer.is_fine:
            return None
        said = answer.json['flavor']
        found = {name: said.get(name) for name in self.fixed}
        found['swap'] = int(said.get('swap') or 0)
        found['description'] = said.get('description')
        if 'extra_specs' not in said:
            raise kinds.NotSo(f'{region.name} does not tell extra_specs')
        found['extra_specs'] = said['extra_specs'] or {}
        found['access'] = []
        if not said.get(_ACCESS, True):
            listed = region.do(
                'GET', f'{path}/os-flavor-access', version=flavors.VERSION
            )
            found['access'] = sorted(
                one['tenant_id'] for one in listed['flavor_access']
            )
        return found

    def make(self, region: Region, document: Document) -> str:
        """Make one; what it has beside itself is set by a change."""
        wish = {
            name: document[name]
            for name in self.fixed
            # Nova tells nothing as an empty text, and takes none.
            if document[name] not in (None, '')
        }
        wish['description'] = document['description']
        said = region.do(
            'POST', self.prefix, {'flavor': wish}, version=flavors.VERSION
        )
        return str(said['flavor']['id'])

    def change(
        self, region: Region, own_id: str, there: Document, wanted: Document
    ) -> None:
        """Set description, extra specs and access."""
        path = f'{self.prefix}/{kinds.quoted(own_id)}'
        if there['description'] != wanted['description']:
            region.do(
                'PUT',
                path,
                {'flavor': {'description': wanted['description']}},
                version=flavors.VERSION,
            )
        kinds.set_specs(
            region,
            f'{path}/os-extra_specs',
            'extra_specs',
            there['extra_specs'],
            wanted['extra_specs'],
            flavors.VERSION,
        )
        new, old = kinds.set_difference(there['access'], wanted['access'])
        for name, projects in (
            ('addTenantAccess', new),
            ('removeTenantAccess', old),
        ):
            for project in projects:
                region.do(
                    'POST',
                    f'{path}/action',
                    {name: {'tenant': project}},
                    version=flavors.VERSION,
                )

    def remove(self, region: Region, own_id: str, owner: str) -> None:
        """Remove one."""
        region.ask(
            'DELETE',
            f'{self.prefix}/{kinds.quoted(own_id)}',
            version=flavors.VERSION,
        )


class Keypair:
    """Key pairs, each of which is a user's, with a name."""

    type = types.KEYPAIR
    called = 'key pair'
    key = 'keypair'
    prefix = '/os-keypairs'
    fixed = ('name', 'public_key', 'type', 'user_id')

    def own_id(self, said: Mapping[str, Any]) -> str:
        """Return the name."""
        return str(said['name'])

    def find(self, region: Region, document: Document) -> str | None:
        """Return the name."""
        return str(document['name'])

    def read(
        self, region: Region, own_id: str, owner: str
    ) -> dict[str, Any] | None:
        """Return what a region has; the private key it has not."""
        answer = region.ask(
            'GET',
            f'{self.prefix}/{kinds.quoted(own_id)}',
            query=parse.urlencode({'user_id': owner}),
            version=_KEYPAIRS,
        )
        if not answer.is_fine:
            return None
        said = answer.json['keypair']
        return {
            'name': said['name'],
            'public_key': str(said['public_key']).strip(),
            'type': said.get('type', 'ssh'),
            'user_id': owner,
        }

    def make(self, region: Region, document: Document) -> str:
        """Make one of the same public key."""
        region.do('POST', self.prefix, {'keypair': document}, version=_NAMES)
        return str(document['name'])

    def change(
        self, region: Region, own_id: str, there: Document, wanted: Document
    ) -> None:
        """Nothing: a key pair does not change."""

    def remove(self, region: Region, own_id: str, owner: str) -> None:
        """Remove one."""
        region.ask(
            'DELETE',
            f'{self.prefix}/{kinds.quoted(own_id)}',
            query=parse.urlencode({'user_id': owner}),
            version=_KEYPAIRS,
        )


FLAVOR: Final = Flavor()
KEYPAIR: Final = Keypair()
