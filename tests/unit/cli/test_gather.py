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

import json
import os
import re
import signal
import stat
import tarfile
import threading
import time
from typing import Any
from urllib import parse

from osc_lib import exceptions
import pytest
import requests

from tests.unit.cli import services
from tricircle.cli.gathering import answers
from tricircle.cli.gathering import deadlines

EVERYTHING = {
    'admin-api/adoptions.json',
    'admin-api/api-certificate.json',
    'admin-api/api-versions.json',
    'admin-api/departure-Two.json',
    'admin-api/jobs-ended.json',
    'admin-api/jobs-fail.json',
    'admin-api/jobs-new.json',
    'admin-api/jobs-running.json',
    'admin-api/pods.json',
    'admin-api/routings.json',
    'admin-api/statuses.json',
    'central/agents.json',
    'central/counts.json',
    'central/extensions.json',
    'central/network-certificate.json',
    'central/network-versions.json',
    'client.json',
    'endpoints.json',
    'manifest.json',
    *(
        f'regions/{region}/{name}.json'
        for region in ('One', 'Two')
        for name in (
            'agents',
            'compute-certificate',
            'compute-versions',
            'extensions',
            'network-certificate',
            'network-versions',
            'networks',
        )
    ),
}
JOBS = f'{services.ADMIN}/v1.0/jobs/detail'


def shown(cloud: services.Cloud) -> dict[str, Any]:
    """Return the rows that the command printed, by file."""
    return {
        one['File']: one for one in json.loads(cloud.app.stdout.getvalue())
    }


@pytest.fixture(autouse=True)
def compute(cloud: services.Cloud) -> None:
    """One region has a Nova."""
    cloud.mock.get(f'{services.ONE}/', json={'versions': []})


def test_everything_is_gathered_and_the_command_ends_with_0(
    cloud: services.Cloud,
) -> None:
    assert cloud.run() == 0

    files = cloud.files()
    assert set(files) == EVERYTHING
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
    assert len(lines) == len(EVERYTHING)


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
    """Return how the Admin API answers that has so many jobs."""

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
    monkeypatch.setattr(answers, 'MOST_JOBS', 2)
    cloud.mock.get(JOBS, json=many_jobs(count))

    assert cloud.run() == 0

    assert [
        one['id'] for one in cloud.files()['admin-api/jobs-fail.json']
    ] == ids


def test_what_was_cut_is_said(
    cloud: services.Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, 'MOST_JOBS', 2)
    cloud.mock.get(JOBS, json=many_jobs(9))

    cloud.run()

    said = 'cut: the 2 newest and the 2 oldest, there are more'
    assert cloud.entry('admin-api/jobs-fail.json')['notes'] == [said]
    assert shown(cloud)['admin-api/jobs-fail.json']['Reason'] == said


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


def test_a_dead_region_fails_nothing_else(cloud: services.Cloud) -> None:
    cloud.mock.get(
        re.compile('^http://two.test/'),
        exc=requests.ConnectionError('no route'),
    )

    assert cloud.run() == 1

    lacking = {
        one['file']: one['error']
        for one in cloud.files()['manifest.json']['files']
        if not one['gathered']
    }
    assert {'regions/Two/agents.json', 'regions/Two/networks.json'} <= {
        *lacking
    }
    assert all(name.startswith('regions/Two/') for name in lacking)
    assert 'no route' in lacking['regions/Two/agents.json']
    assert set(cloud.files()) == EVERYTHING - lacking.keys()


def test_a_missing_permission_fails_nothing_else(
    cloud: services.Cloud,
) -> None:
    cloud.mock.get(
        f'{services.CENTRAL}/v2.0/agents',
        status_code=403,
        json={'NeutronError': {'message': 'not you'}},
    )

    assert cloud.run() == 1

    row = shown(cloud)['central/agents.json']
    assert (row['Gathered'], row['Reason']) == ('no', 'not you (HTTP 403)')
    assert set(cloud.files()) == EVERYTHING - {'central/agents.json'}


@pytest.mark.parametrize('text', ['<html>', '[]', '{}', '{"agents_": 1}'])
def test_an_answer_of_another_form_fails_nothing_else(
    cloud: services.Cloud, text: str
) -> None:
    cloud.mock.get(f'{services.ONE}/v2.0/agents', text=text)

    assert cloud.run() == 1

    assert 'not understood' in cloud.entry('regions/One/agents.json')['error']
    assert set(cloud.files()) == EVERYTHING - {'regions/One/agents.json'}


