# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""``openstack multiregion networking gather``: what it gathers."""

import time
from typing import Any
from urllib import parse

from osc_lib import exceptions
import pytest

from tests.unit.cli import services
from tricircle.cli.gathering import lists

JOBS = f'{services.ADMIN}/v1.0/jobs/detail'


def test_everything_is_gathered_and_the_command_ends_with_0(
    cloud: services.Cloud,
) -> None:
    assert cloud.run() == 0

    files = cloud.files()
    assert set(files) == services.EVERYTHING
    assert files['manifest.json']['complete']
    assert files['central/counts.json']['ports'] == 2
    assert files['regions/One/networks.json'] == {
        'networks': 2,
        'central': 1,
        'own': 1,
    }
    assert files['client.json']['packages']['tricircle']


def test_the_name_of_the_archive_is_said_last(cloud: services.Cloud) -> None:
    cloud.run()

    lines = cloud.app.stderr.getvalue().splitlines()
    assert lines[-1].endswith(f'are in {cloud.path}')
    # One line for each but the manifest.
    assert len(lines) == len(services.EVERYTHING)


def test_the_clock_of_an_endpoint_is_compared_with_the_own(
    cloud: services.Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 19:01:00.5 here; a second there has begun half a second ago.
    monkeypatch.setattr(time, 'time', lambda: 1795978860.5)

    cloud.run()

    found = cloud.files()['central/network-versions.json']
    assert found['clock_ahead_seconds'] == -60.0


def test_an_endpoint_that_tells_no_time_is_no_failure(
    cloud: services.Cloud,
) -> None:
    assert cloud.run() == 0
    assert cloud.entry('admin-api/api-versions.json')['notes'] == [
        'no time in the answer'
    ]


def test_a_region_without_a_nova_is_no_failure(cloud: services.Cloud) -> None:
    assert cloud.run() == 0
    assert cloud.entry('regions/Two/compute-versions.json')['notes'] == [
        'no such service in the catalogue'
    ]


def test_only_the_named_region_is_asked(cloud: services.Cloud) -> None:
    assert cloud.run('--region', 'One') == 0

    asked = {
        parse.urlsplit(one.url).hostname for one in cloud.mock.request_history
    }
    assert 'two.test' not in asked
    assert 'admin-api/jobs-fail-One.json' in cloud.files()
    assert 'central/counts.json' in cloud.files()


def test_an_unknown_region_is_bad_usage(cloud: services.Cloud) -> None:
    with pytest.raises(exceptions.CommandError, match='Nine is no region'):
        cloud.run('--region', 'Nine')
    assert not cloud.path.exists()


def test_since_is_passed_on_in_seconds(cloud: services.Cloud) -> None:
    cloud.run('--since', '2h')

    asked = [
        one.qs for one in cloud.mock.request_history if 'detail' in one.path
    ]
    assert {one['max_age'][0] for one in asked} == {'7200'}


@pytest.mark.parametrize(
    'arguments',
    [
        ('--since', 'yesterday'),
        ('--resource', 'network'),
    ],
)
def test_arguments_that_mean_nothing_are_refused(
    cloud: services.Cloud, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit, match='2'):
        cloud.run(*arguments)


@pytest.mark.parametrize(
    'arguments', [('--timeout', '0'), ('--resource', 'galaxy', 'x')]
)
def test_values_that_cannot_be_are_refused(
    cloud: services.Cloud, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(exceptions.CommandError):
        cloud.run(*arguments)
    assert not cloud.path.exists()


def many_jobs(count: int) -> Any:
    """Return how the Admin API lists that has so many jobs."""

    def answer(request: Any, context: Any) -> Any:
        ids = list(range(count))
        if request.qs['sort_dir'] == ['desc']:
            ids.reverse()
        limit = int(request.qs['limit'][0])
        links = [{'rel': 'next', 'href': 'x'}] if count > limit else []
        return {
            'jobs': [{'id': one} for one in ids[:limit]],
            **({'jobs_links': links} if links else {}),
        }

    return answer


@pytest.mark.parametrize(
    ('count', 'ids'),
    [
        (2, [1, 0]),
        (3, [2, 1, 0]),
        (9, [8, 7, 1, 0]),
    ],
)
def test_of_many_jobs_the_newest_and_the_oldest_are_there(
    cloud: services.Cloud,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    ids: list[int],
) -> None:
    monkeypatch.setattr(lists, 'MOST_JOBS', 2)
    cloud.mock.get(JOBS, json=many_jobs(count))

    assert cloud.run() == 0

    assert [
        one['id'] for one in cloud.files()['admin-api/jobs-fail.json']
    ] == ids


def test_what_was_cut_is_said(
    cloud: services.Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, 'MOST_JOBS', 2)
    cloud.mock.get(JOBS, json=many_jobs(9))

    cloud.run()

    said = 'cut: the 2 newest and the 2 oldest, there are more'
    assert cloud.entry('admin-api/jobs-fail.json')['notes'] == [said]
    assert cloud.rows()['admin-api/jobs-fail.json']['Reason'] == said


def test_a_resource_is_shown_by_all_who_have_it(cloud: services.Cloud) -> None:
    central = f'{services.CENTRAL}/v2.0/networks/n1'
    cloud.mock.get(central, json={'network': {'id': 'n1', 'name': 'net1'}})
    cloud.mock.get(f'{central}/replicas', json={'replicas': [{'a': 1}]})
    below = 'v2.0/replicas/network/n1'
    cloud.mock.get(
        f'{services.ONE}/{below}', json={'replica': {'name': 'net1'}}
    )
    cloud.mock.get(f'{services.TWO}/{below}', status_code=404)

    assert cloud.run('--resource', 'network', 'n1') == 0

    files = cloud.files()
    folder = 'resources/network-n1'
    assert files[f'{folder}/central.json']['network']['name'] == 'net1'
    assert files[f'{folder}/replicas.json'] == [{'a': 1}]
    assert files[f'{folder}/jobs.json'] == []
    assert files[f'{folder}/regions/One.json'] == {'name': 'net1'}
    assert files[f'{folder}/regions/Two.json'] is None


def test_routings_are_counted_by_region_and_type(
    cloud: services.Cloud,
) -> None:
    def routings(request: Any, context: Any) -> Any:
        if request.qs.get('marker') == ['2']:
            return {'routings': [{'pod_id': 'gone', 'resource_type': 'port'}]}
        return {
            'routings': [{'pod_id': 'p1', 'resource_type': 'network'}] * 2,
            'routings_links': [
                {'rel': 'next', 'href': '/v1.0/routings?limit=1&marker=2'}
            ],
        }

    cloud.mock.get(f'{services.ADMIN}/v1.0/routings', json=routings)

    assert cloud.run() == 0
    assert cloud.files()['admin-api/routings.json'] == {
        'One': {'network': 2},
        'gone': {'port': 1},
    }


def test_only_adoptions_that_are_not_done_are_named(
    cloud: services.Cloud,
) -> None:
    adoptions = [
        {'network_id': state, 'region_name': 'One', 'state': state}
        for state in ('done', 'done', 'refused', 'making')
    ]
    cloud.mock.get(
        f'{services.ADMIN}/v1.0/adoptions', json={'adoptions': adoptions}
    )

    assert cloud.run() == 0
    assert cloud.files()['admin-api/adoptions.json'] == {
        'counts': {'One': {'done': 2, 'refused': 1, 'making': 1}},
        'undone': adoptions[2:],
    }
