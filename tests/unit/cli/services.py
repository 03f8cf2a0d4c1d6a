# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A cloud of answers: Keystone, central, two regions and the Admin API."""

import argparse
import io
import json
from pathlib import Path
import re
import tarfile
import types
from typing import Any

from keystoneauth1 import fixture as ksa_fixture
from keystoneauth1 import session as ksa_session
from keystoneauth1.identity import v3
import requests_mock

from tricircle.cli import client
from tricircle.cli.v1 import gather

KEYSTONE = 'http://keystone.test/v3'
ADMIN = 'http://admin.test'
CENTRAL = 'http://central.test'
ONE = 'http://one.test'
TWO = 'http://two.test'
TOKEN = 'gAAAAABtoken-of-the-session_0123456789'
PASSWORD = 'Pass w/"word'
DATE = 'Sun, 29 Nov 2026 19:00:00 GMT'
PODS = (
    {'pod_id': 'p0', 'region_name': 'Central', 'az_name': ''},
    {'pod_id': 'p1', 'region_name': 'One', 'az_name': 'a1', 'state': 'active'},
    {
        'pod_id': 'p2',
        'region_name': 'Two',
        'az_name': 'a2',
        'state': 'draining',
    },
)


EVERYTHING = {
    'admin-api/adoptions.json',
    'admin-api/api-certificate.json',
    'admin-api/api-versions.json',
    'admin-api/departure-Two.json',
    'admin-api/jobs-ended.json',
    'admin-api/jobs-fail.json',
    'admin-api/jobs-new.json',
    'admin-api/jobs-running.json',
    'admin-api/pods.json',
    'admin-api/releases.json',
    'admin-api/routings.json',
    'admin-api/statuses.json',
    'central/agents.json',
    'central/counts.json',
    'central/extensions.json',
    'central/network-certificate.json',
    'central/network-versions.json',
    'client.json',
    'endpoints.json',
    'manifest.json',
    *(
        f'regions/{region}/{name}.json'
        for region in ('One', 'Two')
        for name in (
            'agents',
            'compute-certificate',
            'compute-versions',
            'extensions',
            'network-certificate',
            'network-versions',
            'networks',
        )
    ),
}


def page(ids: list[str]) -> Any:
    """Return how Neutron answers: after a marker there is nothing."""

    def answer(request: Any, context: Any) -> Any:
        key = request.path.split('/')[2].replace('-', '_')
        found = [] if 'marker' in request.qs else [{'id': one} for one in ids]
        return {key: found}

    return answer


class Cloud:
    """Answers to all that the command asks; a test changes some.

    :ivar mock: of requests
    :ivar app: what the ``openstack`` command gives to its commands
    """

    def __init__(self, mock: requests_mock.Mocker, folder: Path) -> None:
        self.mock = mock
        self.path = folder / 'found.tar.gz'
        self._keystone()
        self._admin_api()
        mock.get(f'{ONE}/', json={'versions': []})
        for url in (CENTRAL, ONE, TWO):
            self._neutron(url)
        for url in (ONE, TWO):
            mock.get(f'{url}/v2.0/replicas/network', json=page(['n1']))
        session = ksa_session.Session(
            auth=v3.Password(
                KEYSTONE,
                username='admin',
                password=PASSWORD,
                user_domain_id='default',
                project_name='admin',
                project_domain_id='default',
            )
        )
        self.app: Any = types.SimpleNamespace(
            stdout=io.StringIO(),
            stderr=io.StringIO(),
            client_manager=types.SimpleNamespace(
                session=session,
                interface='public',
                region_name='Central',
                multiregion_networking=client.AdminClient(session, 'Central'),
                _cli_options=types.SimpleNamespace(
                    config={'auth': {'password': PASSWORD}}
                ),
            ),
        )

    def run(self, *arguments: str) -> int:
        """Return what the command ends with."""
        made = gather.Gather(self.app, argparse.Namespace())
        parsed = made.get_parser('test').parse_args(
            ['--output', str(self.path), '-f', 'json', *arguments]
        )
        return made.run(parsed)

    def files(self) -> dict[str, Any]:
        """Return what is in the archive, by name below its folder."""
        found: dict[str, Any] = {}
        with tarfile.open(self.path) as tar:
            for member in tar:
                content = tar.extractfile(member)
                assert content is not None
                found[member.name.partition('/')[2]] = json.load(content)
        return found

    def rows(self) -> dict[str, Any]:
        """Return the rows that the command printed, by file."""
        return {
            one['File']: one for one in json.loads(self.app.stdout.getvalue())
        }

    def entry(self, name: str) -> Any:
        """Return what the manifest says of a file."""
        (found,) = (
            one
            for one in self.files()['manifest.json']['files']
            if one['file'] == name
        )
        return found

    def move(self, region: str, url: str) -> None:
        """Have the Neutron of a region be at a URL that is no mock."""
        self._keystone(**{region: url})
        self.mock.get(re.compile(re.escape(url)), real_http=True)

    def _keystone(self, **urls: str) -> None:
        token = ksa_fixture.V3Token(project_id='p')
        urls = {'Central': CENTRAL, 'One': ONE, 'Two': TWO} | urls
        for kind, of, region in (
            *(('network', url, region) for region, url in urls.items()),
            ('compute', f'{ONE}/v2.1', 'One'),
            ('tricircle', ADMIN, 'Central'),
        ):
            token.add_service(kind).add_endpoint('public', of, region=region)
        self.mock.get(
            KEYSTONE, json={'version': ksa_fixture.V3Discovery(KEYSTONE)}
        )
        self.mock.post(
            f'{KEYSTONE}/auth/tokens',
            json=token,
            headers={'X-Subject-Token': TOKEN},
        )

    def _admin_api(self) -> None:
        base = f'{ADMIN}/v1.0'
        self.mock.get(f'{ADMIN}/', json={'versions': []})
        self.mock.get(f'{base}/pods', json={'pods': PODS})
        for name in ('statuses', 'releases', 'routings', 'adoptions'):
            self.mock.get(f'{base}/{name}', json={name: []})
        self.mock.get(f'{base}/jobs/detail', json={'jobs': []})
        self.mock.get(
            f'{base}/pods/p2/departure', json={'departure': {'left': 1}}
        )

    def _neutron(self, url: str) -> None:
        self.mock.get(f'{url}/', json={'versions': []}, headers={'Date': DATE})
        for name in ('extensions', 'agents'):
            self.mock.get(f'{url}/v2.0/{name}', json={name: []})
        for name in (
            'networks',
            'subnets',
            'ports',
            'routers',
            'security-groups',
        ):
            self.mock.get(f'{url}/v2.0/{name}', json=page(['n1', 'n2']))
