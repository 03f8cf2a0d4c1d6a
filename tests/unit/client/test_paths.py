# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


"""What goes into a URL is an ID or a name of a region, and quoted."""

import uuid

import pytest
from requests_mock import ANY

from tricircle.client import central_errors
from tricircle.client import paths
from tricircle.replica import kinds
from tricircle.replica import messages
from tricircle.replica import references
from tricircle.replica import types
from tricircle.replica.document import Generation

ID = '4f1f6a5e-0c7b-4a83-9f6c-1b7a5c1d2e3f'
#: What a tenant wrote as the device_id of a port, and the like of it.
NO_IDS = (
    '../networks/4f1f6a5e-0c7b-4a83-9f6c-1b7a5c1d2e3f/replicas/RegionTwo?x=',
    'x',
    '',
    '.',
    '..',
    f'{ID}/replicas/RegionTwo',
    f'{ID}?x=1',
    f'{ID}#',
    f'{ID}%2f',
    f' {ID}',
    f'{ID}\n',
    ID.replace('-', ''),
    'x' * 255,
    '\ud800',
)
NO_REGIONS = (
    '',
    '.',
    '..',
    'a/b',
    '../RegionTwo',
    'a\\b',
    'a?b',
    'a#b',
    'a%2fb',
    'a;b',
    'a\nb',
    ' a',
    'RegionOne.json',
    'x' * 256,
)


@pytest.mark.parametrize('text', NO_IDS)
def test_what_is_no_id_is_in_no_path(text):
    for resource_type in kinds.BY_TYPE:
        with pytest.raises(references.InvalidReference):
            paths.replica(resource_type, text)
    for resource_type in kinds.COLLECTIONS:
        with pytest.raises(references.InvalidReference):
            paths.replicas_of(resource_type, text, 'RegionOne')
    with pytest.raises(references.InvalidReference):
        paths.resource('ports', text)


@pytest.mark.parametrize('text', NO_REGIONS)
def test_what_is_no_region_is_in_no_path(text):
    with pytest.raises(references.InvalidReference):
        paths.replicas_of(types.NETWORK, ID, text)


def test_what_is_no_type_is_in_no_path():
    for make in (paths.ledger, lambda text: paths.replica(text, ID)):
        with pytest.raises(references.InvalidReference):
            make('../networks')


@pytest.mark.parametrize('chunk', ['', '_', '_x', '_0/1', '_-1'])
def test_shadow_ports_are_of_a_network_and_a_chunk(chunk):
    assert paths.replica(types.SHADOW_PORTS, f'{ID}_7').endswith(f'{ID}_7')
    with pytest.raises(references.InvalidReference):
        paths.replica(types.SHADOW_PORTS, f'{ID}{chunk}')


@pytest.mark.parametrize(
    ('name', 'quoted'),
    [('RegionOne', 'RegionOne'), ('Région 1', 'R%C3%A9gion%201')],
)
def test_names_of_regions_are_quoted(name, quoted):
    assert (
        paths.replicas_of(types.PORT, ID, name)
        == f'/v2.0/ports/{ID}/replicas/{quoted}'
    )


@pytest.mark.parametrize('text', NO_IDS)
def test_xjob_sends_nothing_for_what_is_no_id(
    requests_mock, region_client, xjob_to_central, text
):
    requests_mock.register_uri(ANY, ANY, json={})
    for call in (
        lambda: region_client.get(types.NETWORK, text),
        lambda: region_client.delete(types.PORT, text, Generation(1, 1)),
        lambda: xjob_to_central.reserve(text, 'RegionOne'),
    ):
        with pytest.raises(references.InvalidReference):
            call()
    assert not requests_mock.called


@pytest.mark.parametrize('text', NO_IDS)
def test_a_region_finds_nothing_by_what_is_no_id(
    requests_mock, central_client, text
):
    requests_mock.register_uri(ANY, ANY, json={})
    pull = messages.PullBody(project_id='p', is_admin=False, dhcp_agents=1)
    with pytest.raises(central_errors.CentralError) as raised:
        central_client.pull(types.NETWORK, text, 'RegionOne', pull)
    assert (raised.value.status, raised.value.type) == (404, 'NetworkNotFound')
    assert not requests_mock.called


def test_a_page_asks_for_what_comes_after_its_marker(
    requests_mock, region_client
):
    requests_mock.get(ANY, json={'replicas': []})
    marker = f'{uuid.uuid4()}&limit=9'
    region_client.page(types.NETWORK, marker, 5)
    assert requests_mock.last_request.qs == {
        'limit': ['5'],
        'marker': [marker],
    }


def test_a_deletion_says_what_is_older(requests_mock, region_client):
    requests_mock.delete(ANY, status_code=204)
    region_client.delete(types.PORT, ID, Generation(2, 7), release=True)
    asked = requests_mock.last_request
    assert asked.path == f'/v2.0/replicas/port/{ID}'
    assert asked.qs == {
        'epoch': ['2'],
        'counter': ['7'],
        'release': ['true'],
    }
