# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

from oslo_config import cfg
import pytest

from tricircle.client import central
from tricircle.client import region
from tricircle.conf import client as client_conf
from tricircle.conf import local as local_conf

CENTRAL = 'http://127.0.0.1:9696'
REGION = 'http://127.0.0.1:9697'


@pytest.fixture
def options() -> cfg.ConfigOpts:
    made = cfg.ConfigOpts()
    client_conf.register(made)
    local_conf.register(made)
    made([], project='tricircle')
    made.set_override('auth_strategy', 'noauth', 'client')
    made.set_override(
        'endpoint_overrides',
        {'CentralRegion': CENTRAL, 'RegionOne': REGION},
        'client',
    )
    made.set_override('central_neutron_url', CENTRAL, local_conf.GROUP)
    return made


@pytest.fixture
def central_client(options) -> central.CentralClient:
    """A region's client to central."""
    return central.CentralClient(options)


@pytest.fixture
def region_client(options) -> region.RegionClient:
    """XJob's client to a region."""
    return region.RegionClient(options, 'RegionOne')


@pytest.fixture
def xjob_to_central(options) -> region.RegionClient:
    return region.RegionClient(options, 'CentralRegion')