def test_without_pods_the_regions_of_the_catalogue_are_asked(
    cloud: services.Cloud,
) -> None:
    cloud.mock.get(f'{services.ADMIN}/v1.0/pods', status_code=500)

    assert cloud.run() == 1

    assert {'regions/One/agents.json', 'regions/Two/agents.json'} <= set(
        cloud.files()
    )


def test_a_silent_service_is_waited_for_once(cloud: services.Cloud) -> None:
    cloud.mock.get(
        f'{services.TWO}/v2.0/extensions',
        exc=requests.ReadTimeout('nothing came'),
    )

    assert cloud.run() == 1

    first = cloud.entry('regions/Two/extensions.json')
    assert 'timed out' in first['error']
    later = cloud.entry('regions/Two/agents.json')
    assert later['error'] == 'not asked: the service was silent before'
    assert cloud.entry('regions/One/agents.json')['gathered']


def test_no_call_lasts_longer_than_its_deadline() -> None:
    ended = threading.Event()
    with pytest.raises(deadlines.Late, match=r'within 0\.01 s'):
        deadlines.Deadline(0.01).keep(lambda: ended.wait(60))
    ended.set()


def test_what_was_counted_until_there_was_no_time_is_kept(
    cloud: services.Cloud,
) -> None:
    def count(request: Any, context: Any) -> Any:
        if 'marker' in request.qs:
            raise requests.ConnectTimeout('slow')
        return {'ports': [{'id': 'a'}]}

    cloud.mock.get(f'{services.CENTRAL}/v2.0/ports', json=count)

    assert cloud.run() == 0

    assert cloud.files()['central/counts.json']['ports'] == 1
    assert (
        'cut: ports after 1, there are more'
        in (cloud.entry('central/counts.json')['notes'])
    )


def test_the_archive_is_its_owners_only(cloud: services.Cloud) -> None:
    cloud.run()

    assert stat.S_IMODE(cloud.path.stat().st_mode) == 0o600
    with tarfile.open(cloud.path) as tar:
        members = tar.getmembers()
    assert {(one.mode, one.uid, one.uname) for one in members} == {
        (0o600, 0, '')
    }
    names = [one.name for one in members]
    assert names == sorted(names)
    assert len({one.partition('/')[0] for one in names}) == 1


def test_a_file_that_is_there_is_kept_before_anything_is_asked(
    cloud: services.Cloud,
) -> None:
    cloud.path.write_text('mine')

    with pytest.raises(exceptions.CommandError, match='there already'):
        cloud.run()

    assert cloud.path.read_text() == 'mine'
    assert cloud.mock.request_history == []


def test_a_file_that_came_meanwhile_is_kept(cloud: services.Cloud) -> None:
    def come(request: Any, context: Any) -> Any:
        cloud.path.write_text('mine')
        return {'agents': []}

    cloud.mock.get(f'{services.ONE}/v2.0/agents', json=come)

    with pytest.raises(exceptions.CommandError, match='there already'):
        cloud.run()

    assert cloud.path.read_text() == 'mine'
    assert list(cloud.path.parent.iterdir()) == [cloud.path]


def test_force_replaces_a_file(cloud: services.Cloud) -> None:
    cloud.path.write_text('old')
    cloud.path.chmod(0o644)

    assert cloud.run('--force') == 0

    assert set(cloud.files()) == EVERYTHING
    assert stat.S_IMODE(cloud.path.stat().st_mode) == 0o600


def test_a_folder_that_is_not_there_is_bad_usage(
    cloud: services.Cloud,
) -> None:
    cloud.path = cloud.path.parent / 'nowhere' / 'a.tar.gz'

    with pytest.raises(
        exceptions.CommandError, match='Nothing can be written'
    ):
        cloud.run()


def test_an_interrupt_while_it_asks_leaves_no_file(
    cloud: services.Cloud,
) -> None:
    def interrupt(request: Any, context: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return {'agents': []}

    cloud.mock.get(f'{services.ONE}/v2.0/agents', json=interrupt)

    with pytest.raises(KeyboardInterrupt):
        cloud.run()

    assert list(cloud.path.parent.iterdir()) == []


def test_an_interrupt_while_it_writes_leaves_no_file(
    cloud: services.Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(path: Any, content: bytes) -> None:
        with path.open('wb') as file:
            file.write(content[:10])
        raise KeyboardInterrupt

    monkeypatch.setattr('pathlib.Path.write_bytes', interrupted)

    with pytest.raises(KeyboardInterrupt):
        cloud.run()

    assert list(cloud.path.parent.iterdir()) == []
