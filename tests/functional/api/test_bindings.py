# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Bindings of projects to pods, in the Admin API on a real database."""

from collections.abc import Iterator
from concurrent import futures
from typing import Any
import uuid

import pytest

from tests.functional import cloud as clouds
from tests.functional.api.test_admin_api import call


@pytest.fixture
def pods(cloud: clouds.Cloud) -> Iterator[list[str]]:
    """IDs of two pods of a zone of their own."""
    zone = f'az-{uuid.uuid4().hex[:8]}'
    made = [
        call(
            cloud,
            'POST',
            '/v1.0/pods',
            json={'pod': {'region_name': f'{zone}-{one}', 'az_name': zone}},
        ).json()['pod']['pod_id']
        for one in range(2)
    ]
    yield made
    for one in made:
        call(cloud, 'DELETE', f'/v1.0/pods/{one}')


def bind(cloud: clouds.Cloud, project: str, pod: str) -> Any:
    body = {'pod_binding': {'tenant_id': project, 'pod_id': pod}}
    return call(cloud, 'POST', '/v1.0/bindings', json=body)


def bound(cloud: clouds.Cloud, project: str) -> list[tuple[str, bool]]:
    found = call(cloud, 'GET', f'/v1.0/bindings?tenant_id={project}').json()
    return [(one['pod_id'], one['is_binding']) for one in found['bindings']]


def test_a_project_is_bound_bound_anew_and_bound_no_more(
    cloud: clouds.Cloud, fresh_project: str, pods: list[str]
) -> None:
    made = bind(cloud, fresh_project, pods[0]).json()['pod_binding']
    new = call(
        cloud,
        'PUT',
        f'/v1.0/bindings/{made["id"]}',
        json={'pod_binding': {'pod_id': pods[1]}},
    ).json()['pod_binding']
    assert bound(cloud, fresh_project) == [(pods[1], True), (pods[0], False)]

    for one in (made, new):
        call(cloud, 'DELETE', f'/v1.0/bindings/{one["id"]}')
    assert bound(cloud, fresh_project) == []


def test_of_many_at_once_one_binds(
    cloud: clouds.Cloud, fresh_project: str, pods: list[str]
) -> None:
    with futures.ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda number: bind(cloud, fresh_project, pods[number % 2]),
                range(8),
            )
        )

    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] + [409] * 7
    assert len(bound(cloud, fresh_project)) == 1


def test_a_pod_that_goes_ends_its_bindings(
    cloud: clouds.Cloud, fresh_project: str, pods: list[str]
) -> None:
    bind(cloud, fresh_project, pods[0])

    call(cloud, 'DELETE', f'/v1.0/pods/{pods[0]}')

    assert bound(cloud, fresh_project) == [(pods[0], False)]
