# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Scopes and roles: our three APIs beside Neutron's own, asked one by one.

The table is a page of the documentation, written anew by
``python -m tests.functional.hostile.scopes``. What is Neutron's own is the
measure: no token may with us what its like may not with Neutron.
"""

from collections.abc import Mapping, Sequence
import dataclasses
import uuid

import requests

from tests.functional import cloud as clouds
from tests.functional.cloud import roles
from tests.functional.hostile import who_may

PAGE = who_may.PAGE.with_name('scopes.inc')

_PROJECT = who_may.OWNER.identity.project


def _caller(
    name: str, token_roles: tuple[str, ...], scope: str
) -> who_may.Caller:
    return who_may.Caller(
        name,
        clouds.Identity(
            _PROJECT, name.replace(' ', '-'), token_roles, scope=scope
        ),
    )


CALLERS: Sequence[who_may.Caller] = (
    _caller('project admin', clouds.ADMIN, 'project'),
    _caller('project member', clouds.MEMBER, 'project'),
    _caller('project reader', clouds.READER, 'project'),
    _caller('system admin', clouds.ADMIN, 'system'),
    _caller('system reader', clouds.READER, 'system'),
    _caller('domain admin', clouds.ADMIN, 'domain'),
    who_may.Caller(
        'XJob',
        clouds.Identity(
            'service',
            roles.service_user(roles.CENTRAL_REGION),
            who_may.SERVICE,
        ),
    ),
    _caller('no token', (), 'none'),
)
#: Whose tokens are of no project, and may nothing anywhere.
OUTSIDE: frozenset[str] = frozenset(
    ['system admin', 'system reader', 'domain admin', 'no token']
)


@dataclasses.dataclass(frozen=True)
class _Call:
    """A call of a Neutron; names in braces are filled in.

    :ivar region: of RegionOne, else of central
    """

    method: str
    path: str
    body: Mapping[str, Mapping[str, object]] | None = None
    region: bool = False

    def __call__(
        self, there: who_may.There, caller: who_may.Caller
    ) -> requests.Response:
        api = there.cloud.one if self.region else there.cloud.central
        found = there.cloud.central.admin
        return caller.of(api).request(
            self.method,
            self.path.format(
                network=there.network_id,
                port=there.port_id,
                group=found.show('port', there.port_id)['security_groups'][0]
                if '{group}' in self.path
                else '',
                nothing=uuid.uuid4(),
            ),
            json=self.body,
        )

    def endpoint(self, done: int) -> who_may.Endpoint:
        """Return it as a row of the table."""
        shown = self.path
        for name in ('network', 'port', 'group', 'nothing'):
            shown = shown.replace(f'{{{name}}}', '{id}')
        what = ''
        if self.body:
            [(kind, said)] = self.body.items()
            what = f' ({", ".join(said) or kind})'
        api = 'RegionOne' if self.region else 'central'
        return who_may.Endpoint(
            api, f'{self.method} {shown}{what}', self, done
        )


def _neutrons(region: bool) -> tuple[who_may.Endpoint, ...]:
    """Return what a Neutron has without us."""
    return tuple(
        _Call(method, path, body, region).endpoint(done)
        for method, path, body, done in (
            ('GET', '/networks', None, 200),
            ('GET', '/networks/{network}', None, 200),
            ('GET', '/ports/{port}', None, 200),
            ('GET', '/security-groups/{group}', None, 200),
            ('GET', '/agents', None, 200),
            ('PUT', '/ports/{port}', {'port': {'description': 'd'}}, 200),
            ('PUT', '/ports/{port}', {'port': {'binding:profile': {}}}, 200),
        )
    )


_REPLICAS = tuple(
    _Call('GET', path).endpoint(200)
    for path in (
        '/networks/{network}/replicas',
        '/ports/{port}/replicas',
        '/security-groups/{group}/replicas',
    )
)

ENDPOINTS: Sequence[who_may.Endpoint] = (
    *_neutrons(False),
    *_neutrons(True),
    *_REPLICAS,
    *(
        one
        for one in who_may.ENDPOINTS
        if 'replicas' in one.name or one.api == who_may.ADMIN_API
    ),
)


def table(there: who_may.There) -> str:
    """Return the whole table, as the page has it."""
    return who_may.table(there, ENDPOINTS, CALLERS)


def main() -> None:
    """Write the page."""
    with clouds.Cloud.start(**who_may.OPTIONS) as cloud:
        there = who_may.There.made(cloud)
        PAGE.write_text(table(there))
        who_may.PAGE.write_text(who_may.table(there))


if __name__ == '__main__':
    main()
