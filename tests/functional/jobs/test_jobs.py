# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""A poisoned job: shown with its reason, ended, and made anew by a change."""

from typing import Any

import pytest

from tests.functional import cloud as clouds
from tests.functional.cloud import eventually
from tests.functional.jobs.sweeps import sweep_once
from tests.functional.stretched import stretched


def _jobs(cloud: clouds.Cloud, network_id: str) -> list[Any]:
    assert cloud.admin_api is not None
    answer = cloud.admin_api.request(
        'GET', f'/jobs/detail?type=network&resource_id={network_id}'
    )
    assert answer.status_code == 200, answer.text
    return list(answer.json()['jobs'])


def _change(cloud: clouds.Cloud, method: str, job: Any) -> None:
    assert cloud.admin_api is not None
    answer = cloud.admin_api.request(method, f'/jobs/{job["id"]}')
    assert answer.status_code == 200, answer.text


def _state(cloud: clouds.Cloud, project: str, network_id: str) -> Any:
    (found,) = (
        cloud.central.client(project=project)
        .get(f'/networks/{network_id}/replicas')
        .json()['replicas']
    )
    return found


def _make_all_due(cloud: clouds.Cloud) -> None:
    cloud.central.database.execute(
        'UPDATE journal SET next_try_at = UTC_TIMESTAMP()'
        " WHERE resource_type <> 'sweep'"
    )


def test_a_poisoned_job_is_ended_and_the_next_change_makes_a_new_one(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    central = cloud.central.client(project=fresh_project)
    network, other = (stretched(cloud, fresh_project) for _ in range(2))
    for one in (network, other):
        cloud.one.nova(fresh_project).boot(network_id=one['id'])
    poison = cloud.one.from_xjob.answer(
        500, method='PUT', path=f'replicas/network/{network["id"]}', times=None
    )
    central.update('network', network['id'], name='poisoned')

    def fails() -> Any:
        (found,) = _jobs(cloud, network['id'])
        assert (found['status'], found['region_name']) == ('FAIL', 'RegionOne')
        assert found['reason']
        assert found['project_id'] == fresh_project
        return found

    job = eventually(fails, 20)
    _change(cloud, 'DELETE', job)

    def ended() -> Any:
        # An attempt that was under way has come to its end.
        (found,) = _jobs(cloud, network['id'])
        assert found['status'] == 'ENDED'
        return found

    attempts = eventually(ended, 20)['attempts']
    hits = poison.hits
    _make_all_due(cloud)
    # XJob has looked when this is there.
    central.update('network', other['id'], name='not poisoned')

    def arrived(network_id: str, name: str) -> None:
        assert cloud.one.admin.show('network', network_id)['name'] == name

    eventually(lambda: arrived(other['id'], 'not poisoned'), 20)
    assert poison.hits == hits
    assert ended()['attempts'] == attempts
    state = _state(cloud, fresh_project, network['id'])
    assert state['status'] == 'FAILED'
    assert 'an operator ended it' in state['reason']

    cloud.one.from_xjob.heal()
    central.update('network', network['id'], name='healed')

    eventually(lambda: arrived(network['id'], 'healed'), 20)

    def done() -> None:
        (found,) = _jobs(cloud, network['id'])
        assert found['status'] == 'SUCCESS'

    eventually(done, 20)


@pytest.mark.thorough
def test_the_job_of_a_deletion_is_seen_until_the_region_has_followed(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    central = cloud.central.client(project=fresh_project)
    network = stretched(cloud, fresh_project)
    nova = cloud.one.nova(fresh_project)
    nova.delete(nova.boot(network_id=network['id']))

    with cloud.one.from_xjob.away():
        eventually(lambda: central.remove('network', network['id']), 20)

        def fails() -> Any:
            (found,) = _jobs(cloud, network['id'])
            assert found['status'] == 'FAIL'
            assert 'RegionOne does not answer' in found['reason']
            return found

        job = eventually(fails, 20)

    def gone() -> None:
        assert cloud.admin_api is not None
        path = f'/jobs/{job["id"]}'
        assert cloud.admin_api.request('GET', path).status_code == 404

    eventually(gone, 20)
    assert _jobs(cloud, network['id']) == []


@pytest.mark.thorough
def test_what_was_ended_and_mended_in_its_region_is_found_by_the_sweep(
    cloud: clouds.Cloud, fresh_project: str
) -> None:
    central = cloud.central.client(project=fresh_project)
    network = stretched(cloud, fresh_project)
    cloud.one.nova(fresh_project).boot(network_id=network['id'])
    poison = cloud.one.from_xjob.answer(
        500, method='PUT', path=f'replicas/network/{network["id"]}', times=None
    )
    central.update('network', network['id'], description='ended')
    poison.wait()
    (job,) = _jobs(cloud, network['id'])
    _change(cloud, 'DELETE', job)

    def status(wanted: str) -> None:
        (found,) = _jobs(cloud, network['id'])
        assert found['status'] == wanted

    eventually(lambda: status('ENDED'), 20)
    cloud.one.from_xjob.heal()
    code, _output = sweep_once(cloud, '--region', 'RegionOne')
    assert code == 0
    status('ENDED')

    # By its own administrator, as central would have it.
    cloud.one.database.execute(
        'UPDATE standardattributes SET description = "ended" WHERE id = '
        '(SELECT standard_attr_id FROM networks WHERE id = %s)',
        network['id'],
    )
    code, _output = sweep_once(cloud, '--region', 'RegionOne')

    assert code == 0
    eventually(lambda: status('SUCCESS'), 20)
