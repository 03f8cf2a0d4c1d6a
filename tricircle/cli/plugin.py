# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Plugin of the ``openstack`` command."""

import argparse
from typing import Any

from osc_lib import utils

from tricircle.cli import client

DEFAULT_API_VERSION = '1'
API_VERSION_OPTION = 'os_multiregion_networking_api_version'
API_NAME = 'multiregion_networking'
API_VERSIONS = {'1': 'tricircle.cli.client.AdminClient'}


def make_client(instance: Any) -> client.AdminClient:
    """Return the client of the Admin API of ``--os-region-name``."""
    return client.AdminClient(
        instance.session,
        region_name=instance.region_name,
        interface=instance.interface,
        url=getattr(
            instance._cli_options, 'os_multiregion_networking_url', None
        )
        or None,
    )


def build_option_parser(
    parser: argparse.ArgumentParser,
) -> argparse.ArgumentParser:
    """Add the plugin's global options."""
    parser.add_argument(
        '--os-multiregion-networking-api-version',
        metavar='<multiregion-networking-api-version>',
        default=utils.env(
            'OS_MULTIREGION_NETWORKING_API_VERSION',
            default=DEFAULT_API_VERSION,
        ),
        help='Version of the Tricircle Admin API, default '
        f'{DEFAULT_API_VERSION} '
        '(Env: OS_MULTIREGION_NETWORKING_API_VERSION)',
    )
    parser.add_argument(
        '--os-multiregion-networking-url',
        metavar='<multiregion-networking-url>',
        default=utils.env('OS_MULTIREGION_NETWORKING_URL'),
        help='URL of the Tricircle Admin API, in place of the one in the '
        'catalogue (Env: OS_MULTIREGION_NETWORKING_URL)',
    )
    return parser
