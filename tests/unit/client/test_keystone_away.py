# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Keystone goes away while programs run: who called says that in its words."""

import types

from oslo_config import cfg
import pytest
import requests

from tricircle.client import central
from tricircle.client import central_errors
from tricircle.client import region
from tricircle.conf import client as client_conf
from tricircle.conf import local as local_conf
from tricircle.replica import messages
from tricircle.replica.types import NETWORK

KEYSTONE = 'http://keystone.test/v3'
ID = '4bd0c5f2-1a47-4e0f-9f0e-3f8f6d0a7c11'


@pytest.fixture
def conf(requests_mock) -> cfg.ConfigOpts:
    """Options of who has no token, and of a Keystone that gives none."""
    made = cfg.ConfigOpts()
    client_conf.register(made)
    local_conf.register(made)
    made([], project='tricircle')
    for name, value in (
        ('auth_url', KEYSTONE),
        ('admin_username', 'tricircle'),
        ('admin_password', 'secret-password'),
        ('admin_tenant', 'service'),
        ('endpoint_overrides', {'RegionOne': 'http://127.0.0.1:1'}),
    ):
        made.set_override(name, value, client_conf.GROUP)
    made.set_override(
        'central_neutron_url', 'http://127.0.0.1:1', local_conf.GROUP
    )
    requests_mock.post(f'{KEYSTONE}/auth/tokens', exc=requests.ConnectionError)
    return made


def test_xjob_takes_a_region_for_away_and_names_keystone(conf):
    client = region.RegionClient(conf, 'RegionOne')

    with pytest.raises(region.RegionUnreachable) as found:
        client.get(NETWORK, ID)

    said = str(found.value)
    assert said.startswith('RegionOne does not answer: ')
    assert f'Unable to establish connection to {KEYSTONE}' in said
    assert 'secret-password' not in said


@pytest.mark.parametrize(
    'context',
    [
        None,
        types.SimpleNamespace(
            user_id='u', project_id='p', roles=['member'], auth_token='t'
        ),
    ],
    ids=['by itself', 'for a user'],
)
def test_a_region_takes_central_for_away(conf, context):
    client = central.CentralClient(conf)

    with pytest.raises(central_errors.CentralUnreachable):
        client.pull(
            NETWORK,
            ID,
            'RegionOne',
            messages.PullBody(project_id='p', is_admin=False, dhcp_agents=1),
            context=context,
        )
