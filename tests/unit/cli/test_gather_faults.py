# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License in the file LICENSE of this project.
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What fails of ``multiregion networking gather`` fails nothing else."""

import datetime
import re
import threading
from typing import Any

import pytest
import requests

from tests.unit.cli import services
from tricircle.cli import certificates
from tricircle.cli import deadlines

_THEN = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)


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
    assert set(cloud.files()) == services.EVERYTHING - lacking.keys()


def test_a_missing_permission_fails_nothing_else(
    cloud: services.Cloud,
) -> None:
    cloud.mock.get(
        f'{services.CENTRAL}/v2.0/agents',
        status_code=403,
        json={'NeutronError': {'message': 'not you'}},
    )

    assert cloud.run() == 1

    row = cloud.rows()['central/agents.json']
    assert (row['Gathered'], row['Reason']) == ('no', 'not you (HTTP 403)')
    assert set(cloud.files()) == services.EVERYTHING - {'central/agents.json'}


@pytest.mark.parametrize('text', ['<html>', '[]', '{}', '{"agents_": 1}'])
def test_an_answer_of_another_form_fails_nothing_else(
    cloud: services.Cloud, text: str
) -> None:
    cloud.mock.get(f'{services.ONE}/v2.0/agents', text=text)

    assert cloud.run() == 1

    assert 'not understood' in cloud.entry('regions/One/agents.json')['error']
    assert set(cloud.files()) == services.EVERYTHING - {
        'regions/One/agents.json'
    }


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


def test_what_was_not_counted_in_time_costs_no_other_number(
    cloud: services.Cloud,
) -> None:
    late = requests.ReadTimeout('slow')
    cloud.mock.get(f'{services.CENTRAL}/v2.0/ports', exc=late)
    cloud.mock.get(f'{services.ONE}/v2.0/replicas/network', exc=late)

    assert cloud.run() == 0

    counts = cloud.files()['central/counts.json']
    assert (counts['networks'], counts['ports']) == (2, None)
    assert cloud.files()['regions/One/networks.json'] == {
        'networks': 2,
        'central': None,
        'own': None,
    }
    assert cloud.entry('regions/One/networks.json')['notes'] == [
        'cut: replicas not counted in time'
    ]


def test_a_region_without_tricircle_is_no_failure(
    cloud: services.Cloud,
) -> None:
    cloud.mock.get(f'{services.ONE}/v2.0/replicas/network', status_code=404)

    assert cloud.run() == 0
    assert (
        'Tricircle is not there'
        in (cloud.entry('regions/One/networks.json')['notes'][0])
    )


def test_a_long_reason_is_cut_in_the_table_only(cloud: services.Cloud) -> None:
    message = 'why ' * 100
    cloud.mock.get(
        f'{services.ONE}/v2.0/agents',
        status_code=500,
        json={'NeutronError': {'message': message}},
    )

    cloud.run()

    name = 'regions/One/agents.json'
    assert len(cloud.rows()[name]['Reason']) <= 160
    assert message in cloud.entry(name)['error']


def test_a_lost_region_is_asked_nothing_and_is_no_failure(
    cloud: services.Cloud,
) -> None:
    pods = [{**one, 'state': 'lost'} for one in services.PODS]
    cloud.mock.get(
        f'{services.ADMIN}/v1.0/pods', json={'pods': pods[:1] + pods[2:]}
    )

    assert cloud.run() == 0

    assert 'admin-api/departure-Two.json' in cloud.files()
    assert not any(one.startswith('regions/') for one in cloud.files())


def test_a_lost_region_is_asked_when_it_is_named(
    cloud: services.Cloud,
) -> None:
    pods = [{**one, 'state': 'lost'} for one in services.PODS]
    cloud.mock.get(f'{services.ADMIN}/v1.0/pods', json={'pods': pods})

    assert cloud.run('--region', 'Two') == 0

    assert 'regions/Two/agents.json' in cloud.files()


def test_a_certificate_that_is_not_trusted_is_gathered(
    cloud: services.Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        certificates,
        'look',
        lambda *_: certificates.Certificate(
            'TLSv1.3', 'CN=a', 'CN=b', _THEN, _THEN, 'it has expired'
        ),
    )

    assert cloud.run() == 0
    assert cloud.entry('central/network-certificate.json')['notes'] == [
        'not trusted: it has expired'
    ]


def test_an_endpoint_that_fails_tells_no_version(
    cloud: services.Cloud,
) -> None:
    cloud.mock.get(f'{services.ONE}/', status_code=503, text='busy')

    assert cloud.run() == 1
    assert cloud.entry('regions/One/network-versions.json')['error'] == (
        'HTTP 503: busy'
    )


def test_who_takes_no_connection_is_silent(
    cloud: services.Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drop(url: str, *_: Any) -> None:
        if url == services.TWO:
            raise TimeoutError('timed out')

    monkeypatch.setattr(certificates, 'look', drop)

    assert cloud.run() == 1
    assert 'silent' in cloud.entry('regions/Two/networks.json')['error']


def test_no_region_is_taken_for_central_when_nobody_says(
    cloud: services.Cloud,
) -> None:
    cloud.app.client_manager.region_name = None
    cloud.mock.get(f'{services.ADMIN}/v1.0/pods', status_code=500)

    assert cloud.run() == 1
    assert '--os-region-name' in cloud.entry('central/agents.json')['error']


def test_the_pod_of_central_tells_its_region(cloud: services.Cloud) -> None:
    cloud.app.client_manager.region_name = None

    assert cloud.run() == 0
    assert cloud.entry('central/agents.json')['of'] == 'Central'
