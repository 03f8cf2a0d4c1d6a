# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Bindings that central is asked for of a port that a region has.

As the conductor above Nova's cells does in a live migration: its Neutron is
central, and the host is a region's.
"""

from collections.abc import Iterator

import pytest

from tests.functional import cloud as clouds
from tests.functional import regions
from tests.functional.cloud import eventually
from tests.functional.cloud.client import Json
from tests.functional.cloud.nova import Instance

#: Hosts of RegionOne.
HERE, THERE = 'regionone-host1', 'regionone-host2'


@pytest.fixture(autouse=True)
def _central_finds_regions(cloud: clouds.Cloud) -> Iterator[None]:
    """Central has the URL of RegionOne: there is no catalogue here."""
    urls = {'RegionOne': cloud.one.from_xjob.url}
    with cloud.central.configured({'client': {'endpoint_overrides': urls}}):
        yield


@pytest.fixture
def service(cloud: clouds.Cloud) -> clouds.NeutronClient:
    """What the conductor is in central."""
    return cloud.central.service


@pytest.fixture
def booted(cloud: clouds.Cloud, fresh_project: str, network: Json) -> Instance:
    made = cloud.one.nova(fresh_project).boot(
        network_id=network['id'], host=HERE
    )
    eventually(lambda: regions.outbox_empty(cloud.one))
    return made


def path(booted: Instance) -> str:
    return f'/ports/{booted.port_id}/bindings'


def body(host: str) -> Json:
    return {'binding': {'host': host, 'vnic_type': 'normal', 'profile': {}}}


def bound(client: clouds.NeutronClient, booted: Instance) -> dict[str, str]:
    """Return the state of each binding, by its host."""
    answer = client.get(path(booted))
    assert answer.status_code == 200, answer.text
    return {one['host']: one['status'] for one in answer.json()['bindings']}


def test_a_port_is_bound_on_a_host_of_its_region_as_the_region_binds_it(
    cloud: clouds.Cloud, service: clouds.NeutronClient, booted: Instance
) -> None:
    answer = service.post(path(booted), body(THERE))

    assert answer.status_code == 201, answer.text
    made = answer.json()['binding']
    assert (made['host'], made['vif_type']) == (THERE, 'ovs')
    assert made['status'] == 'INACTIVE'
    assert made['vif_details']
    wanted = {HERE: 'ACTIVE', THERE: 'INACTIVE'}
    assert bound(cloud.one.admin, booted) == wanted
    assert bound(service, booted) == wanted
    assert service.get(f'{path(booted)}/{THERE}').json()['binding'] == made


def test_what_is_bound_is_taken_back(
    cloud: clouds.Cloud, service: clouds.NeutronClient, booted: Instance
) -> None:
    assert service.post(path(booted), body(THERE)).status_code == 201

    answer = service.delete(f'{path(booted)}/{THERE}')

    assert answer.status_code == 204, answer.text
    assert bound(cloud.one.admin, booted) == {HERE: 'ACTIVE'}


def test_what_goes_on_there_central_hears_of(
    cloud: clouds.Cloud, service: clouds.NeutronClient, booted: Instance
) -> None:
    assert service.post(path(booted), body(THERE)).status_code == 201

    answer = service.put(f'{path(booted)}/{THERE}/activate')

    assert answer.status_code == 200, answer.text
    assert bound(cloud.one.admin, booted) == {
        HERE: 'INACTIVE',
        THERE: 'ACTIVE',
    }

    def heard() -> None:
        shown = cloud.central.admin.show('port', booted.port_id)
        assert shown['binding:host_id'] == THERE

    eventually(heard)


@pytest.mark.parametrize(
    ('host', 'status', 'error'),
    [
        (HERE, 409, 'PortBindingAlreadyExists'),
        ('nowhere', 500, 'PortBindingError'),
    ],
)
def test_what_the_region_refuses_is_answered_as_the_region_does(
    cloud: clouds.Cloud,
    service: clouds.NeutronClient,
    booted: Instance,
    host: str,
    status: int,
    error: str,
) -> None:
    answer = service.post(path(booted), body(host))

    there = cloud.one.service.post(path(booted), body(host))
    assert answer.status_code == there.status_code == status, answer.text
    assert clouds.ApiError(answer).type == error


def test_a_host_without_a_binding_is_not_found(
    service: clouds.NeutronClient, booted: Instance
) -> None:
    answer = service.get(f'{path(booted)}/{THERE}')

    assert answer.status_code == 404
    assert clouds.ApiError(answer).type == 'PortBindingNotFound'


def test_a_region_that_is_away_is_named(
    cloud: clouds.Cloud, service: clouds.NeutronClient, booted: Instance
) -> None:
    cloud.one.kill9()
    try:
        answer = service.post(path(booted), body(THERE))
    finally:
        cloud.one.start()

    assert answer.status_code == 503
    assert 'RegionOne' in clouds.ApiError(answer).message


def test_a_member_binds_nothing(
    cloud: clouds.Cloud, fresh_project: str, booted: Instance
) -> None:
    tenant = cloud.central.client(fresh_project)

    assert tenant.post(path(booted), body(THERE)).status_code == 403
    assert bound(cloud.one.admin, booted) == {HERE: 'ACTIVE'}
