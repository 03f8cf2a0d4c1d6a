# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Commands of the operator that read the Neutrons of a cloud."""

import argparse
import io
import types
from typing import Any

from keystoneauth1 import session as ksa_session

from tests.functional import cloud as clouds
from tricircle.cli import client
from tricircle.client import auth

_USER = {'X-User-Id': 'u', 'X-Project-Id': 'p'}


class Catalogue(auth.HeaderAuth):
    """An identity that knows the Neutrons of a cloud."""

    def __init__(self, urls: dict[str, str], role: str) -> None:
        super().__init__({**_USER, 'X-Roles': role})
        self._urls = urls

    def get_endpoint(
        self,
        session: Any,
        region_name: str = '',
        service_type: str = 'network',
        **kwargs: Any,
    ) -> str | None:
        """Return where the Neutron of a region is; nothing else is."""
        if service_type != 'network':
            return None
        return self._urls.get(region_name)

    def replace(self, urls: dict[str, str]) -> None:
        """Have other URLs of some regions."""
        self._urls.update(urls)


def make_app(cloud: clouds.Cloud, role: str = 'admin', **others: str) -> Any:
    """Return what the ``openstack`` command gives to its commands.

    :param others: URLs of the Neutrons of regions in place of their own
    """
    assert cloud.admin_api is not None
    session = ksa_session.Session(
        auth=Catalogue(
            {
                'CentralRegion': cloud.central.url,
                **{one: region.url for one, region in cloud.regions.items()},
                **others,
            },
            role,
        )
    )
    return types.SimpleNamespace(
        stdout=io.StringIO(),
        stderr=io.StringIO(),
        client_manager=types.SimpleNamespace(
            session=session,
            interface=None,
            region_name='CentralRegion',
            multiregion_networking=client.AdminClient(
                session, 'CentralRegion', url=cloud.admin_api.url
            ),
        ),
    )


def take_action(app: Any, command: Any, *arguments: str) -> Any:
    """Return columns and rows of a command."""
    made = command(app, argparse.Namespace())
    return made.take_action(made.get_parser('test').parse_args(arguments))


def run(app: Any, command: Any, *arguments: str) -> int:
    """Return what a command ends with; it writes to the standard output."""
    made = command(app, argparse.Namespace())
    return int(made.run(made.get_parser('test').parse_args(arguments)))
