# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""If-Match in a region is checked before anything is changed anywhere."""

import requests

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud.client import Json


def _put(
    client: clouds.NeutronClient, port: Json, revision: int, **changes: object
) -> requests.Response:
    return client.request(
        'PUT',
        f'/ports/{port["id"]}',
        {'port': changes},
        headers={'If-Match': f'revision_number={revision}'},
    )


def _delete(
    client: clouds.NeutronClient, port: Json, revision: int
) -> requests.Response:
    return client.request(
        'DELETE',
        f'/ports/{port["id"]}',
        headers={'If-Match': f'revision_number={revision}'},
    )


def test_a_stale_change_is_refused_before_central_is_asked(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.one.client(fresh_project)
    port = user.create_port(network['id'], name='old')
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    revision = user.show('port', port['id'])['revision_number']

    answer = _put(user, port, revision + 5, name='new')

    assert answer.status_code == 412, answer.text
    there = cloud.central.client(fresh_project).show('port', port['id'])
    assert there['name'] == 'old'
    assert user.show('port', port['id'])['name'] == 'old'

    answer = _put(user, port, revision, name='new')

    assert answer.status_code == 200, answer.text
    there = cloud.central.client(fresh_project).show('port', port['id'])
    assert there['name'] == answer.json()['port']['name'] == 'new'
    # And what is the region's own, as ever.
    stale = _put(user, port, revision, device_id='d')
    assert stale.status_code == 412, stale.text
    assert user.show('port', port['id'])['device_id'] == ''


def test_a_stale_deletion_is_refused_and_nothing_is_deleted(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    user = cloud.one.client(fresh_project)
    port = user.create_port(network['id'])
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    revision = user.show('port', port['id'])['revision_number']

    assert _delete(user, port, revision + 5).status_code == 412
    assert user.exists('port', port['id'])
    assert cloud.central.client(fresh_project).exists('port', port['id'])
    assert _delete(user, port, revision).status_code == 204
    assert not user.exists('port', port['id'])


def test_of_a_port_elsewhere_centrals_revision_counts(
    cloud: clouds.Cloud, fresh_project: str, network: Json
) -> None:
    port = cloud.one.client(fresh_project).create_port(
        network['id'], name='old'
    )
    clouds.eventually(lambda: regions.outbox_empty(cloud.one))
    user = cloud.two.client(fresh_project)
    central = cloud.central.client(fresh_project)
    revision = user.show('port', port['id'])['revision_number']

    answer = _put(user, port, revision + 5, name='new')
    assert answer.status_code == 412, answer.text
    answer = _delete(user, port, revision + 5)
    assert answer.status_code == 412, answer.text
    used = _put(user, port, revision + 5, device_id='d')
    assert used.status_code == 412, used.text
    assert regions.state(cloud.two, port['id']) is None
    assert central.show('port', port['id'])['name'] == 'old'

    answer = _put(user, port, revision, name='new')
    assert answer.status_code == 200, answer.text
    assert central.show('port', port['id'])['name'] == 'new'
    revision = user.show('port', port['id'])['revision_number']
    assert _delete(user, port, revision).status_code == 204
    assert not central.exists('port', port['id'])
